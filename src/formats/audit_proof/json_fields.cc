// SPDX-License-Identifier: Apache-2.0
#include "formats/audit_proof/json_fields.h"

#include <boost/json/parse.hpp>

namespace yukuai::audit_proof {
namespace json = boost::json;

std::optional<json::object> ParseObject(std::string_view text) {
  json::parse_options options;
  options.max_depth = 6;
  json::error_code error;
  try {
    json::value value = json::parse(text, error, {}, options);
    if (error || !value.is_object()) return std::nullopt;
    return std::move(value.get_object());
  } catch (const std::exception&) {  // Out of memory: the text is bounded, so nothing else is thrown.
    return std::nullopt;
  }
}

Fields::Fields(const json::value* value, std::string place, std::string& trouble) : place_(std::move(place)), trouble_(trouble) {
  if (value != nullptr) object_ = value->if_object();
  if (object_ == nullptr) Trouble("");
}

Fields::Fields(const json::object& object, std::string place, std::string& trouble)
    : object_(&object), place_(std::move(place)), trouble_(trouble) {}

void Fields::Trouble(std::string_view name) {
  if (trouble_.empty()) trouble_ = name.empty() ? (place_.empty() ? "document" : place_) : Place(name);
}

const json::value* Fields::Take(std::string_view name) {
  if (object_ == nullptr) return nullptr;
  const json::value* value = object_->if_contains(name);
  if (value == nullptr)
    Trouble(name);
  else
    ++taken_;
  return value;
}

std::string_view Fields::Text(std::string_view name) {
  const json::value* value = Take(name);
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  if (text == nullptr) {
    Trouble(name);
    return {};
  }
  return {text->data(), text->size()};
}

uint64_t Fields::Number(std::string_view name, uint64_t max) {
  const json::value* value = Take(name);
  // Boost.JSON keeps integers that fit as int64 and uses uint64 only above: a double or a sign is not ours.
  const int64_t* number = value == nullptr ? nullptr : value->if_int64();
  if (number == nullptr || *number < 0 || static_cast<uint64_t>(*number) > max) {
    Trouble(name);
    return 0;
  }
  return static_cast<uint64_t>(*number);
}

Bytes Fields::BinaryOf(const json::value* value, std::string_view name) {
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  auto bytes = text == nullptr ? std::nullopt : FromBase64Url({text->data(), text->size()});
  if (!bytes) {
    Trouble(name);
    return {};
  }
  return *std::move(bytes);
}

Bytes Fields::Binary(std::string_view name, size_t size_max) {
  Bytes bytes = BinaryOf(Take(name), name);
  if (bytes.size() > size_max) Trouble(name);
  return bytes;
}

const json::array* Fields::List(std::string_view name, size_t count_max) {
  const json::value* value = Take(name);
  const json::array* items = value == nullptr ? nullptr : value->if_array();
  if (items == nullptr || items->size() > count_max) {
    Trouble(name);
    return nullptr;
  }
  return items;
}

void Fields::End() {
  if (object_ != nullptr && taken_ != object_->size()) Trouble("(unknown field)");
}

}  // namespace yukuai::audit_proof
