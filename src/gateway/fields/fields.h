// SPDX-License-Identifier: Apache-2.0
// Reads a stranger's JSON object field by field, by type and bound. The first fault sticks: a handler reads everything it
// wants, asks Done() once, and gets the first thing that is wrong with its JSON pointer; unknown fields are refused.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes/bytes.h"
#include "base/result/result.h"

namespace yukuai::fields {

// In order of precedence; the detail names the field, never its value.
inline constexpr Reason kJsonMalformed{Kind::kMalformed,
                                       "json_malformed"};  // Not UTF-8, not JSON, nested deeper than 8, no object.
inline constexpr Reason kFieldMissing{Kind::kMalformed, "field_missing"};
inline constexpr Reason kFieldType{Kind::kMalformed, "field_type"};
inline constexpr Reason kFieldRange{Kind::kMalformed, "field_range"};
inline constexpr Reason kFieldUnknown{Kind::kMalformed, "field_unknown"};

struct Length {
  size_t min = 0;
  size_t max = 0;
};

class Object {
 public:
  // An empty body is not an object.
  static Result<Object> Parse(std::string_view body);
  ~Object();
  Object(Object&&) noexcept;
  Object& operator=(Object&&) noexcept;

  // Each marks its field as known. After a fault they return empty values.
  std::string Text(std::string_view name, Length bytes);
  int64_t Integer(std::string_view name, int64_t low, int64_t high);
  std::optional<int64_t> OptionalInteger(std::string_view name, int64_t low, int64_t high);  // Nothing when it is absent.
  Bytes Binary(std::string_view name, Length bytes);                                         // base64url without padding.
  std::vector<Bytes> Binaries(std::string_view name, Length count, Length bytes);
  Object Child(std::string_view name);  // Its faults are this object's.
  std::vector<Object> Children(std::string_view name, Length count);

  // The first fault, or kFieldUnknown for what was not asked for, or nothing.
  Result<void> Done();

 private:
  struct State;
  struct Node;
  explicit Object(std::unique_ptr<Node> node);
  std::unique_ptr<Node> node_;
};

// One parameter of a query string, percent-decoded. kFieldMissing never: nothing is simply absent. Twice: kFieldRange.
Result<std::optional<std::string>> QueryText(std::string_view query, std::string_view name, size_t bytes_max);
// A number in bounds, or `otherwise` when absent.
Result<int64_t> QueryInteger(std::string_view query, std::string_view name, int64_t low, int64_t high, int64_t otherwise);
// No parameter but these.
Result<void> QueryOnly(std::string_view query, std::initializer_list<std::string_view> names);

}  // namespace yukuai::fields
