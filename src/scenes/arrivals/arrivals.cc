// SPDX-License-Identifier: Apache-2.0
#include "scenes/arrivals/arrivals.h"

#include <chrono>

#include "formats/record/record.h"

namespace yukuai::arrivals {
namespace {

constexpr size_t kPassMax = 256;
constexpr std::chrono::seconds kRetryAfter{1};  // When storage was not available.

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
    wake_.wait(lock, [&] { return woken_ || ending_; });
    if (ending_) return;
    woken_ = false;
    lock.unlock();
    const auto done = WorkOnce();
    lock.lock();
    if (!done.ok()) {
      if (parts_.failed) parts_.failed(done.error());
      wake_.wait_for(lock, kRetryAfter, [&] { return ending_; });
      woken_ = true;
    } else if (*done == kPassMax) {
      woken_ = true;
    }
  }
}

Result<size_t> Arrivals::WorkOnce() {
  const std::lock_guard work(work_mutex_);
  YUKUAI_ASSIGN(const auto reader, parts_.database.Read());
  YUKUAI_ASSIGN(const auto ready, records::Ready(*reader, kPassMax));
  for (const records::Waiting& waiting : ready) YUKUAI_TRY(Carry(*reader, waiting));
  return ready.size();
}

Result<void> Arrivals::Carry(storage::Reader& reader, const records::Waiting& waiting) {
  const auto mark = [&](std::string result) {
    return parts_.writer.Run([&, result](storage::Transaction& transaction) {
      return records::MarkDone(transaction, waiting.terminal, waiting.counter, result);
    });
  };
  const auto record = record::Parse(waiting.bytes);
  if (!record.ok()) return mark(std::string(record.error().reason.slug));
  const codes::Resolved resolved = parts_.codes.Resolve(record->code, record->at);
  if (resolved.refusal) return mark(std::string(resolved.refusal->slug));
  const Instant now = parts_.clock.Now();
  const auto person = parts_.persons.LoadByIndex(reader, *resolved.person, now);
  if (!person.ok()) {
    if (person.error().reason != persons::kPersonUnknown) return person.error();
    return mark(std::string(persons::kPersonUnknown.slug));
  }
  YUKUAI_ASSIGN(const auto terminal, terminals::Load(reader, waiting.terminal));

  journeys::Passage passage;
  passage.record = {waiting.terminal, waiting.counter};
  passage.person = person->id;
  passage.scene = terminal.place.scene;
  passage.at = record->at;
  passage.point = record->point;
  passage.direction = record->direction == record::Direction::kIn ? journeys::Direction::kIn : journeys::Direction::kOut;
  passage.cap = resolved.cap;
  passage.presentation = sm3::Hash(record->code);
  passage.confirmed = waiting.outcome == records::Outcome::kConfirmed;
  // The class that held when the person passed, as it is known now. Before the first that is known, the first stands for it.
  auto concession = person->concession;
  const auto then = parts_.persons.ConcessionAt(reader, person->id, record->at, now);
  if (then.ok()) {
    concession = then->concession;
  } else if (then.error().reason != persons::kPersonUnknown) {
    return then.error();
  }
  const operation::Rider rider{static_cast<fare::Concession>(concession), person->frozen()};

  operation::Applied applied;
  bool ran = false;
  YUKUAI_TRY(parts_.writer.Run([&](storage::Transaction& transaction) -> Result<void> {
    YUKUAI_ASSIGN(operation::Applied outcome, parts_.passages.Apply(transaction, passage, rider, now));
    // Known to a second run of this operation: its first one landed, and what it came to stands.
    if (!ran || outcome.outcome != operation::Outcome::kKnown) applied = std::move(outcome);
    ran = true;
    return {};
  }));
  YUKUAI_TRY(mark(std::string(operation::Slug(applied.outcome))));
  if (parts_.applied && !applied.journeys.empty()) parts_.applied(person->id, applied.journeys);
  return {};
}

}  // namespace yukuai::arrivals
