// SPDX-License-Identifier: Apache-2.0
// The network made ready: distances between all stations, and the checks that the rules make sense together.
#include <algorithm>
#include <queue>

#include "rules/fare/fare.h"

namespace yukuai::fare {
namespace {

constexpr uint32_t kUnreachable = UINT32_MAX;
constexpr int64_t kSecondsOfDay = 86'400;
constexpr int64_t kChinaOffsetSeconds = 28'800;

struct Neighbour {
  size_t station;
  uint32_t metres;
};

// Dijkstra from one station: shortest tracks decide the price, whichever way was ridden.
void FillDistances(const std::vector<std::vector<Neighbour>>& neighbours, size_t from, uint32_t* metres) {
  std::fill(metres, metres + neighbours.size(), kUnreachable);
  using Reached = std::pair<uint32_t, size_t>;
  std::priority_queue<Reached, std::vector<Reached>, std::greater<>> frontier;
  metres[from] = 0;
  frontier.push({0, from});
  while (!frontier.empty()) {
    const auto [distance, station] = frontier.top();
    frontier.pop();
    if (distance > metres[station]) continue;
    for (const Neighbour& next : neighbours[station]) {
      const uint32_t longer = distance + next.metres;  // At most 512 stations times 1000 km: fits.
      if (longer >= metres[next.station]) continue;
      metres[next.station] = longer;
      frontier.push({longer, next.station});
    }
  }
}

Result<void> CheckBands(const std::vector<scene_file::Band>& bands) {
  if (bands.empty()) return Fault(kFareRules, "there is no band");
  for (size_t i = 0; i < bands.size(); ++i) {
    const bool last = i + 1 == bands.size();
    if (bands[i].up_to_metres.has_value() == last) return Fault(kFareRules, "the last band, and no other, is without limit");
    if (i == 0) continue;
    if (bands[i].price < bands[i - 1].price) return Fault(kFareRules, "a longer distance costs less");
    if (!last && *bands[i].up_to_metres <= *bands[i - 1].up_to_metres) return Fault(kFareRules, "bands do not ascend");
  }
  return {};
}

}  // namespace

Result<Rules> Rules::Make(const scene_file::Fare& fare) {
  const size_t count = fare.stations.size();
  if (count == 0 || count > scene_file::kStationCountMax) return Fault(kFareRules, "number of stations");
  YUKUAI_TRY(CheckBands(fare.bands));
  for (const auto& [name, percent] : fare.concessions) {
    if (!ConcessionNamed(name)) return Fault(kFareRules, "no such concession class: " + name);
    if (!scene_file::kPercentRange.Holds(percent)) return Fault(kFareRules, "percent of " + name);
  }
  std::vector<std::vector<Neighbour>> neighbours(count);
  for (const scene_file::Segment& segment : fare.segments) {
    if (segment.from >= count || segment.to >= count || segment.from == segment.to) return Fault(kFareRules, "segment");
    if (!scene_file::kMetresRange.Holds(segment.metres)) return Fault(kFareRules, "length of a segment");
    neighbours[segment.from].push_back({segment.to, segment.metres});
    neighbours[segment.to].push_back({segment.from, segment.metres});
  }
  Rules rules;
  rules.fare_ = fare;
  rules.metres_.resize(count * count);
  for (size_t from = 0; from < count; ++from) {
    FillDistances(neighbours, from, &rules.metres_[from * count]);
    rules.stations_by_code_.emplace_back(fare.stations[from].code, from);
  }
  for (size_t to = 0; to < count; ++to) {
    if (rules.metres_[to] == kUnreachable) return Fault(kFareRules, "no track leads to " + fare.stations[to].code);
  }
  std::sort(rules.stations_by_code_.begin(), rules.stations_by_code_.end());
  for (size_t i = 1; i < count; ++i) {
    const std::string& code = rules.stations_by_code_[i].first;
    if (code == rules.stations_by_code_[i - 1].first) return Fault(kFareRules, "two stations have the code " + code);
  }
  return rules;
}

std::optional<size_t> Rules::StationAt(std::string_view code) const {
  const auto at = std::lower_bound(stations_by_code_.begin(), stations_by_code_.end(), code,
                                   [](const auto& entry, std::string_view wanted) { return entry.first < wanted; });
  if (at == stations_by_code_.end() || at->first != code) return std::nullopt;
  return at->second;
}

Money Rules::DistancePrice(uint32_t metres) const {
  for (const scene_file::Band& band : fare_.bands) {
    if (!band.up_to_metres || metres <= *band.up_to_metres) return band.price;
  }
  return fare_.bands.back().price;
}

Money Rules::HighestPrice() const { return std::max(fare_.bands.back().price, fare_.incomplete_price); }

int64_t Rules::PercentPaid(Concession concession) const {
  const auto found = fare_.concessions.find(std::string(ConcessionName(concession)));
  return found == fare_.concessions.end() ? 100 : found->second;
}

void Rulebook::Add(CivilDate since, Rules rules) { versions_.emplace_back(DaysFromCivil(since), std::move(rules)); }

const Rules* Rulebook::At(Instant at) const {
  const int64_t day = ServiceDay(at);
  const Rules* found = nullptr;
  for (const auto& [since, rules] : versions_) {
    if (since <= day) found = &rules;
  }
  return found;
}

int64_t Rulebook::ServiceDay(Instant at) const {
  const int64_t seconds = at.us / 1'000'000 - (at.us % 1'000'000 < 0 ? 1 : 0) + kChinaOffsetSeconds - day_starts_hour_ * 3600;
  return seconds / kSecondsOfDay - (seconds % kSecondsOfDay < 0 ? 1 : 0);
}

Instant Rulebook::DayStart(int64_t service_day) const {
  return Instant::FromSeconds(service_day * kSecondsOfDay - kChinaOffsetSeconds + day_starts_hour_ * 3600);
}

Window FactsWindow(const Rulebook& rules, Instant at) {
  const int64_t day = rules.ServiceDay(at);
  return {rules.DayStart(day - 1), rules.DayStart(day + 2)};
}

}  // namespace yukuai::fare
