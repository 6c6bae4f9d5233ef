// SPDX-License-Identifier: Apache-2.0
// The table of boundaries, and the one armed place. State is a single atomic word, so that passing a boundary costs a look-up
// in a small sorted table and one relaxed load.
#include "platform/host/boundary.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdint>

#include "base/result/check.h"

namespace yukuai::host {
namespace {

// Sorted. "before" is the last moment at which nothing has happened, "after" the first at which it has.
constexpr auto kNames = std::to_array<std::string_view>({
    "audit.seal.after",
    "audit.seal.before",
    "enrolment.commit.after",
    "enrolment.commit.before",
    "freeze.commit.after",
    "freeze.commit.before",
    "gate.barrier.after",
    "gate.barrier.before",
    "gate.enrolment.after",
    "gate.enrolment.before",
    "gate.file.write.after",
    "gate.file.write.before",
    "gate.log.sync.after",
    "gate.log.sync.before",
    "gate.log.write.after",
    "gate.log.write.before",
    "gate.upload.acknowledge.after",
    "gate.upload.acknowledge.before",
    "gate.upload.send.after",
    "gate.upload.send.before",
    "grant.commit.after",
    "grant.commit.before",
    "server.answer.after",
    "server.answer.before",
    "server.commit.after",
    "server.commit.before",
    "server.upload.receive.after",
    "server.upload.receive.before",
});
static_assert(std::ranges::is_sorted(kNames));

// 0: disarmed. Otherwise (place in kNames + 1) << 32 | passes left.
std::atomic<uint64_t> armed{0};

// Boundaries are passed by code of every layer, which is handed no simulation: the thread knows who watches it.
constinit thread_local BoundaryWatch* watch = nullptr;

constexpr uint32_t kPassesMax = 999'999'999;

std::optional<size_t> PlaceOf(std::string_view name) {
  const auto found = std::ranges::lower_bound(kNames, name);
  if (found == kNames.end() || *found != name) return std::nullopt;
  return static_cast<size_t>(found - kNames.begin());
}

}  // namespace

void Boundary(std::string_view name) {
  const std::optional<size_t> place = PlaceOf(name);
  YUKUAI_CHECK(place.has_value());
  if (watch != nullptr) watch->passed_(name);
  uint64_t state = armed.load(std::memory_order_relaxed);
  while (state >> 32 == *place + 1) {
    if ((state & 0xffffffff) == 1) {
      ::kill(::getpid(), SIGKILL);
      for (;;) ::pause();  // The signal is on its way; nothing may run after this place.
    }
    if (armed.compare_exchange_weak(state, state - 1, std::memory_order_relaxed)) return;
  }
}

Result<void> ArmBoundaries(std::optional<std::string_view> spec) {
  if (!spec.has_value()) return {};
  const size_t colon = spec->find(':');
  const std::string_view name = spec->substr(0, colon);
  uint32_t passes = 1;
  if (colon != std::string_view::npos) {
    const std::string_view digits = spec->substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), passes);
    if (error != std::errc() || end != digits.data() + digits.size() || passes < 1 || passes > kPassesMax) {
      return Fault(kBoundaryMalformed, "the count of passes is not 1..999999999");
    }
  }
  const std::optional<size_t> place = PlaceOf(name);
  if (!place.has_value()) return Fault(kBoundaryUnknown, std::string(name));
  armed.store((*place + 1) << 32 | passes, std::memory_order_relaxed);
  return {};
}

BoundaryWatch::BoundaryWatch(std::function<void(std::string_view)> passed) : passed_(std::move(passed)) {
  YUKUAI_CHECK(watch == nullptr);
  watch = this;
}

BoundaryWatch::~BoundaryWatch() { watch = nullptr; }

std::vector<std::string_view> BoundaryNames() { return {kNames.begin(), kNames.end()}; }

}  // namespace yukuai::host
