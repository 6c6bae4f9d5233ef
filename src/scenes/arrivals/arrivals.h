// SPDX-License-Identifier: Apache-2.0
// Carries passages from the terminals' shards into the persons': takes what registers/records has ready, resolves the code to
// a person, applies the passage, and marks it done — two commits, the second idempotent, so a crash in between only means
// that a known passage is looked at once more.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

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
    // After the commit. From several threads.
    std::function<void(PersonId, const std::vector<JourneyId>&)> applied;
    // A pass that ended early, which is tried again; or one passage that could not be applied and was passed over, which is
    // tried again when something else arrives.
    std::function<void(const Fault&)> failed;
    bool own_thread = true;  // false: nothing happens but in WorkOnce, on its caller's thread alone. For simulations.
  };
  explicit Arrivals(Parts parts);
  ~Arrivals();  // Finishes the passage in hand.
  Arrivals(const Arrivals&) = delete;
  Arrivals& operator=(const Arrivals&) = delete;

  void Wake();  // Something has arrived. Thread-safe.
  // One pass over what is ready; how many passages were looked at. A passage that cannot be applied does not keep back others.
  Result<size_t> WorkOnce();

 private:
  void Loop();
  Result<void> CarryAll(const std::vector<records::Waiting>& ready);
  Result<void> Carry(const records::Waiting& waiting);
  Result<persons::Concession> ConcessionThen(storage::Reader& reader, const persons::Person& person, Instant at,
                                             Instant now) const;

  Parts parts_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool woken_ = true;  // What was left over from before the start.
  std::atomic<bool> ending_ = false;
  std::mutex work_mutex_;
  std::optional<records::Waiting> reached_;  // The pass before ended here and had passed over something. Guarded by work_mutex_.
  std::thread thread_;
};

}  // namespace yukuai::arrivals
