// SPDX-License-Identifier: Apache-2.0
// What every rule set speaks: an Event happened, Facts were gathered, a Decision lists Effects. Deciding is pure; the scene
// engine applies the effects in one commit with the audit entry. A refusal is an effect, not a fault: faults are for input
// that no rule set can judge.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids/ids.h"
#include "base/money/money.h"
#include "base/result/result.h"
#include "base/time/time.h"

namespace yukuai::decision {

enum class Direction : uint8_t { kNone = 0, kIn = 1, kOut = 2 };
enum class Carrier : uint8_t { kCode = 1, kCard = 2, kPrintedCode = 3 };

// A presentation of a carrier at a point of a scene.
struct Event {
  Instant at;
  Carrier carrier = Carrier::kCode;
  std::string point;  // The station or door, as the scene names it.
  Direction direction = Direction::kNone;
  bool offline = false;  // Decided without live state: by a terminal, or at upload of what a terminal decided.
};

// One line of an explanation: a label from the scene's vocabulary, its values, an amount where there is one.
struct Explanation {
  std::string slug;  // "distance_band", "daily_cap"
  std::string detail_zh;
  std::string detail_en;
  Money amount;
};

struct Admit {
  std::string entry;
};  // "entry", "exit"
struct Refuse {
  Reason reason;
};
struct Charge {
  Money amount;
  std::vector<Explanation> lines;
};  // From the person to the scene's operator.
struct Refund {
  Money amount;
  std::vector<Explanation> lines;
};
struct Record {
  std::string fact;
  std::string value;
};  // A fact for the scene's own record: "journey_open", "journey_closed".
struct Notify {
  std::string template_slug;
};

using Effect = std::variant<Admit, Refuse, Charge, Refund, Record, Notify>;

struct Decision {
  std::vector<Effect> effects;
  std::string rule_version;

  const Refuse* refusal() const;  // The first refusal, or null.
  bool admitted() const;
  Money charged() const;
};

// The runner: rule sets in listed order; the first that refuses ends the run with its refusal alone, otherwise the effects
// of all are concatenated.
using Step = std::function<Result<Decision>()>;
Result<Decision> RunInOrder(const std::vector<Step>& steps, std::string rule_version);

}  // namespace yukuai::decision
