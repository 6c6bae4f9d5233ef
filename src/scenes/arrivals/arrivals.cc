// SPDX-License-Identifier: Apache-2.0
#include "scenes/arrivals/arrivals.h"

#include <algorithm>
#include <atomic>
#include <chrono>

#include "formats/record/record.h"

namespace yukuai::arrivals {
namespace {

constexpr size_t kPassMax = 256;
// Each passage waits for commits; the writer commits together what waits at the same time.
constexpr size_t kCarriersMax = 8;
constexpr std::chrono::seconds kRetryAfter{1};  // When storage was not available.

bool IsOfTheMoment(const Fault& fault) {
  return fault.reason.kind == Kind::kUnavailable || fault.reason.kind == Kind::kUnknownOutcome;
}

}  // namespace

Arrivals::Arrivals(Parts parts) : parts_(std::move(parts)) {
  if (parts_.own_thread) thread_ = std::thread([this] { Loop(); });
}

Arrivals::~Arrivals() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Arrivals::Wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  wake_.notify_all();
}

void Arrivals::Loop() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    wake_.wait(lock, [&] { return woken_ || ending_.load(); });
    if (ending_) return;
    woken_ = false;
    lock.unlock();
    const auto done = WorkOnce();
    lock.lock();
    if (!done.ok()) {
      if (parts_.failed) parts_.failed(done.error());
      wake_.wait_for(lock, kRetryAfter, [&] { return ending_.load(); });
      woken_ = true;
    } else if (*done == kPassMax) {
      woken_ = true;
    }
  }
}

Result<size_t> Arrivals::WorkOnce() {
  const std::lock_guard work(work_mutex_);
  std::vector<records::Waiting> ready;
  {
    YUKUAI_ASSIGN(const auto reader, parts_.database.Read());
    YUKUAI_ASSIGN(ready, records::Ready(*reader, kPassMax, reached_));
  }
  YUKUAI_TRY(CarryAll(ready));
  return ready.size();
}

Result<void> Arrivals::CarryAll(const std::vector<records::Waiting>& ready) {
  std::atomic<size_t> next = 0;
  std::atomic<bool> passed_over = false;
  std::mutex ended_mutex;
  std::optional<Fault> ended;
  const auto carry = [&] {
    for (size_t i = next++; i < ready.size() && !ending_; i = next++) {
      const auto carried = Carry(ready[i]);
      if (carried.ok()) continue;
      if (!IsOfTheMoment(carried.error())) {
        passed_over = true;
        if (parts_.failed) parts_.failed(carried.error());
        continue;
      }
      const std::lock_guard lock(ended_mutex);
      ended = carried.error();
      next = ready.size();
    }
  };
  const size_t helping = parts_.own_thread ? std::min(kCarriersMax, ready.size()) : 0;
  std::vector<std::thread> carriers;
  for (size_t i = 1; i < helping; ++i) carriers.emplace_back(carry);
  carry();
  for (std::thread& carrier : carriers) carrier.join();
  if (ended) return *ended;
  reached_ = passed_over && ready.size() == kPassMax ? std::optional(ready.back()) : std::nullopt;
  return {};
}

Result<void> Arrivals::Carry(const records::Waiting& waiting) {
  const auto mark = [&](std::string result) {
    return parts_.writer.Run([&, result](storage::Transaction& transaction) {
      return records::MarkDone(transaction, waiting.terminal, waiting.counter, result);
    });
  };
  const auto record = record::Parse(waiting.bytes);
  if (!record.ok()) return mark(std::string(record.error().reason.slug));
  const codes::Resolved resolved = parts_.codes.Resolve(record->code, record->at);
  if (resolved.refusal) return mark(std::string(resolved.refusal->slug));
  std::optional<terminals::Terminal> terminal;
  {
    YUKUAI_ASSIGN(const auto reader, parts_.database.Read());
    YUKUAI_ASSIGN(terminal, terminals::Load(*reader, waiting.terminal));
  }
  journeys::Passage passage;
  passage.record = {waiting.terminal, waiting.counter};
  passage.scene = terminal->place.scene;
  passage.at = record->at;
  passage.point = record->point;
  passage.direction = record->direction == record::Direction::kIn ? journeys::Direction::kIn : journeys::Direction::kOut;
  passage.cap = resolved.cap;
  passage.presentation = sm3::Hash(record->code);
  passage.confirmed = waiting.outcome == records::Outcome::kConfirmed;

  const Instant now = parts_.clock.Now();
  operation::Applied applied;
  std::string result;
  YUKUAI_TRY(parts_.writer.Run([&](storage::Transaction& transaction) -> Result<void> {
    // Read where it is applied: whoever was frozen a moment ago is frozen.
    const auto person = parts_.persons.LoadByIndex(transaction, *resolved.person, now);
    if (!person.ok() && person.error().reason == persons::kPersonUnknown) {
      applied = {};
      result = persons::kPersonUnknown.slug;
      return {};
    }
    if (!person.ok()) return person.error();
    passage.person = person->id;
    YUKUAI_ASSIGN(const auto concession, ConcessionThen(transaction, *person, passage.at, now));
    const operation::Rider rider{static_cast<fare::Concession>(concession), person->frozen()};
    YUKUAI_ASSIGN(operation::Applied outcome, parts_.passages.Apply(transaction, passage, rider, now));
    // Known to a second run of this operation: its first one landed, and what it came to stands.
    if (!result.empty() && outcome.outcome == operation::Outcome::kKnown) return {};
    applied = std::move(outcome);
    result = operation::Slug(applied.outcome);
    return {};
  }));
  YUKUAI_TRY(mark(result));
  if (parts_.applied && !applied.journeys.empty()) parts_.applied(passage.person, applied.journeys);
  return {};
}

// The class that held when the person passed, as it is known now. Before the first that is known, the newest stands for it.
Result<persons::Concession> Arrivals::ConcessionThen(storage::Reader& reader, const persons::Person& person, Instant at,
                                                     Instant now) const {
  const auto then = parts_.persons.ConcessionAt(reader, person.id, at, now);
  if (then.ok()) return then->concession;
  if (then.error().reason == persons::kPersonUnknown) return person.concession;
  return then.error();
}

}  // namespace yukuai::arrivals
