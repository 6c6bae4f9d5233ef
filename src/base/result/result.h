// SPDX-License-Identifier: Apache-2.0
// Result<T>: either a value or a Fault. A Fault carries a Reason — a stable, public slug with a kind that tells the caller
// what to do next — and a detail for the log. Details never carry personal data.
//
// Reasons are constants in the header of the module that owns the rule, listed in order of precedence.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/result/check.h"

namespace yukuai {

// What the caller can do next. Only the gateway turns a kind into an HTTP status.
enum class Kind {
  kMalformed,        // The input can never be right: mend it.
  kUnauthenticated,  // Who you are was not shown: sign in or sign again.
  kForbidden,        // You are known and may not.
  kNotFound,         // There is no such thing (or you may not know that there is).
  kConflict,         // The state or an earlier request contradicts this one: read, then decide.
  kRefused,          // A rule says no; the remedy tells what a person can do.
  kLimited,          // Too much or too often: wait.
  kUnavailable,      // Not now, and nothing was done: try again.
  kUnknownOutcome,   // It may or may not have happened: run again with the same idempotency key.
  kInternal,         // A defect on our side.
};

struct Reason {
  Kind kind;
  std::string_view slug;  // snake_case, stable for ever: a public contract.

  friend constexpr bool operator==(const Reason& a, const Reason& b) { return a.slug == b.slug; }
};

struct Fault {
  explicit Fault(Reason why, std::string what = {}) : reason(why), detail(std::move(what)) {}
  Reason reason;
  std::string detail;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  using Value = T;
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit on purpose
  Result(Fault fault) : state_(std::in_place_index<1>, std::move(fault)) {}  // NOLINT: implicit on purpose

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  const T& value() const& {
    YUKUAI_CHECK(ok());
    return std::get<0>(state_);
  }
  T& value() & {
    YUKUAI_CHECK(ok());
    return std::get<0>(state_);
  }
  T&& value() && {
    YUKUAI_CHECK(ok());
    return std::get<0>(std::move(state_));
  }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

  const Fault& error() const& {
    YUKUAI_CHECK(!ok());
    return std::get<1>(state_);
  }
  Fault&& error() && {
    YUKUAI_CHECK(!ok());
    return std::get<1>(std::move(state_));
  }

 private:
  std::variant<T, Fault> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using Value = void;
  Result() = default;
  Result(Fault fault) : fault_(std::move(fault)) {}  // NOLINT: implicit on purpose

  bool ok() const { return !fault_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Fault& error() const& {
    YUKUAI_CHECK(!ok());
    return *fault_;
  }
  Fault&& error() && {
    YUKUAI_CHECK(!ok());
    return *std::move(fault_);
  }

 private:
  std::optional<Fault> fault_;
};

}  // namespace yukuai

#define YUKUAI_CONCAT_INNER(a, b) a##b
#define YUKUAI_CONCAT(a, b) YUKUAI_CONCAT_INNER(a, b)

// YUKUAI_TRY(expression): leaves the function with the expression's Fault, if it has one.
#define YUKUAI_TRY(expression) YUKUAI_TRY_INNER(YUKUAI_CONCAT(yukuai_try_, __COUNTER__), expression)
#define YUKUAI_TRY_INNER(name, expression)          \
  do {                                              \
    auto name = (expression);                       \
    if (!name.ok()) return std::move(name).error(); \
  } while (false)

// YUKUAI_ASSIGN(auto x, expression): x is the value, or the function is left with the Fault.
#define YUKUAI_ASSIGN(target, expression) YUKUAI_ASSIGN_INNER(YUKUAI_CONCAT(yukuai_result_, __COUNTER__), target, expression)
#define YUKUAI_ASSIGN_INNER(name, target, expression) \
  auto name = (expression);                           \
  if (!name.ok()) return std::move(name).error();     \
  target = std::move(name).value()
