// SPDX-License-Identifier: Apache-2.0
// Who went in and never came out, or came out and never went in: when a scene has waited as long as it says, the journey is
// settled at the price of an incomplete one. Nothing else would do it for a rider who does not ride again.
//
// One pass looks for halves that are due, oldest first, and hands each person's to scenes/operation through the writer. What is
// settled is no half any more, so nothing has to be remembered between passes, and a pass that was cut short by a crash is simply
// begun again. A half that cannot be settled (its scene is gone, its person's record is damaged) is passed over, not waited for.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time/time.h"
#include "platform/storage/storage.h"
#include "registers/journeys/journeys.h"
#include "registers/persons/persons.h"
#include "scenes/engine/engine.h"
#include "scenes/operation/operation.h"

namespace yukuai::settling {

// Persons in one pass; the next pass goes on behind them.
inline constexpr size_t kPersonsMax = 64;

class Settling {
 public:
  struct Parts {
    storage::Database& database;
    storage::Writer& writer;
    const persons::Register& persons;
    const engine::Engine& engine;
    const operation::Passages& passages;
    std::function<void(PersonId, const std::vector<JourneyId>&)> settled = {};  // After the commit.
    std::function<void(const Fault&)> failed = {};                              // A person's halves were passed over.
  };
  explicit Settling(Parts parts) : parts_(std::move(parts)) {}

  struct Pass {
    size_t settled = 0;  // Persons.
    bool more = false;   // The bound was met: call again soon.
  };
  // On the caller's thread; not from two at once. A fault when storage did not answer: what was settled before it stays so.
  Result<Pass> WorkOnce(Instant now);

 private:
  Result<bool> Settle(const operation::Halves& halves, Instant now);

  Parts parts_;
  // Where the pass before stopped, so that what could not be settled is not looked at again until everything else was.
  std::map<std::string, journeys::Half> reached_;
};

}  // namespace yukuai::settling
