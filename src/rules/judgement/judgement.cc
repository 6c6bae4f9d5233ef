// SPDX-License-Identifier: Apache-2.0
#include "rules/judgement/judgement.h"

#include <algorithm>

namespace yukuai::judgement {
namespace {

using decision::Decision;
using decision::Direction;
using decision::Event;

constexpr std::string_view kFare = "fare";

bool Accepts(const scene_file::Version& version, decision::Carrier carrier) {
  // The two enumerations carry the same numbers; formats lies below rules and cannot use theirs.
  return std::find(version.carriers.begin(), version.carriers.end(), static_cast<scene_file::Carrier>(carrier)) !=
         version.carriers.end();
}

bool Lists(const scene_file::Version& version, std::string_view rule) {
  return std::find(version.rules.begin(), version.rules.end(), rule) != version.rules.end();
}

// Whether a terminal without network may decide by what it holds.
std::optional<Reason> OfflineObjection(const scene_file::Offline& offline, const TerminalState& terminal, Money exposure) {
  if (!offline.allowed) return kOfflineNotAllowed;
  if (terminal.list_age_seconds > offline.list_age_max_hours * 3600) {
    if (!offline.stale_accept_below || exposure >= *offline.stale_accept_below) return kListStale;
  }
  if (terminal.unsynchronised_of_carrier + exposure > offline.loss_max) return kOfflineLimitCarrier;
  if (terminal.unsynchronised_total + exposure > offline.loss_total_max) return kOfflineLimitTerminal;
  return std::nullopt;
}

bool IsEntryAsked(const Event& event) { return !event.happened && event.direction == Direction::kIn; }

// The first step of every scene: may this carrier be presented here at all.
Decision Admission(const Scene& scene, const scene_file::Version& version, const Event& event, const Facts& facts) {
  Decision decision;
  if (!IsEntryAsked(event)) return decision;
  if (!Accepts(version, event.carrier)) {
    decision.effects.push_back(decision::Refuse{kCarrierNotAccepted});
  } else if (facts.terminal) {
    const auto reason = OfflineObjection(version.offline, *facts.terminal, Exposure(scene, event, facts.fare));
    if (reason) decision.effects.push_back(decision::Refuse{*reason});
  }
  return decision;
}

}  // namespace

std::vector<std::string_view> RuleSets() { return {kFare}; }

std::vector<Reason> Refusals(const std::vector<std::string>& rules) {
  std::vector<Reason> all{kSceneNotInForce, kCarrierNotAccepted,  kOfflineNotAllowed,
                          kListStale,       kOfflineLimitCarrier, kOfflineLimitTerminal};
  for (const std::string& rule : rules) {
    if (rule != kFare) continue;
    for (const Reason& reason : fare::Refusals()) all.push_back(reason);
  }
  return all;
}

std::vector<Reason> RefusalsReachable(const std::vector<std::string>& rules, const scene_file::Offline& offline) {
  std::vector<Reason> reachable = Refusals(rules);
  std::erase_if(reachable, [&offline](const Reason& reason) {
    if (reason == kOfflineNotAllowed) return offline.allowed;
    return !offline.allowed && (reason == kListStale || reason == kOfflineLimitCarrier || reason == kOfflineLimitTerminal);
  });
  return reachable;
}

Result<Scene> Scene::Make(scene_file::SceneFile file) {
  Scene scene;
  scene.fares_ = fare::Rulebook(file.day_starts_hour);
  for (const scene_file::Version& version : file.versions) {
    for (const std::string& rule : version.rules) {
      if (rule != kFare || !version.fare) return Fault(kRuleSetUnknown, rule);
      YUKUAI_ASSIGN(fare::Rules rules, fare::Rules::Make(*version.fare));
      scene.fares_.Add(version.since, std::move(rules));
    }
  }
  scene.file_ = std::move(file);
  return scene;
}

CivilDate Scene::ServiceDay(Instant at) const { return CivilFromDays(fares_.ServiceDay(at)); }

const scene_file::Version* Scene::InForce(Instant at) const {
  const CivilDate day = ServiceDay(at);
  const scene_file::Version* found = nullptr;
  for (const scene_file::Version& version : file_.versions) {
    if (version.since <= day) found = &version;  // Numbers ascend, so the last one that fits is the highest.
  }
  return found;
}

std::string Scene::VersionName(Instant at) const {
  const scene_file::Version* version = InForce(at);
  return file_.id + "@" + std::to_string(version == nullptr ? 0 : version->number);
}

Result<Decision> Decide(const Scene& scene, const Event& event, const Facts& facts) {
  const scene_file::Version* version = scene.InForce(event.at);
  if (version == nullptr) {
    if (!IsEntryAsked(event)) return Fault(kSceneNotInForce);
    return Decision{{decision::Refuse{kSceneNotInForce}}, scene.VersionName(event.at)};
  }
  std::vector<decision::Step> steps;
  steps.push_back([&]() -> Result<Decision> { return Admission(scene, *version, event, facts); });
  for (const std::string& rule : version->rules) {
    if (rule == kFare) steps.push_back([&] { return fare::Decide(scene.fares(), facts.fare, event); });
  }
  return decision::RunInOrder(steps, scene.VersionName(event.at));
}

Money Exposure(const Scene& scene, const Event& event, const fare::Facts& facts) {
  const scene_file::Version* version = scene.InForce(event.at);
  if (version == nullptr || !Lists(*version, kFare) || event.direction == Direction::kOut) return Money();
  return fare::HighestFrom(*scene.fares().At(event.at), event.point, facts.concession).value_or(Money());
}

}  // namespace yukuai::judgement
