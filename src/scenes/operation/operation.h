// SPDX-License-Identifier: Apache-2.0
// Applies what happened: a passage that took place is judged by its scene, and every effect of the decision — journeys,
// charges, refunds — is written in one transaction of the person's shard, with the audit entries. The only place that maps
// an effect to a register or service.
//
// Applying is idempotent: a passage that was applied is known and changes nothing; a presentation that another record
// claimed first is kept as disputed and charges nothing. Order does not matter: the rule set computes the whole statement
// anew and the difference is posted.
//
// The passing of time is applied in the same way: halves of journeys whose other half has been missing for as long as the
// scene waits are settled, once, since a settled journey is no half any more.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/entropy/entropy.h"
#include "base/ids/ids.h"
#include "base/money/money.h"
#include "base/result/result.h"
#include "base/time/time.h"
#include "platform/audit/audit.h"
#include "platform/storage/storage.h"
#include "registers/journeys/journeys.h"
#include "rules/fare/fare.h"
#include "scenes/engine/engine.h"

namespace yukuai::operation {

// What a passage came to; the slug is kept with the record.
enum class Outcome {
  kApplied,      // "applied"
  kKnown,        // "known": applied before.
  kRepeated,     // "repeated": the same person at the same point within the scene's window.
  kDisputed,     // "disputed": this presentation was counted elsewhere.
  kUnconfirmed,  // "unconfirmed": the gate cannot say whether somebody passed, and the scene does not count that.
  kUnjudged,     // "unjudged": the scene cannot judge it (unknown point or scene, before any version).
};
std::string_view Slug(Outcome outcome);

struct Applied {
  Outcome outcome = Outcome::kApplied;
  std::vector<JourneyId> journeys;  // Changed.
  Money charged;                    // Net of refunds, now.
};

// What is known of the person who passed.
struct Rider {
  fare::Concession concession = fare::Concession::kOrdinary;  // At the time of the passage; written down with it.
  bool frozen = false;  // Nothing is taken from a frozen balance: what the ride costs is owed.
};

// Whose halves of journeys are due, in which scene, and when the oldest of them began.
struct Halves {
  PersonId person;
  std::string scene;
  Instant oldest;
};

class Passages {
 public:
  struct Parts {
    const engine::Engine& engine;
    audit::Log& log;
    Entropy& entropy;
  };
  explicit Passages(Parts parts) : parts_(parts) {}

  // Reads and judges everything before its first write. The person's accounts must be open.
  Result<Applied> Apply(storage::Transaction& transaction, const journeys::Passage& passage, const Rider& rider,
                        Instant now) const;

  // What is still missing at `now` for as long as the scene waits is settled; kKnown when there is nothing of that kind. The
  // rider's concession counts where none was written down with a passage.
  Result<Applied> SettleHalves(storage::Transaction& transaction, const Halves& halves, const Rider& rider, Instant now) const;

 private:
  Parts parts_;
};

}  // namespace yukuai::operation
