// SPDX-License-Identifier: Apache-2.0
// From passages to journeys, and from journeys to prices, line by line.
#include <algorithm>
#include <map>
#include <tuple>

#include "rules/fare/fare.h"

namespace yukuai::fare {
namespace {

using decision::Direction;
using decision::Explanation;

constexpr Money kNothing;

// Times come from records; a nonsensical pair must not overflow.
int64_t SecondsBetween(Instant from, Instant to) {
  int64_t us = 0;
  if (__builtin_sub_overflow(to.us, from.us, &us)) return from < to ? INT64_MAX / 1'000'000 : INT64_MIN / 1'000'000;
  return us / 1'000'000 + (us % 1'000'000 > 0 ? 1 : 0);  // Rounded up: one microsecond too late is too late.
}

const Tap& FirstTap(const Journey& journey) { return journey.entry ? *journey.entry : *journey.exit; }

// ---- Pairing --------------------------------------------------------------------------------------------------------------

class Pairing {
 public:
  Pairing(const Rulebook& rules, const Known& known) : rules_(rules), known_(known) {}

  void Take(const Tap& tap) {
    if (last_ && last_->direction == tap.direction && last_->point == tap.point &&
        SecondsBetween(last_->at, tap.at) <= Current().duplicate_seconds) {
      statement_.repeated.emplace_back(tap.key, statement_.journeys.back().subject);
      return;
    }
    last_ = tap;
    if (tap.direction == Direction::kIn) {
      CloseAsIncomplete();
      Begin(tap);
    } else if (open_ && SecondsBetween(statement_.journeys.back().entry->at, tap.at) <= Current().settle_after_hours * 3600) {
      Journey& journey = statement_.journeys.back();
      journey.exit = tap;
      journey.state = LastedTooLong(journey) ? State::kIncomplete : State::kClosed;
      open_ = false;
    } else {
      CloseAsIncomplete();
      Begin(tap);
      open_ = false;
    }
  }

  Statement Finish() {
    for (Journey& journey : statement_.journeys) {
      const bool half = journey.state == State::kOpen || journey.state == State::kUnpaired;
      if (!half) continue;
      // An exit before everything else that is known may have its entry beyond what was gathered.
      const bool first_of_all = journey.state == State::kUnpaired && &journey == &statement_.journeys.front();
      const int64_t missing = SecondsBetween(FirstTap(journey).at, first_of_all ? known_.settled : known_.passed);
      if (missing >= Of(journey).settle_after_hours * 3600) journey.state = State::kIncomplete;
    }
    return std::move(statement_);
  }

 private:
  void Begin(const Tap& tap) {
    Journey journey;
    journey.subject = tap.key;
    if (tap.direction == Direction::kIn) {
      journey.entry = tap;
      open_ = true;
    } else {
      journey.exit = tap;
      journey.state = State::kUnpaired;
    }
    statement_.journeys.push_back(std::move(journey));
  }
  void CloseAsIncomplete() {
    if (open_) statement_.journeys.back().state = State::kIncomplete;
    open_ = false;
  }
  const scene_file::Fare& Of(const Journey& journey) const { return rules_.At(FirstTap(journey).at)->parameters(); }
  const scene_file::Fare& Current() const { return Of(statement_.journeys.back()); }
  bool LastedTooLong(const Journey& journey) const {
    return SecondsBetween(journey.entry->at, journey.exit->at) > Of(journey).journey_max_minutes * 60;
  }

  const Rulebook& rules_;
  const Known known_;
  Statement statement_;
  std::optional<Tap> last_;  // The last passage that repeated none.
  bool open_ = false;        // The last journey waits for its exit.
};

// ---- Pricing --------------------------------------------------------------------------------------------------------------

std::string Kilometres(uint32_t metres) {
  const uint32_t tenths = (metres + 50) / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

Explanation DistanceLine(const Rules& rules, size_t from, size_t to) {
  const scene_file::Station& a = rules.parameters().stations[from];
  const scene_file::Station& b = rules.parameters().stations[to];
  const uint32_t metres = rules.Metres(from, to);
  const std::string km = Kilometres(metres);
  return {std::string(kLineDistance), a.name.zh + "—" + b.name.zh + "，" + km + " 公里",
          a.name.en + " to " + b.name.en + ", " + km + " km", rules.DistancePrice(metres)};
}

Explanation SameStationLine(const Rules& rules, const Journey& journey) {
  const scene_file::Fare& fare = rules.parameters();
  const std::string minutes = std::to_string(fare.same_station_free_minutes);
  if (SecondsBetween(journey.entry->at, journey.exit->at) <= fare.same_station_free_minutes * 60) {
    return {std::string(kLineSameStationFree), "同站进出，" + minutes + " 分钟内免费",
            "In and out at one station within " + minutes + " minutes: free", kNothing};
  }
  return {std::string(kLineSameStation), "同站进出，超过 " + minutes + " 分钟，按起步价计费",
          "In and out at one station after more than " + minutes + " minutes: lowest fare", fare.bands.front().price};
}

// What the journey costs anybody: by distance, or by why it cannot be told.
Explanation PriceLine(const Rules& rules, const Journey& journey) {
  const scene_file::Fare& fare = rules.parameters();
  if (!journey.exit) {
    return {std::string(kLineExitMissing), "缺少出站记录，按不完整行程计费", "No exit recorded: priced as an incomplete journey",
            fare.incomplete_price};
  }
  if (!journey.entry) {
    return {std::string(kLineEntryMissing), "缺少进站记录，按不完整行程计费",
            "No entry recorded: priced as an incomplete journey", fare.incomplete_price};
  }
  if (journey.state == State::kIncomplete) {
    const std::string minutes = std::to_string(fare.journey_max_minutes);
    return {std::string(kLineOverTime), "行程超过 " + minutes + " 分钟，按不完整行程计费",
            "Longer than " + minutes + " minutes: priced as an incomplete journey", fare.incomplete_price};
  }
  const auto from = rules.StationAt(journey.entry->point);
  const auto to = rules.StationAt(journey.exit->point);
  if (!from || !to) {
    // Left at a station that opened after the day the journey began in.
    return {std::string(kLineStationUnknown), "车站不在进站时的票价表内，按不完整行程计费",
            "A station is not in the fare table of that day: priced as an incomplete journey", fare.incomplete_price};
  }
  return *from == *to ? SameStationLine(rules, journey) : DistanceLine(rules, *from, *to);
}

// Fractions of a fen fall to the rider.
Money Part(Money price, int64_t percent) { return Money::Fen(price.fen() * percent / 100); }

scene_file::Text ConcessionTitle(Concession concession) {
  switch (concession) {
    case Concession::kOrdinary: return {"普通票优惠", "Discount"};
    case Concession::kStudent: return {"学生优惠", "Student concession"};
    case Concession::kSenior: return {"老年人优惠", "Senior concession"};
    case Concession::kTest: return {"测试用户", "Test rider"};
    case Concession::kSoldier: return {"军人优待", "Service member concession"};
  }
  return {};
}

std::optional<Money> CapOf(const Journey& journey) {
  std::optional<Money> cap;
  for (const std::optional<Tap>* tap : {&journey.entry, &journey.exit}) {
    if (!*tap || !(*tap)->cap) continue;
    cap = cap ? std::min(*cap, *(*tap)->cap) : *(*tap)->cap;
  }
  return cap;
}

void Price(const Rules& rules, Concession concession, Money paid_of_day, Journey& journey) {
  const scene_file::Fare& fare = rules.parameters();
  journey.lines.push_back(PriceLine(rules, journey));
  Money total = journey.lines.front().amount;
  const auto lower_to = [&journey, &total](Money limit, std::string_view slug, std::string zh, std::string en) {
    if (total <= limit) return;
    journey.lines.push_back({std::string(slug), std::move(zh), std::move(en), limit - total});
    total = limit;
  };
  const int64_t percent = rules.PercentPaid(concession);
  const scene_file::Text title = ConcessionTitle(concession);
  lower_to(Part(total, percent), kLineConcession, title.zh + "，按票价 " + std::to_string(percent) + "% 计费",
           title.en + ": " + std::to_string(percent) + "% of the fare");
  if (const auto cap = CapOf(journey)) {
    const Money limit = std::max(kNothing, *cap);
    lower_to(limit, kLineCodeCap, "不超过码的单次限额 " + limit.Text() + " 元",
             "Not more than the code's limit for one use, " + limit.Text());
  }
  // A cap lowered at midday leaves riders above it. They ride free; nothing is paid back.
  lower_to(std::max(kNothing, fare.daily_cap - paid_of_day), kLineDailyCap, "当日封顶 " + fare.daily_cap.Text() + " 元",
           "Daily cap of " + fare.daily_cap.Text());
  journey.total = total;
}

}  // namespace

std::optional<Money> HighestFrom(const Rules& rules, std::string_view point, Concession concession) {
  const auto from = rules.StationAt(point);
  if (!from) return std::nullopt;
  Money highest = rules.parameters().incomplete_price;
  for (size_t to = 0; to < rules.parameters().stations.size(); ++to) {
    highest = std::max(highest, rules.DistancePrice(rules.Metres(*from, to)));
  }
  return Part(highest, rules.PercentPaid(concession));
}

Statement MakeStatement(const Rulebook& rules, std::vector<Tap> taps, Concession concession, const Known& known) {
  // Simultaneous records of two terminals have no order of their own; the key gives one that never changes.
  const auto order = [](const Tap& tap) { return std::tie(tap.at, tap.direction, tap.point, tap.key); };
  std::sort(taps.begin(), taps.end(), [&order](const Tap& a, const Tap& b) { return order(a) < order(b); });
  Pairing pairing(rules, known);
  for (const Tap& tap : taps) {
    const Rules* in_force = rules.At(tap.at);
    if (tap.direction != Direction::kNone && in_force != nullptr && in_force->StationAt(tap.point)) pairing.Take(tap);
  }
  Statement statement = pairing.Finish();
  std::map<int64_t, Money> paid_of_day;
  for (Journey& journey : statement.journeys) {
    if (journey.state == State::kOpen || journey.state == State::kUnpaired) continue;
    const Tap& first = FirstTap(journey);
    Money& paid = paid_of_day[rules.ServiceDay(first.at)];
    Price(*rules.At(first.at), first.concession.value_or(concession), paid, journey);
    paid = paid + journey.total;
  }
  return statement;
}

}  // namespace yukuai::fare
