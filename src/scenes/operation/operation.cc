// SPDX-License-Identifier: Apache-2.0
#include "scenes/operation/operation.h"

#include <algorithm>
#include <boost/json.hpp>

#include "registers/ledger/ledger.h"
#include "scenes/operation/changes.h"
#include "scenes/operation/settlement.h"

namespace yukuai::operation {
namespace {

using journeys::Journey;
using journeys::Passage;

constexpr int64_t kDaySeconds = 86400;

// The rule set wants whole journeys, all since the service day before.
Instant SinceFor(const engine::Scene& scene, Instant at) {
  const int64_t hour = scene.judged.file().day_starts_hour;
  return ChinaMidnight(scene.judged.ServiceDay(at)).PlusSeconds(hour * 3600 - kDaySeconds);
}

struct Gathered {
  Known known;
  fare::Facts facts;
};
Result<Gathered> Gather(storage::Reader& reader, PersonId person, const std::string& scene, Instant day_before,
                        fare::Concession concession) {
  YUKUAI_ASSIGN(const Instant since, journeys::WholeSince(reader, person, scene, day_before));
  Gathered gathered;
  YUKUAI_ASSIGN(gathered.known.passages, journeys::PassagesSince(reader, person, scene, since));
  YUKUAI_ASSIGN(gathered.known.journeys, journeys::JourneysSince(reader, person, scene, since));
  YUKUAI_ASSIGN(gathered.facts.settled_until, journeys::SettledUntil(reader, person, scene));
  gathered.facts.concession = concession;
  for (const Journey& journey : gathered.known.journeys) gathered.facts.charged.push_back({journey.subject, journey.charged});
  for (const Passage& one : gathered.known.passages) {
    const auto direction = one.direction == journeys::Direction::kIn ? decision::Direction::kIn : decision::Direction::kOut;
    gathered.facts.taps.push_back(
        {one.record.Text(), one.at, one.point, direction, one.cap, fare::ConcessionOfAccountType(one.concession)});
  }
  return gathered;
}

// One line of the person's history.
struct Told {
  const Occasion& occasion;
  std::string actor;
};
Result<void> Tell(audit::Log& log, storage::Transaction& transaction, const Told& told, std::string action,
                  const boost::json::object& details) {
  audit::Entry entry;
  entry.whose = told.occasion.person;
  entry.action = std::move(action);
  entry.actor = told.actor;
  entry.scene = told.occasion.scene;
  entry.details = boost::json::serialize(details);
  YUKUAI_TRY(log.Append(transaction, entry, told.occasion.now));
  return {};
}

// What is to be written for a decision.
struct Reckoning {
  std::vector<Change> changes;
  std::vector<ledger::Transfer> transfers;
};
Result<Reckoning> Reckon(storage::Reader& reader, const Occasion& occasion, std::vector<Change> changes,
                         const engine::Scene& scene, bool frozen) {
  YUKUAI_ASSIGN(const ledger::AccountState balance, ledger::Balance(reader, ledger::BalanceOf(occasion.person)));
  YUKUAI_ASSIGN(const ledger::AccountState receivable, ledger::Balance(reader, ledger::ReceivableOf(occasion.person)));
  Settlement settlement(occasion.person, scene.about.scene_operator.id, {balance.available(), -receivable.balance, frozen});
  for (Change& change : changes) settlement.Add(change);
  return Reckoning{std::move(changes), settlement.transfers()};
}

Result<void> PostAll(storage::Transaction& transaction, const Occasion& occasion, const engine::Scene& scene,
                     const std::vector<ledger::Transfer>& transfers) {
  if (transfers.empty()) return {};
  const std::string& operator_id = scene.about.scene_operator.id;
  YUKUAI_TRY(ledger::OpenClearingAccount(transaction, operator_id, occasion.person.shard(), occasion.now));
  YUKUAI_ASSIGN(const auto outcomes, ledger::Post(transaction, occasion.now, transfers));
  for (const ledger::Outcome& outcome : outcomes) {
    if (!outcome.ok())
      return Fault(ledger::kLedgerInvariant, "a ride's transfer was refused: " + std::string(outcome.refusal->slug));
  }
  return {};
}

Result<void> PutAll(storage::Transaction& transaction, audit::Log& log, const Told& told, const std::vector<Change>& changes) {
  for (const Change& change : changes) {
    YUKUAI_TRY(journeys::PutJourney(transaction, change.journey));
    if (change.moved == Money()) continue;
    const bool charged = change.moved > Money();
    YUKUAI_TRY(Tell(log, transaction, told, charged ? "ride_charged" : "ride_refunded",
                    {{"journey", change.journey.id.Text()},
                     {"amount_fen", charged ? change.moved.fen() : -change.moved.fen()},
                     {"rule_version", change.journey.rule_version}}));
  }
  return {};
}

Applied AppliedOf(Outcome outcome, const std::vector<Change>& changes) {
  Applied applied;
  applied.outcome = outcome;
  for (const Change& change : changes) {
    applied.journeys.push_back(change.journey.id);
    applied.charged = applied.charged + change.moved;
  }
  return applied;
}

}  // namespace

std::string_view Slug(Outcome outcome) {
  switch (outcome) {
    case Outcome::kApplied: return "applied";
    case Outcome::kKnown: return "known";
    case Outcome::kRepeated: return "repeated";
    case Outcome::kDisputed: return "disputed";
    case Outcome::kUnconfirmed: return "unconfirmed";
    case Outcome::kUnjudged: return "unjudged";
  }
  return "unjudged";
}

Result<Applied> Passages::Apply(storage::Transaction& transaction, const Passage& given, const Rider& rider, Instant now) const {
  Passage passage = given;
  passage.concession = static_cast<uint8_t>(rider.concession);
  const Occasion occasion{passage.person, passage.scene, now};
  const Told told{occasion, audit::ActorTerminal(passage.record.terminal)};
  YUKUAI_ASSIGN(const journeys::Found found, journeys::FindPassage(transaction, passage));
  if (found.standing == journeys::Standing::kKnown) return Applied{Outcome::kKnown, {}, {}};
  if (found.standing == journeys::Standing::kElsewhere) {
    YUKUAI_TRY(journeys::AddDisputed(transaction, passage, *found.first, now));
    YUKUAI_TRY(Tell(parts_.log, transaction, told, "passage_disputed", {{"point", passage.point}}));
    return Applied{Outcome::kDisputed, {}, {}};
  }
  const engine::Scene* scene = parts_.engine.Find(passage.scene);
  if (scene == nullptr) return Applied{Outcome::kUnjudged, {}, {}};
  if (!passage.confirmed && !scene->CountsUnconfirmed(passage.at)) return Applied{Outcome::kUnconfirmed, {}, {}};

  YUKUAI_ASSIGN(Gathered gathered,
                Gather(transaction, passage.person, passage.scene, SinceFor(*scene, passage.at), rider.concession));
  gathered.known.passages.push_back(passage);
  gathered.facts.cap = passage.cap;
  decision::Event event;
  event.key = passage.record.Text();
  event.at = passage.at;
  event.point = passage.point;
  event.direction = passage.direction == journeys::Direction::kIn ? decision::Direction::kIn : decision::Direction::kOut;
  event.offline = true;
  event.happened = true;
  judgement::Facts facts;
  facts.fare = std::move(gathered.facts);
  const auto judged = parts_.engine.Decide(passage.scene, event, facts);
  if (!judged.ok()) {
    if (judged.error().reason.kind == Kind::kInternal) return judged.error();
    return Applied{Outcome::kUnjudged, {}, {}};
  }
  YUKUAI_ASSIGN(const Reckoning reckoning,
                Reckon(transaction, occasion, ChangesOf(*judged, occasion, gathered.known, scene->judged, parts_.entropy), *scene,
                       rider.frozen));

  // Everything that can be refused has been found; from here on it is written.
  YUKUAI_TRY(journeys::AddPassage(transaction, passage));
  YUKUAI_TRY(PostAll(transaction, occasion, *scene, reckoning.transfers));
  const bool in = passage.direction == journeys::Direction::kIn;
  boost::json::object details = {{"point", passage.point}};
  if (!passage.confirmed) details["confirmed"] = false;
  YUKUAI_TRY(Tell(parts_.log, transaction, told, in ? "entered" : "left", details));
  YUKUAI_TRY(PutAll(transaction, parts_.log, told, reckoning.changes));
  return AppliedOf(judged->repeat() != nullptr ? Outcome::kRepeated : Outcome::kApplied, reckoning.changes);
}

Result<Applied> Passages::SettleHalves(storage::Transaction& transaction, const Halves& halves, const Rider& rider,
                                       Instant now) const {
  const Occasion occasion{halves.person, halves.scene, now};
  const engine::Scene* scene = parts_.engine.Find(halves.scene);
  if (scene == nullptr) return Applied{Outcome::kUnjudged, {}, {}};
  const Instant since = std::min(SinceFor(*scene, now), SinceFor(*scene, halves.oldest));
  YUKUAI_ASSIGN(const Gathered gathered, Gather(transaction, halves.person, halves.scene, since, rider.concession));
  judgement::Facts facts;
  facts.fare = gathered.facts;
  decision::Event event;  // Without a point: the passing of time.
  event.at = now;
  event.happened = true;
  YUKUAI_ASSIGN(const auto judged, parts_.engine.Decide(halves.scene, event, facts));
  YUKUAI_ASSIGN(const Reckoning reckoning,
                Reckon(transaction, occasion, ChangesOf(judged, occasion, gathered.known, scene->judged, parts_.entropy), *scene,
                       rider.frozen));
  if (reckoning.changes.empty()) return Applied{Outcome::kKnown, {}, {}};

  const Told told{occasion, "system"};
  YUKUAI_TRY(PostAll(transaction, occasion, *scene, reckoning.transfers));
  for (const Change& change : reckoning.changes) {
    YUKUAI_TRY(Tell(parts_.log, transaction, told, "ride_settled",
                    {{"journey", change.journey.id.Text()}, {"state", journeys::StateSlug(change.journey.state)}}));
  }
  YUKUAI_TRY(PutAll(transaction, parts_.log, told, reckoning.changes));
  YUKUAI_TRY(journeys::SetSettledUntil(transaction, halves.person, halves.scene, now));
  return AppliedOf(Outcome::kApplied, reckoning.changes);
}

}  // namespace yukuai::operation
