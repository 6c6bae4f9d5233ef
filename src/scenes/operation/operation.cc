// SPDX-License-Identifier: Apache-2.0
#include "scenes/operation/operation.h"

#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "registers/ledger/ledger.h"

namespace yukuai::operation {
namespace {

using journeys::Journey;
using journeys::Passage;

constexpr int64_t kDaySeconds = 86400;

// A journey as it stands and as it will be.
struct Change {
  Journey journey;
  Money moved;          // Positive: charged now. Negative: refunded now.
  bool stated = false;  // A charge or refund told what it costs and why.
};

// Changes by the journey's subject, in the order in which the decision names them.
class Changes {
 public:
  Changes(std::vector<Journey> known, const Passage& passage, std::string rule_version, Instant now, Entropy& entropy)
      : passage_(passage), rule_version_(std::move(rule_version)), now_(now), entropy_(entropy) {
    for (Journey& journey : known) known_.emplace(journey.subject, std::move(journey));
  }

  Change& Of(const std::string& subject) {
    const auto found = std::ranges::find_if(changes_, [&](const Change& change) { return change.journey.subject == subject; });
    if (found != changes_.end()) return *found;
    Change change;
    if (const auto known = known_.find(subject); known != known_.end()) {
      change.journey = known->second;
    } else {
      change.journey.id = JourneyId::Make(now_, passage_.person.shard(), entropy_);
      change.journey.person = passage_.person;
      change.journey.scene = passage_.scene;
      change.journey.subject = subject;
    }
    change.journey.revision += 1;
    change.journey.rule_version = rule_version_;
    change.journey.updated_at = now_;
    changes_.push_back(std::move(change));
    return changes_.back();
  }
  std::vector<Change>& all() { return changes_; }

 private:
  const Passage& passage_;
  std::string rule_version_;
  Instant now_;
  Entropy& entropy_;
  std::map<std::string, Journey> known_;
  std::vector<Change> changes_;
};

std::string LinesJson(const std::vector<decision::Explanation>& lines) {
  boost::json::array array;
  for (const decision::Explanation& line : lines) {
    array.push_back({{"slug", line.slug}, {"zh", line.detail_zh}, {"en", line.detail_en}, {"amount_fen", line.amount.fen()}});
  }
  return boost::json::serialize(array);
}

journeys::State StateOf(std::string_view fact) {
  if (fact == fare::kJourneyOpen) return journeys::State::kOpen;
  if (fact == fare::kJourneyClosed) return journeys::State::kClosed;
  if (fact == fare::kJourneyIncomplete) return journeys::State::kIncomplete;
  if (fact == fare::kJourneyUnpaired) return journeys::State::kUnpaired;
  YUKUAI_CHECK(fact == fare::kJourneyWithdrawn);
  return journeys::State::kWithdrawn;
}

const Passage* Find(const std::vector<Passage>& passages, std::string_view key) {
  const auto found = std::ranges::find_if(passages, [&](const Passage& one) { return one.record.Text() == key; });
  return found == passages.end() ? nullptr : &*found;
}

// Record{fact, subject, exit}: which passages make the journey.
void Place(Change& change, const decision::Record& record, const std::vector<Passage>& passages) {
  Journey& journey = change.journey;
  journey.state = StateOf(record.fact);
  const Passage* first = Find(passages, record.subject);
  if (first == nullptr) return;  // Older than what was gathered: its place is known already.
  journey.began_at = first->at;
  journey.entry_at.reset();
  journey.entry_point.clear();
  journey.exit_at.reset();
  journey.exit_point.clear();
  const Passage* exit = first->direction == journeys::Direction::kOut ? first : Find(passages, record.value);
  if (first->direction == journeys::Direction::kIn) {
    journey.entry_at = first->at;
    journey.entry_point = first->point;
  }
  if (exit != nullptr) {
    journey.exit_at = exit->at;
    journey.exit_point = exit->point;
  }
}

void Collect(const decision::Decision& decision, const std::vector<Passage>& passages, Changes& changes) {
  const auto state = [&](const auto& effect, Money moved) {
    Change& change = changes.Of(effect.subject);
    change.moved = change.moved + moved;
    change.stated = true;
    change.journey.lines = LinesJson(effect.lines);
  };
  for (const decision::Effect& effect : decision.effects) {
    std::visit(
        [&](const auto& one) {
          using T = std::decay_t<decltype(one)>;
          if constexpr (std::is_same_v<T, decision::Charge>) {
            state(one, one.amount);
          } else if constexpr (std::is_same_v<T, decision::Refund>) {
            state(one, -one.amount);
          } else if constexpr (std::is_same_v<T, decision::Record>) {
            Place(changes.Of(one.subject), one, passages);
          } else {
            // What happened is neither admitted nor refused again, and notices leave with the audit entry's event.
            static_assert(std::is_same_v<T, decision::Admit> || std::is_same_v<T, decision::Refuse> ||
                          std::is_same_v<T, decision::Repeat> || std::is_same_v<T, decision::Notify>);
          }
        },
        effect);
  }
}

// How the person stands, now.
struct Means {
  Money balance;
  Money owed;  // Of all journeys.
  bool frozen = false;
};

// Transfers of one journey's change. What the balance does not cover, or may not because it is frozen, becomes the person's
// receivable, whole; a refund first lessens what is owed.
class Settlement {
 public:
  Settlement(PersonId person, std::string_view operator_id, Means means)
      : person_(person), clearing_(ledger::ClearingOf(operator_id, person.shard())), means_(means) {}

  void Add(Change& change) {
    Journey& journey = change.journey;
    journey.charged = journey.charged + change.moved;
    if (change.moved > Money()) {
      const bool covered = !means_.frozen && means_.balance >= change.moved;
      if (covered) {
        means_.balance = means_.balance - change.moved;
      } else {
        means_.owed = means_.owed + change.moved;
        journey.owed = journey.owed + change.moved;
      }
      Transfer(journey, covered ? "ride_fare" : "ride_owed", covered ? ledger::BalanceOf(person_) : ledger::ReceivableOf(person_),
               clearing_, change.moved);
    } else if (change.moved < Money()) {
      const Money back = -change.moved;
      // What was owed for this journey may have been paid off since.
      const Money from_owed = std::min({journey.owed, back, means_.owed});
      journey.owed = std::min(journey.owed - from_owed, journey.charged);
      means_.owed = means_.owed - from_owed;
      if (from_owed > Money()) Transfer(journey, "ride_owed_back", clearing_, ledger::ReceivableOf(person_), from_owed);
      if (back > from_owed) Transfer(journey, "ride_refund", clearing_, ledger::BalanceOf(person_), back - from_owed);
      means_.balance = means_.balance + (back - from_owed);
    }
  }
  const std::vector<ledger::Transfer>& transfers() const { return transfers_; }

 private:
  void Transfer(const Journey& journey, std::string_view purpose, AccountId from, AccountId to, Money amount) {
    ledger::Transfer transfer;
    // A journey's revision moves its money once.
    transfer.id = ledger::TransferFor(std::string(purpose) + ":" + std::to_string(journey.revision), journey.id);
    transfer.from = from;
    transfer.to = to;
    transfer.amount = amount;
    transfer.purpose = std::string(purpose);
    transfer.reference = journey.id.bytes();
    transfer.linked = true;  // All of one passage's money moves, or none of it.
    transfers_.push_back(transfer);
    for (size_t i = 0; i < transfers_.size(); ++i) transfers_[i].linked = i + 1 < transfers_.size();
  }

  PersonId person_;
  AccountId clearing_;
  Means means_;
  std::vector<ledger::Transfer> transfers_;
};

fare::Facts GatherFacts(const std::vector<Passage>& passages, const std::vector<Journey>& known, fare::Concession concession,
                        const Passage& passage) {
  fare::Facts facts;
  facts.concession = concession;
  facts.cap = passage.cap;
  for (const Passage& one : passages) {
    const auto direction = one.direction == journeys::Direction::kIn ? decision::Direction::kIn : decision::Direction::kOut;
    facts.taps.push_back({one.record.Text(), one.at, one.point, direction, one.cap});
  }
  for (const Journey& journey : known) facts.charged.push_back({journey.subject, journey.charged});
  return facts;
}

audit::Entry EntryOf(const Passage& passage, std::string action, const boost::json::object& details) {
  audit::Entry entry;
  entry.person = passage.person;
  entry.action = std::move(action);
  entry.actor = audit::ActorTerminal(passage.record.terminal);
  entry.scene = passage.scene;
  entry.details = boost::json::serialize(details);
  return entry;
}

}  // namespace

std::string_view Slug(Outcome outcome) {
  switch (outcome) {
    case Outcome::kApplied: return "applied";
    case Outcome::kKnown: return "known";
    case Outcome::kRepeated: return "repeated";
    case Outcome::kDisputed: return "disputed";
    case Outcome::kUnjudged: return "unjudged";
  }
  return "unjudged";
}

Result<Applied> Passages::Apply(storage::Transaction& transaction, const Passage& passage, const Rider& rider,
                                Instant now) const {
  YUKUAI_ASSIGN(const journeys::Found found, journeys::FindPassage(transaction, passage));
  if (found.standing == journeys::Standing::kKnown) return Applied{Outcome::kKnown, {}, {}};
  if (found.standing == journeys::Standing::kElsewhere) {
    YUKUAI_TRY(journeys::AddDisputed(transaction, passage, *found.first, now));
    YUKUAI_TRY(parts_.log.Append(transaction, EntryOf(passage, "passage_disputed", {{"point", passage.point}}), now));
    return Applied{Outcome::kDisputed, {}, {}};
  }
  const engine::Scene* scene = parts_.engine.Find(passage.scene);
  if (scene == nullptr) return Applied{Outcome::kUnjudged, {}, {}};

  // The rule set wants everything since the service day before the passage's.
  const int64_t hour = scene->judged.file().day_starts_hour;
  const Instant since = ChinaMidnight(scene->judged.ServiceDay(passage.at)).PlusSeconds(hour * 3600 - kDaySeconds);
  YUKUAI_ASSIGN(auto passages, journeys::PassagesSince(transaction, passage.person, passage.scene, since));
  passages.push_back(passage);
  YUKUAI_ASSIGN(const auto known, journeys::JourneysSince(transaction, passage.person, passage.scene, since));

  decision::Event event;
  event.key = passage.record.Text();
  event.at = passage.at;
  event.point = passage.point;
  event.direction = passage.direction == journeys::Direction::kIn ? decision::Direction::kIn : decision::Direction::kOut;
  event.offline = true;
  event.happened = true;
  judgement::Facts facts;
  facts.fare = GatherFacts(passages, known, rider.concession, passage);
  const auto judged = parts_.engine.Decide(passage.scene, event, facts);
  if (!judged.ok()) {
    if (judged.error().reason.kind == Kind::kInternal) return judged.error();
    return Applied{Outcome::kUnjudged, {}, {}};
  }

  Changes changes(known, passage, judged->rule_version, now, parts_.entropy);
  Collect(*judged, passages, changes);
  YUKUAI_ASSIGN(const ledger::AccountState balance, ledger::Balance(transaction, ledger::BalanceOf(passage.person)));
  YUKUAI_ASSIGN(const ledger::AccountState receivable, ledger::Balance(transaction, ledger::ReceivableOf(passage.person)));
  Settlement settlement(passage.person, scene->about.scene_operator.id, {balance.available(), -receivable.balance, rider.frozen});
  Applied applied;
  applied.outcome = judged->repeat() != nullptr ? Outcome::kRepeated : Outcome::kApplied;
  for (Change& change : changes.all()) {
    settlement.Add(change);
    applied.journeys.push_back(change.journey.id);
    applied.charged = applied.charged + change.moved;
  }

  // Everything that can be refused has been found; from here on it is written.
  YUKUAI_TRY(journeys::AddPassage(transaction, passage));
  if (!settlement.transfers().empty()) {
    YUKUAI_TRY(ledger::OpenClearingAccount(transaction, scene->about.scene_operator.id, passage.person.shard(), now));
    YUKUAI_ASSIGN(const auto outcomes, ledger::Post(transaction, now, settlement.transfers()));
    for (const ledger::Outcome& outcome : outcomes) {
      if (!outcome.ok())
        return Fault(ledger::kLedgerInvariant, "a ride's transfer was refused: " + std::string(outcome.refusal->slug));
    }
  }
  const bool in = passage.direction == journeys::Direction::kIn;
  YUKUAI_TRY(parts_.log.Append(transaction, EntryOf(passage, in ? "entered" : "left", {{"point", passage.point}}), now));
  for (const Change& change : changes.all()) {
    YUKUAI_TRY(journeys::PutJourney(transaction, change.journey));
    if (change.moved == Money()) continue;
    const bool charged = change.moved > Money();
    const boost::json::object details = {{"journey", change.journey.id.Text()},
                                         {"amount_fen", charged ? change.moved.fen() : -change.moved.fen()},
                                         {"rule_version", change.journey.rule_version}};
    YUKUAI_TRY(parts_.log.Append(transaction, EntryOf(passage, charged ? "ride_charged" : "ride_refunded", details), now));
  }
  return applied;
}

}  // namespace yukuai::operation
