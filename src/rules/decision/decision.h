// SPDX-License-Identifier: Apache-2.0
// What every rule set speaks: an Event happened, Facts were gathered, a Decision lists Effects. Deciding is pure; whoever
// called applies the effects in one commit with the audit entry. A refusal is an effect, not a fault: faults are for input
// that no rule set can judge.
//
// The same decision is asked for at three moments, told apart by two flags of the event:
//   offline  happened
//   false    false     the server is asked before the passage: live state counts, refusals are possible
//   true     false     a terminal decides alone: only the carrier's own data and what the terminal holds count
//   (any)    true      the passage took place and its record arrived: it is priced and recorded, never refused
// Effects are applied only in the third; in the first two they say what would follow (the fare shown on a gate).
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

// A presentation of a carrier at a point of a scene. Without point and direction it is the passing of time itself: what
// has waited long enough is settled.
struct Event {
  std::string key{};  // Names this presentation for ever: the record it left ("ter_…:17"). Empty while it has left none.
  Instant at{};
  Carrier carrier = Carrier::kCode;
  std::string point{};  // The station or door, as the scene names it.
  Direction direction = Direction::kNone;
  bool offline = false;
  bool happened = false;
};

// One line of an explanation: a slug for programs, a text in each language for people, an amount (0 where there is none).
struct Explanation {
  std::string slug;  // "distance_band", "daily_cap"
  std::string detail_zh;
  std::string detail_en;
  Money amount;

  friend bool operator==(const Explanation&, const Explanation&) = default;
};

// Where an effect is about something that lasts longer than one event (a journey), `subject` names it: the key of the event
// that began it.

struct Admit {
  std::string entry;
};  // "entry", "exit"
struct Refuse {
  Reason reason;
};
struct Repeat {
  std::string subject;
};  // Presented again: the answer is the one given first; nothing else follows.

// From the person to the scene's operator. `amount` is what moves now and may be 0; `total` is what the subject costs in all
// from now on; the lines explain the total and sum to it.
struct Charge {
  std::string subject;
  Money amount;
  Money total;
  std::vector<Explanation> lines;
};
// From the operator back to the person; `amount` > 0.
struct Refund {
  std::string subject;
  Money amount;
  Money total;
  std::vector<Explanation> lines;
};
// A fact for the scene's own record, from the vocabulary of the rule set ("journey_open").
struct Record {
  std::string fact;
  std::string subject;
  std::string value;
};
struct Notify {
  std::string template_slug;
};

using Effect = std::variant<Admit, Refuse, Repeat, Charge, Refund, Record, Notify>;

struct Decision {
  std::vector<Effect> effects;
  std::string rule_version;  // "<scene>@<number>"

  const Refuse* refusal() const;  // The first refusal, or null.
  const Repeat* repeat() const;   // The first, or null.
  bool admitted() const;          // At least one Admit and no refusal.
  Money charged() const;          // All charges less all refunds.
};

// The runner: rule sets in listed order; the first that refuses ends the run with its refusal alone, one that recognises a
// repetition ends it with that alone; otherwise the effects of all are concatenated. A fault ends it as a fault.
using Step = std::function<Result<Decision>()>;
Result<Decision> RunInOrder(const std::vector<Step>& steps, std::string rule_version);

}  // namespace yukuai::decision
