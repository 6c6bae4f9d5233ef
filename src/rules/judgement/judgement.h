// SPDX-License-Identifier: Apache-2.0
// Judges one event by one scene: finds the version in force, asks whether the carrier is accepted and whether a terminal
// without network may still decide, then asks the scene's rule sets in the order it lists them. The one entry that server
// and terminal share; below it rule sets do not know each other, above it nobody needs to know which there are.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/money/money.h"
#include "base/result/result.h"
#include "base/time/time.h"
#include "formats/scene_file/scene_file.h"
#include "rules/decision/decision.h"
#include "rules/fare/fare.h"

namespace yukuai::judgement {

// Refusals in order of precedence; those of the rule sets come after them. None refuses an exit, none a passage that has
// happened.
inline constexpr Reason kSceneNotInForce{Kind::kRefused, "scene_not_in_force"};
inline constexpr Reason kCarrierNotAccepted{Kind::kRefused, "carrier_not_accepted"};
inline constexpr Reason kOfflineNotAllowed{Kind::kRefused, "offline_not_allowed"};
inline constexpr Reason kListStale{Kind::kRefused, "list_stale"};
inline constexpr Reason kOfflineLimitCarrier{Kind::kRefused, "offline_limit_carrier"};
inline constexpr Reason kOfflineLimitTerminal{Kind::kRefused, "offline_limit_terminal"};
// Faults of Make, beside those of the rule sets: a rule set that this program does not have.
inline constexpr Reason kRuleSetUnknown{Kind::kMalformed, "rule_set_unknown"};

// The rule sets that exist, and every refusal that a scene listing `rules` can give, in order of precedence.
std::vector<std::string_view> RuleSets();
std::vector<Reason> Refusals(const std::vector<std::string>& rules);
// Those of them that can really happen: a scene that works without network never refuses for want of it, and one that does
// not never asks how old a list is.
std::vector<Reason> RefusalsReachable(const std::vector<std::string>& rules, const scene_file::Offline& offline);

// What a terminal without network knows of itself.
struct TerminalState {
  int64_t list_age_seconds = 0;     // Of the oldest list it decides by; its own clock not set counts as too old.
  Money unsynchronised_of_carrier;  // The most that its not yet uploaded acceptances of this carrier can come to.
  Money unsynchronised_total;       // The same over all carriers.
};

struct Facts {
  fare::Facts fare;
  std::optional<TerminalState> terminal;  // Set when, and only when, a terminal decides alone.
};

// A scene file made ready. Immutable; any number of threads may judge by one.
class Scene {
 public:
  static Result<Scene> Make(scene_file::SceneFile file);

  const scene_file::SceneFile& file() const { return file_; }
  // The version by which an act at this time is judged: of those whose first service day is not after the act's, the one
  // with the highest number. Null before the first.
  const scene_file::Version* InForce(Instant at) const;
  std::string VersionName(Instant at) const;  // "<scene>@<number>" of the version in force; number 0 before the first.
  CivilDate ServiceDay(Instant at) const;
  const fare::Rulebook& fares() const { return fares_; }

 private:
  scene_file::SceneFile file_;
  fare::Rulebook fares_{0};
};

// Pure. Rule sets fault as they say; a passage that happened before any version was in force faults kSceneNotInForce.
Result<decision::Decision> Decide(const Scene& scene, const decision::Event& event, const Facts& facts);

// The most that admitting this event can come to, for the terminal's own bounds and its unsynchronised totals.
Money Exposure(const Scene& scene, const decision::Event& event, const fare::Facts& facts);

}  // namespace yukuai::judgement
