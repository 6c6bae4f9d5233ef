// SPDX-License-Identifier: Apache-2.0
// The replay window: the same code shown again within its window gets its first decision again — a rider who was admitted
// and holds the phone to the reader once more is neither charged nor alarmed (check 18 of docs/formats/code.md).
//
// Memory is bounded. A terminal that meets more codes within the window than it can remember forgets the oldest and counts
// this: its host must alarm, because a forgotten code could be used a second time there. Size it so that it does not
// happen: one passage a second over 1240 s is 1240 codes.
#pragma once

#include <algorithm>
#include <deque>
#include <unordered_map>

#include "base/bytes/bytes.h"
#include "base/result/check.h"
#include "base/time/time.h"
#include "crypto/sm3/sm3.h"

namespace yukuai::code {

// Not thread-safe: it belongs to one reader.
template <typename Decision>
class ReplayWindow {
 public:
  static constexpr size_t kCapacityDefault = 4096;

  // The window should be the longest validity plus twice the skew, so that no code outlives its own memory.
  explicit ReplayWindow(int64_t window_seconds, size_t capacity = kCapacityDefault)
      : window_seconds_(window_seconds), capacity_(capacity) {
    YUKUAI_CHECK(window_seconds_ > 0 && capacity_ > 0);
  }

  // The first decision on exactly these bytes, if it was made within the window: a code decided at t is remembered up to
  // and including t + window. The pointer holds until the next call.
  const Decision* Find(ByteSpan code, Instant now) {
    Forget(now);
    const auto found = decisions_.find(KeyOf(code));
    return found == decisions_.end() ? nullptr : &found->second;
  }

  // Keeps the first decision; a later one on the same code changes nothing.
  void Remember(ByteSpan code, Instant now, Decision decision) {
    Forget(now);
    const Key key = KeyOf(code);
    if (!decisions_.try_emplace(key, std::move(decision)).second) return;
    order_.push_back({latest_, key});
    if (order_.size() > capacity_) {
      DropOldest();
      ++forgotten_early_;
    }
  }

  size_t size() const { return order_.size(); }
  uint64_t forgotten_early() const { return forgotten_early_; }

 private:
  // Half of an SM3: two codes that agree in it would have to be looked for with 2^64 signatures.
  using Key = ByteArray<16>;
  struct KeyHash {
    size_t operator()(const Key& key) const {
      size_t hash = 0;
      for (size_t i = 0; i < sizeof hash; ++i) hash = hash << 8 | key[i];
      return hash;
    }
  };
  struct Entry {
    Instant at;
    Key key;
  };

  static Key KeyOf(ByteSpan code) {
    const sm3::Digest digest = sm3::Hash(code);
    Key key;
    std::copy_n(digest.begin(), key.size(), key.begin());
    return key;
  }
  void DropOldest() {
    decisions_.erase(order_.front().key);
    order_.pop_front();
  }
  void Forget(Instant now) {
    // A clock that is set back must not make entries look young again.
    latest_ = std::max(latest_, now);
    while (!order_.empty() && order_.front().at.PlusSeconds(window_seconds_) < latest_) DropOldest();
  }

  int64_t window_seconds_;
  size_t capacity_;
  std::deque<Entry> order_;  // Oldest first.
  std::unordered_map<Key, Decision, KeyHash> decisions_;
  Instant latest_;
  uint64_t forgotten_early_ = 0;
};

}  // namespace yukuai::code
