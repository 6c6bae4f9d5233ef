// SPDX-License-Identifier: Apache-2.0
// Carries passages from the terminals' shards into the persons': takes what registers/records has ready, resolves the code to
// a person, applies the passage, and marks it done — two commits, the second idempotent, so a crash in between only means
// that a known passage is looked at once more.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "base/time/time.h"
#include "platform/storage/storage.h"
#include "registers/persons/persons.h"
#include "registers/records/records.h"
#include "registers/terminals/terminals.h"
#include "scenes/operation/operation.h"
#include "services/codes/codes.h"

namespace yukuai::arrivals {

// Whether a passage counts that may have taken place is the scene's to say (`unconfirmed`).
class Arrivals {
 public:
  struct Parts {
    storage::Database& database;
    storage::Writer& writer;
    const Clock& clock;
    const persons::Register& persons;
    const codes::Codes& codes;
    const operation::Passages& passages;
    std::function<void(PersonId, const std::vector<JourneyId>&)> applied;  // After the commit.
    std::function<void(const Fault&)> failed;                              // A pass that ended early; it is tried again.
    bool own_thread = true;  // false: nothing happens but in WorkOnce. For simulations.
  };
  explicit Arrivals(Parts parts);
  ~Arrivals();  // Finishes the passage in hand.
  Arrivals(const Arrivals&) = delete;
  Arrivals& operator=(const Arrivals&) = delete;

  void Wake();                // Something has arrived. Thread-safe.
  Result<size_t> WorkOnce();  // One pass over what is ready, on the caller's thread; how many passages were done.

 private:
  void Loop();
  Result<void> Carry(storage::Reader& reader, const records::Waiting& waiting);

  Parts parts_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool woken_ = true;  // What was left over from before the start.
  bool ending_ = false;
  std::mutex work_mutex_;
  std::thread thread_;
};

}  // namespace yukuai::arrivals
