// SPDX-License-Identifier: Apache-2.0
#include "platform/admission/admission.h"

#include <algorithm>
#include <limits>

#include "base/result/check.h"

namespace yukuai::admission {
namespace {

constexpr double kNew = 0.3;          // What the newest sample weighs.
constexpr int64_t kNewShare = 8;      // The same for times of service: an eighth.
constexpr int64_t kBurstShare = 2;    // While no queue stands, a request may have to wait for half of its deadline.
constexpr int64_t kServiceShare = 2;  // Service is never expected to take more than half: else one slow one would end it all.

double Smoothed(double old, double sample) { return old + kNew * (sample - old); }

}  // namespace

Admission::Admission(Options options, Entropy& entropy) : options_(std::move(options)), limit_(options_.limit) {
  YUKUAI_CHECK(!options_.classes.empty() && options_.classes.size() <= kClassesMax);
  lines_.resize(options_.classes.size());
  for (size_t i = 0; i < lines_.size(); ++i) lines_[i].figures.name = options_.classes[i].name;
  random_ = ByteReader(entropy.Take<8>()).U64() | 1;
}

std::optional<Refusal> Admission::Judge(size_t class_index, Instant arrived, Instant now) {
  const std::lock_guard lock(mutex_);
  Roll(now);
  Line& line = lines_.at(class_index);
  if (!Hopeless(class_index, arrived, now)) return std::nullopt;
  ++line.asked_in_retry_window;
  return Refuse(line, line.figures.refused_early);
}

std::optional<Refusal> Admission::Offer(size_t class_index, Instant arrived, Instant now, std::shared_ptr<Work> work) {
  const std::lock_guard lock(mutex_);
  Roll(now);
  Line& line = lines_.at(class_index);
  ++line.asked_in_retry_window;
  if (Hopeless(class_index, arrived, now)) return Refuse(line, line.figures.refused_early);
  line.waiting.push_back({std::move(work), arrived});
  if (queued_++ == 0) waiting_since_ = now;
  return std::nullopt;
}

Admission::Turn Admission::Next(Instant now) {
  const std::lock_guard lock(mutex_);
  Roll(now);
  Turn turn;
  for (size_t i = 0; i < lines_.size() && in_service_ < limit_.value(); ++i) {
    Line& line = lines_[i];
    DropLate(line, now, turn.late);
    if (line.waiting.empty()) continue;
    turn.work = std::move(line.waiting.front().work);
    turn.arrived = line.waiting.front().arrived;
    turn.class_index = i;
    line.waiting.pop_front();
    --queued_;
    ++in_service_;
    ++line.started_in_window;
    ++line.figures.started;
    break;
  }
  if (queued_ == 0) waiting_since_.reset();
  return turn;
}

std::vector<Admission::Late> Admission::TakeLate(Instant now) {
  const std::lock_guard lock(mutex_);
  Roll(now);
  std::vector<Late> late;
  for (Line& line : lines_) DropLate(line, now, late);
  if (queued_ == 0) waiting_since_.reset();
  return late;
}

std::vector<std::shared_ptr<Work>> Admission::Forget() {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Work>> forgotten;
  for (Line& line : lines_) {
    for (Waiting& one : line.waiting) forgotten.push_back(std::move(one.work));
    line.waiting.clear();
  }
  queued_ = 0;
  waiting_since_.reset();
  return forgotten;
}

bool Admission::Done(size_t class_index, Instant started, Instant now) {
  const std::lock_guard lock(mutex_);
  YUKUAI_CHECK(in_service_ > 0);
  const int64_t latency_us = std::max<int64_t>(0, now.us - started.us);
  limit_.Served(latency_us, in_service_, now);
  --in_service_;
  Line& line = lines_.at(class_index);
  line.service_us += (latency_us - line.service_us) / kNewShare;
  return RoomForNext();
}

bool Admission::Abandoned() {
  const std::lock_guard lock(mutex_);
  YUKUAI_CHECK(in_service_ > 0);
  --in_service_;
  return RoomForNext();
}

bool Admission::standing(Instant now) const {
  const std::lock_guard lock(mutex_);
  return waiting_since_ && now.us - waiting_since_->us > options_.deadline_us;
}

Figures Admission::figures() const {
  const std::lock_guard lock(mutex_);
  Figures figures;
  for (const Line& line : lines_) {
    figures.classes.push_back(line.figures);
    figures.classes.back().queued = line.waiting.size();
    figures.classes.back().retry_after_s = line.retry_after_s;
  }
  figures.in_service = in_service_;
  figures.limit = limit_.value();
  return figures;
}

// Rates are of windows in which somebody waited from beginning to end: only these show what can be done at most.
void Admission::Roll(Instant now) {
  RollRetry(now);
  const int64_t elapsed_us = now.us - window_began_.us;
  if (elapsed_us < options_.window_us) return;
  if (waiting_since_ && *waiting_since_ <= window_began_) {
    uint64_t started = 0;
    for (const Line& line : lines_) started += line.started_in_window;
    const double rate = static_cast<double>(started) / static_cast<double>(elapsed_us);
    rate_per_us_ = rate_per_us_ ? Smoothed(*rate_per_us_, rate) : rate;
    for (Line& line : lines_) {
      if (started == 0) break;
      line.share = Smoothed(line.share, static_cast<double>(line.started_in_window) / static_cast<double>(started));
    }
  }
  for (Line& line : lines_) line.started_in_window = 0;
  window_began_ = now;
}

void Admission::RollRetry(Instant now) {
  if (now.us - retry_window_began_.us < options_.retry_window_us) return;
  for (Line& line : lines_) {
    if (2 * line.refused_in_retry_window > line.asked_in_retry_window) {
      line.retry_after_s = std::min(2 * line.retry_after_s, options_.retry_after_s_most);
    } else if (10 * line.refused_in_retry_window <= line.asked_in_retry_window) {
      line.retry_after_s = std::max(1, line.retry_after_s / 2);
    }
    line.asked_in_retry_window = line.refused_in_retry_window = 0;
  }
  retry_window_began_ = now;
}

bool Admission::Hopeless(size_t class_index, Instant arrived, Instant now) const {
  const Line& line = lines_[class_index];
  if (line.waiting.size() >= options_.classes[class_index].queue_max) return true;
  if (TooLate(line, arrived, now)) return true;
  if (!waiting_since_ || !rate_per_us_) return false;
  const int64_t stood_us = now.us - waiting_since_->us;
  if (stood_us < options_.window_us) return false;
  const bool standing = stood_us > options_.deadline_us;
  const int64_t wait_us_most = standing ? options_.standing_wait_us : options_.deadline_us / kBurstShare;
  return ExpectedWait(class_index) > wait_us_most - (now.us - arrived.us);
}

bool Admission::TooLate(const Line& line, Instant arrived, Instant now) const {
  const int64_t service_us = std::min(line.service_us, options_.deadline_us / kServiceShare);
  return now.us - arrived.us + service_us > options_.deadline_us;
}

int64_t Admission::ExpectedWait(size_t class_index) const {
  size_t before = 0;
  double left = 1;
  for (size_t i = 0; i <= class_index; ++i) {
    before += lines_[i].waiting.size();
    if (i < class_index) left -= lines_[i].share;
  }
  if (before == 0) return 0;
  const double rate = *rate_per_us_ * std::max(left, options_.share_least);
  constexpr auto kNever = std::numeric_limits<int64_t>::max() / 2;
  const double wait = static_cast<double>(before) / std::max(rate, 1e-12);
  return wait < 1e15 ? static_cast<int64_t>(wait) : kNever;
}

Refusal Admission::Refuse(Line& line, uint64_t& counter) {
  ++counter;
  ++line.refused_in_retry_window;
  // xorshift64: who comes back when must not be guessed into step, no more.
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  const auto spread = static_cast<uint64_t>(line.retry_after_s) + 1;
  return {line.retry_after_s + static_cast<int>((random_ >> 32) % spread)};
}

void Admission::DropLate(Line& line, Instant now, std::vector<Late>& late) {
  while (!line.waiting.empty() && TooLate(line, line.waiting.front().arrived, now)) {
    late.push_back({std::move(line.waiting.front().work), Refuse(line, line.figures.refused_late)});
    line.waiting.pop_front();
    --queued_;
  }
}

}  // namespace yukuai::admission
