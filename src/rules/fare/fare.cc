// SPDX-License-Identifier: Apache-2.0
// Deciding about one event: refusals of an entry, and the difference between two statements.
#include "rules/fare/fare.h"

#include <algorithm>
#include <map>

namespace yukuai::fare {
namespace {

using decision::Decision;
using decision::Direction;
using decision::Event;
using decision::Explanation;

constexpr Money kNothing;

Known KnownUntil(const std::vector<Tap>& taps, const std::optional<Instant>& settled_until) {
  Known known;
  known.settled = settled_until.value_or(known.settled);
  known.passed = known.settled;
  for (const Tap& tap : taps) known.passed = std::max(known.passed, tap.at);
  return known;
}

std::string_view FactOf(State state) {
  switch (state) {
    case State::kOpen: return kJourneyOpen;
    case State::kClosed: return kJourneyClosed;
    case State::kIncomplete: return kJourneyIncomplete;
    case State::kUnpaired: return kJourneyUnpaired;
  }
  return "";
}

std::string ExitKey(const Journey& journey) { return journey.exit ? journey.exit->key : std::string(); }

// True when the record of the journey, or what its owner is told about it, is no longer the same.
bool Differs(const Journey& before, const Journey& after) {
  return before.state != after.state || ExitKey(before) != ExitKey(after) || before.total != after.total ||
         before.lines != after.lines;
}

bool IsPriced(const Journey& journey) { return journey.state == State::kClosed || journey.state == State::kIncomplete; }

Explanation Withdrawn() {
  return {std::string(kLineWithdrawn), "补传记录后更正：此行程并入另一行程",
          "Corrected by a later record: part of another journey", kNothing};
}

// Appends what leads from `charged` to the journey's total. A journey newly priced at nothing still gets its Charge of 0:
// its lines say why it was free.
void AppendMoney(const std::string& subject, Money charged, Money total, std::vector<Explanation> lines, bool explain,
                 Decision& decision) {
  if (total < charged) {
    decision.effects.push_back(decision::Refund{subject, charged - total, total, std::move(lines)});
  } else if (total > charged || explain) {
    decision.effects.push_back(decision::Charge{subject, total - charged, total, std::move(lines)});
  }
}

void AppendDifference(const Statement& before, const Statement& after, const std::vector<Charged>& charged, Decision& decision) {
  std::map<std::string_view, const Journey*> earlier;
  for (const Journey& journey : before.journeys) earlier[journey.subject] = &journey;
  std::map<std::string, Money> paid;
  for (const Charged& charge : charged) paid[charge.subject] = paid[charge.subject] + charge.amount;

  // Journeys that are no more come first, so that money returns before it is asked for again. Charges for journeys that
  // were not in the facts are none of this event's business.
  std::map<std::string_view, const Journey*> now;
  for (const Journey& journey : after.journeys) now[journey.subject] = &journey;
  for (const Journey& journey : before.journeys) {
    if (now.contains(journey.subject)) continue;
    decision.effects.push_back(decision::Record{std::string(kJourneyWithdrawn), journey.subject, ""});
    const auto charge = paid.find(journey.subject);
    if (charge == paid.end()) continue;
    AppendMoney(journey.subject, charge->second, kNothing, {Withdrawn()}, false, decision);
  }

  // Only what this event changed is paid for: the facts may show less of an older journey than there was.
  for (const Journey& journey : after.journeys) {
    const auto found = earlier.find(journey.subject);
    if (found != earlier.end() && !Differs(*found->second, journey)) continue;
    decision.effects.push_back(decision::Record{std::string(FactOf(journey.state)), journey.subject, ExitKey(journey)});
    const auto charge = paid.find(journey.subject);
    AppendMoney(journey.subject, charge == paid.end() ? kNothing : charge->second, journey.total, journey.lines,
                IsPriced(journey), decision);
  }
}

// The refusal of an entry that has not happened, if a rule says no.
std::optional<Reason> Objection(const Rules& rules, const Facts& facts, const Event& event) {
  // Without live state nobody knows what is owed; a grant is not renewed for who owes, which bounds that.
  if (facts.owes && !event.offline) return kReceivableOutstanding;
  if (facts.cap && *HighestFrom(rules, event.point, facts.concession) > *facts.cap) return kCodeCapTooLow;
  return std::nullopt;
}

// The journey that `key` repeats a passage of, or null.
const std::string* RepeatedSubject(const Statement& statement, const std::string& key) {
  for (const auto& [repeated, subject] : statement.repeated) {
    if (repeated == key) return &subject;
  }
  return nullptr;
}

// A presentation that has left no record yet has no key; it must still not be mistaken for another.
constexpr std::string_view kPresented = "(presented)";

Decision DecidePassage(const Rulebook& rules, const Rules& in_force, const Facts& facts, const Event& event) {
  Decision decision;
  const std::string key = event.key.empty() ? std::string(kPresented) : event.key;
  std::vector<Tap> taps = facts.taps;
  std::erase_if(taps, [&key](const Tap& tap) { return tap.key == key; });
  const Statement before = MakeStatement(rules, taps, facts.concession, KnownUntil(taps, facts.settled_until));
  taps.push_back({key, event.at, event.point, event.direction, facts.cap});
  const Known known = KnownUntil(taps, facts.settled_until);
  const Statement after = MakeStatement(rules, std::move(taps), facts.concession, known);
  if (const std::string* subject = RepeatedSubject(after, key)) {
    decision.effects.push_back(decision::Repeat{*subject});
    return decision;
  }
  const bool entry = event.direction == Direction::kIn;
  if (entry && !event.happened) {
    if (const auto reason = Objection(in_force, facts, event)) {
      decision.effects.push_back(decision::Refuse{*reason});
      return decision;
    }
  }
  decision.effects.push_back(decision::Admit{entry ? "entry" : "exit"});
  AppendDifference(before, after, facts.charged, decision);
  return decision;
}

Decision DecideSettling(const Rulebook& rules, const Facts& facts, const Event& event) {
  Decision decision;
  const Known before = KnownUntil(facts.taps, facts.settled_until);
  Known after = before;
  after.settled = std::max(before.settled, event.at);
  after.passed = std::max(before.passed, event.at);
  AppendDifference(MakeStatement(rules, facts.taps, facts.concession, before),
                   MakeStatement(rules, facts.taps, facts.concession, after), facts.charged, decision);
  return decision;
}

}  // namespace

std::vector<Reason> Refusals() { return {kReceivableOutstanding, kCodeCapTooLow}; }

std::string_view ConcessionName(Concession concession) {
  switch (concession) {
    case Concession::kOrdinary: return "ordinary";
    case Concession::kStudent: return "student";
    case Concession::kSenior: return "senior";
    case Concession::kTest: return "test";
    case Concession::kSoldier: return "soldier";
  }
  return "";
}

std::optional<Concession> ConcessionOfAccountType(uint8_t account_type) {
  if (account_type < 1 || account_type > 5) return std::nullopt;
  return static_cast<Concession>(account_type);
}

std::optional<Concession> ConcessionNamed(std::string_view name) {
  for (uint8_t type = 1; type <= 5; ++type) {
    if (ConcessionName(static_cast<Concession>(type)) == name) return static_cast<Concession>(type);
  }
  return std::nullopt;
}

Result<Decision> Decide(const Rulebook& rules, const Facts& facts, const Event& event) {
  if (event.point.empty() && event.direction == Direction::kNone) return DecideSettling(rules, facts, event);
  const Rules* in_force = rules.At(event.at);
  if (in_force == nullptr || !in_force->StationAt(event.point)) return Fault(kPointUnknown, event.point);
  if (event.direction == Direction::kNone) return Fault(kDirectionMissing);
  return DecidePassage(rules, *in_force, facts, event);
}

}  // namespace yukuai::fare
