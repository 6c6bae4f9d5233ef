// SPDX-License-Identifier: Apache-2.0
#include "scenes/operation/changes.h"

#include <algorithm>
#include <boost/json.hpp>

#include "rules/fare/fare.h"

namespace yukuai::operation {
namespace {

using journeys::Journey;
using journeys::Passage;

class Changes {
 public:
  Changes(const Occasion& occasion, const std::vector<Journey>& known, Entropy& entropy)
      : occasion_(occasion), entropy_(entropy), known_(known) {}

  Change& Of(const std::string& subject) {
    const auto found = std::ranges::find_if(changes_, [&](const Change& change) { return change.journey.subject == subject; });
    if (found != changes_.end()) return *found;
    Change change;
    if (const auto known = std::ranges::find(known_, subject, &Journey::subject); known != known_.end()) {
      change.journey = *known;
    } else {
      change.journey.id = JourneyId::Make(occasion_.now, occasion_.person.shard(), entropy_);
      change.journey.person = occasion_.person;
      change.journey.scene = occasion_.scene;
      change.journey.subject = subject;
    }
    change.journey.revision += 1;
    change.journey.updated_at = occasion_.now;
    changes_.push_back(std::move(change));
    return changes_.back();
  }
  std::vector<Change> Finish() { return std::move(changes_); }

 private:
  const Occasion& occasion_;
  Entropy& entropy_;
  const std::vector<Journey>& known_;
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

}  // namespace

std::vector<Change> ChangesOf(const decision::Decision& decision, const Occasion& occasion, const Known& known,
                              const judgement::Scene& scene, Entropy& entropy) {
  Changes changes(occasion, known.journeys, entropy);
  Collect(decision, known.passages, changes);
  std::vector<Change> all = changes.Finish();
  for (Change& change : all) change.journey.rule_version = scene.VersionName(change.journey.began_at);
  return all;
}

}  // namespace yukuai::operation
