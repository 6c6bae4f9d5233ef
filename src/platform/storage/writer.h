// SPDX-License-Identifier: Apache-2.0
// A writer over a lease that somebody has taken for it. Internal to this module: others start one (storage.h) or have several
// (writers.h).
#pragma once

#include <memory>
#include <optional>

#include "platform/storage/storage.h"

namespace yukuai::storage {

class LeasedWriter : public SteppedWriter {
 public:
  virtual std::optional<Reason> stopped() const = 0;  // Why it has stopped by itself.
  virtual void Renew() = 0;                           // Queues a commit that says that it lives, unless one is queued.
  virtual void Drain() = 0;                           // Takes nothing more, answers what is queued, ends its thread.
};
// own_thread: false for simulations.
std::unique_ptr<LeasedWriter> MakeWriter(Database& database, const Clock& clock, WriterOptions options, int64_t epoch,
                                         bool own_thread);

}  // namespace yukuai::storage
