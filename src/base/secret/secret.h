// SPDX-License-Identifier: Apache-2.0
// Secret<T>: a value that must not be printed, compared in variable time or left in memory. It has no <<, no JSON form and
// no implicit read; Expose() marks each place that touches the content. T is a byte array or Bytes.
#pragma once

#include <utility>

#include "base/bytes/bytes.h"

namespace yukuai {

void Wipe(std::span<uint8_t> bytes);  // Survives the optimiser.

template <typename T>
class Secret {
 public:
  Secret() = default;
  explicit Secret(T value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      Wipe(value_);
      value_ = other.value_;
    }
    return *this;
  }
  Secret(Secret&& other) noexcept : value_(other.value_) { other.Clear(); }  // NOLINT: a moved array leaves its bytes behind
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      Wipe(value_);
      value_ = other.value_;
      other.Clear();
    }
    return *this;
  }
  ~Secret() { Wipe(value_); }

  const T& Expose() const { return value_; }
  T& ExposeMutable() { return value_; }

 private:
  void Clear() { Wipe(value_); }
  T value_{};
};

}  // namespace yukuai
