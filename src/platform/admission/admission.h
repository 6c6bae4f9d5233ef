// SPDX-License-Identifier: Apache-2.0
// Who is served when not everybody can be. Requests wait in one bounded queue for each class and are started class by class, the
// most important first. A request has a deadline, measured from its arrival: one that cannot be expected to make it is refused,
// as early as that can be seen, because serving it would help nobody and telling it costs next to nothing.
//
// How long a new request would wait is the number of those before it over the rate at which such requests were started of late;
// that is asked once requests have waited without a pause for a window, so that a short burst is taken in and served. As in
// CoDel (K. Nichols et al., RFC 8289) what counts is not how long the queue is but for how long it has not been empty: a queue
// that stands for longer than a deadline is a queue that only makes everybody late, and is kept short from then on (the same
// with two time limits: B. Maurer, "Fail at Scale", ACM Queue 13(8), 2015).
//
// A refusal names the time after which to come back. It doubles while most are refused, halves when few are, and is spread over
// its double, so that those who were refused together do not come back together.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/entropy/entropy.h"
#include "base/result/result.h"
#include "base/time/time.h"
#include "platform/admission/concurrency_limit.h"

namespace yukuai::admission {

inline constexpr Reason kOverloaded{Kind::kUnavailable, "overloaded"};  // Come back after the time that Retry-After names.

inline constexpr size_t kClassesMax = 8;

struct Class {
  std::string name;        // For metrics: "lifeline".
  size_t queue_max = 256;  // With the longest body, this is what the class can hold of memory.
};

struct Options {
  std::vector<Class> classes;           // 1..kClassesMax, the most important first.
  int64_t deadline_us = 500'000;        // From arrival to answer.
  int64_t standing_wait_us = 100'000;   // What a new request may have to wait while the queue stands.
  int64_t window_us = 100'000;          // Over which rates are taken.
  double share_least = 0.02;            // Of the rate, that the last class is expected to get: it is never shut out for good.
  int retry_after_s_most = 16;          // Before it is spread over its double.
  int64_t retry_window_us = 1'000'000;  // How often that time may change.
  ConcurrencyLimit::Bounds limit;
};

struct Refusal {
  int retry_after_s = 1;
};

// A request that waits for its turn. Of the two, one is called, once, by whoever took it out, outside of any lock of ours.
class Work {
 public:
  virtual ~Work() = default;
  virtual void Start() = 0;
  virtual void Refuse(Refusal refusal) = 0;
};

struct ClassFigures {
  std::string name;
  uint64_t started = 0;
  uint64_t refused_early = 0;  // On arrival.
  uint64_t refused_late = 0;   // After waiting.
  size_t queued = 0;
  int retry_after_s = 1;
};
struct Figures {
  std::vector<ClassFigures> classes;
  size_t in_service = 0;
  size_t limit = 0;
};

// Thread-safe. All times are of one clock that only goes forward, from any beginning.
class Admission {
 public:
  // entropy is used here and now.
  Admission(Options options, Entropy& entropy);

  // Whether a request of this class, which arrived then, would be refused now: to be asked before anything is spent on it. A
  // refusal that is given is counted.
  std::optional<Refusal> Judge(size_t class_index, Instant arrived, Instant now);
  // Judges again, and queues it. With a refusal the work stays the caller's.
  std::optional<Refusal> Offer(size_t class_index, Instant arrived, Instant now, std::shared_ptr<Work> work);

  struct Late {
    std::shared_ptr<Work> work;
    Refusal refusal;
  };
  struct Turn {
    std::shared_ptr<Work> work;  // To be started now; Done must follow. Null: nobody waits, or the limit is reached.
    size_t class_index = 0;
    Instant arrived;
    std::vector<Late> late;  // To be refused now.
  };
  Turn Next(Instant now);
  // Those that have waited too long, when nothing else comes to pass that would find them: once in a while.
  std::vector<Late> TakeLate(Instant now);
  // Everybody who waits, without a word: at the server's end.
  std::vector<std::shared_ptr<Work>> Forget();
  // What was started has ended. True: somebody waits, and there is room.
  bool Done(size_t class_index, Instant started, Instant now);
  // As Done for what took no time of the server's and tells nothing about it: the caller had gone.
  bool Abandoned();

  // The queue has stood for longer than a deadline.
  bool standing(Instant now) const;
  size_t classes() const { return options_.classes.size(); }
  Figures figures() const;

 private:
  struct Waiting {
    std::shared_ptr<Work> work;
    Instant arrived;
  };
  struct Line {  // One class.
    std::deque<Waiting> waiting;
    ClassFigures figures;
    int64_t service_us = 0;  // Smoothed.
    double share = 0;        // Of all that were started while requests waited, smoothed.
    uint64_t started_in_window = 0;
    uint64_t asked_in_retry_window = 0;
    uint64_t refused_in_retry_window = 0;
    int retry_after_s = 1;
  };

  // With mutex_ held, all of these.
  void Roll(Instant now);
  void RollRetry(Instant now);
  bool Hopeless(size_t class_index, Instant arrived, Instant now) const;
  bool TooLate(const Line& line, Instant arrived, Instant now) const;
  int64_t ExpectedWait(size_t class_index) const;
  Refusal Refuse(Line& line, uint64_t& counter);
  void DropLate(Line& line, Instant now, std::vector<Late>& late);
  bool RoomForNext() const { return queued_ > 0 && in_service_ < limit_.value(); }

  const Options options_;
  mutable std::mutex mutex_;
  std::vector<Line> lines_;
  ConcurrencyLimit limit_;
  size_t queued_ = 0;
  size_t in_service_ = 0;
  std::optional<Instant> waiting_since_;  // Since then somebody has waited at every moment.
  Instant window_began_{};
  std::optional<double> rate_per_us_;  // Of starts while requests waited, smoothed.
  Instant retry_window_began_{};
  uint64_t random_;
};

}  // namespace yukuai::admission
