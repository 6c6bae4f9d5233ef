// SPDX-License-Identifier: Apache-2.0
// Reading one JSON object strictly: each field is asked for once, an unknown one is refused, the first trouble is remembered
// with its place. Wraps Boost.JSON for this module alone.
#pragma once

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes/bytes.h"

namespace yukuai::audit_proof {

// Parses bounded, strict JSON into an object; nothing on any syntax error.
std::optional<boost::json::object> ParseObject(std::string_view text);

class Fields {
 public:
  // value: what should be an object; nullptr or another type is trouble. trouble outlives this and keeps the first place.
  Fields(const boost::json::value* value, std::string place, std::string& trouble);
  Fields(const boost::json::object& object, std::string place, std::string& trouble);

  bool Has(std::string_view name) const { return object_ != nullptr && object_->contains(name); }
  std::string_view Text(std::string_view name);
  uint64_t Number(std::string_view name, uint64_t max);
  Bytes Binary(std::string_view name, size_t size_max);
  template <size_t N>
  ByteArray<N> Array(std::string_view name) {
    return ArrayOf<N>(Take(name), name);
  }
  template <size_t N>
  std::vector<ByteArray<N>> Arrays(std::string_view name, size_t count_max) {
    std::vector<ByteArray<N>> out;
    const boost::json::array* items = List(name, count_max);
    if (items == nullptr) return out;
    out.reserve(items->size());
    for (const boost::json::value& item : *items) out.push_back(ArrayOf<N>(&item, name));
    return out;
  }
  const boost::json::array* List(std::string_view name, size_t count_max);
  Fields Object(std::string_view name) { return Fields(Take(name), Place(name), trouble_); }
  void Trouble(std::string_view name);
  void End();  // Refuses what was not asked for.

 private:
  const boost::json::value* Take(std::string_view name);  // Trouble when missing.
  std::string Place(std::string_view name) const { return place_.empty() ? std::string(name) : place_ + "." + std::string(name); }
  template <size_t N>
  ByteArray<N> ArrayOf(const boost::json::value* value, std::string_view name) {
    ByteArray<N> out{};
    const Bytes bytes = BinaryOf(value, name);
    if (bytes.size() == N)
      std::copy(bytes.begin(), bytes.end(), out.begin());
    else
      Trouble(name);
    return out;
  }
  Bytes BinaryOf(const boost::json::value* value, std::string_view name);

  const boost::json::object* object_ = nullptr;
  std::string place_;
  std::string& trouble_;
  size_t taken_ = 0;
};

}  // namespace yukuai::audit_proof
