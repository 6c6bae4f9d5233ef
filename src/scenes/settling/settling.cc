// SPDX-License-Identifier: Apache-2.0
#include "scenes/settling/settling.h"

#include <algorithm>
#include <set>

namespace yukuai::settling {
namespace {

// How long a scene waits for the other half of a journey that began then; nothing when it prices none.
std::optional<int64_t> WaitSeconds(const engine::Scene& scene, Instant began_at) {
  const fare::Rules* rules = scene.judged.fares().At(began_at);
  if (rules == nullptr) return std::nullopt;
  return rules->parameters().settle_after_hours * 3600;
}

// The shortest wait of all versions: what began later is due in none.
std::optional<int64_t> ShortestWaitSeconds(const engine::Scene& scene) {
  std::optional<int64_t> shortest;
  for (const scene_file::Version& version : scene.judged.file().versions) {
    if (!version.fare) continue;
    const int64_t wait = version.fare->settle_after_hours * 3600;
    shortest = std::min(shortest.value_or(wait), wait);
  }
  return shortest;
}

}  // namespace

Result<Settling::Pass> Settling::WorkOnce(Instant now) {
  Pass pass;
  size_t looked_at = 0;
  for (const auto& [id, scene] : parts_.engine.scenes()) {
    const auto shortest = ShortestWaitSeconds(scene);
    if (!shortest) continue;
    const auto reached = reached_.find(id);
    const auto after = reached == reached_.end() ? std::nullopt : std::optional(reached->second);
    std::vector<journeys::Half> halves;
    {
      YUKUAI_ASSIGN(const auto reader, parts_.database.Read());
      YUKUAI_ASSIGN(halves, journeys::Halves(*reader, id, now.PlusSeconds(-*shortest), after, kPersonsMax - looked_at));
    }
    looked_at += halves.size();
    // Oldest first: the first of a person's is the oldest, and settling takes them all.
    std::set<PersonId> done;
    for (const journeys::Half& half : halves) {
      const auto wait = WaitSeconds(scene, half.began_at);
      if (!wait || half.began_at.PlusSeconds(*wait) > now || !done.insert(half.person).second) continue;
      const auto settled = Settle({half.person, id, half.began_at}, now);
      if (!settled.ok()) {
        const Kind kind = settled.error().reason.kind;
        if (kind == Kind::kUnavailable || kind == Kind::kUnknownOutcome) return settled.error();
        if (parts_.failed) parts_.failed(settled.error());
        continue;
      }
      if (*settled) ++pass.settled;
    }
    if (looked_at == kPersonsMax) {
      reached_.insert_or_assign(id, halves.back());
      pass.more = true;
      return pass;
    }
    reached_.erase(id);
  }
  return pass;
}

Result<bool> Settling::Settle(const operation::Halves& halves, Instant now) {
  operation::Applied applied;
  YUKUAI_TRY(parts_.writer.Run([&](storage::Transaction& transaction) -> Result<void> {
    YUKUAI_ASSIGN(const auto person, parts_.persons.Load(transaction, halves.person, now));
    const operation::Rider rider{static_cast<fare::Concession>(person.concession), person.frozen()};
    YUKUAI_ASSIGN(applied, parts_.passages.SettleHalves(transaction, halves, rider, now));
    return {};
  }));
  if (applied.outcome != operation::Outcome::kApplied) return false;
  if (parts_.settled) parts_.settled(halves.person, applied.journeys);
  return true;
}

}  // namespace yukuai::settling
