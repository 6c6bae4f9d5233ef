// SPDX-License-Identifier: Apache-2.0
#include "gateway/fields/fields.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <set>

namespace yukuai::fields {

namespace json = boost::json;

// One document: the first fault, and everything that keeps the objects alive.
struct Object::State {
  json::value document;
  std::optional<Fault> fault;

  void Fail(const Reason& reason, const std::string& pointer) {
    if (!fault) fault = Fault(reason, pointer);
  }
};

struct Object::Node {
  std::shared_ptr<State> state;
  const json::object* object = nullptr;  // Null after a fault.
  std::string pointer;                   // "/document"
  std::set<std::string, std::less<>> known;

  const json::value* Find(std::string_view name) {
    known.insert(std::string(name));
    if (object == nullptr || state->fault) return nullptr;
    const json::value* value = object->if_contains(name);
    if (value == nullptr) state->Fail(kFieldMissing, PointerTo(name));
    return value;
  }
  std::string PointerTo(std::string_view name) const { return pointer + "/" + std::string(name); }
  void CheckUnknown() const {
    if (object == nullptr || state->fault) return;
    for (const auto& [key, value] : *object) {
      // The name is the caller's: it is shown back only when it looks like one.
      const bool plain = key.size() <= 64 && std::ranges::all_of(key, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
      if (!known.contains(std::string_view(key))) return state->Fail(kFieldUnknown, plain ? PointerTo(key) : pointer + "/?");
    }
  }
};

Object::Object(std::unique_ptr<Node> node) : node_(std::move(node)) {}
Object::~Object() = default;
Object::Object(Object&&) noexcept = default;
Object& Object::operator=(Object&&) noexcept = default;

Result<Object> Object::Parse(std::string_view body) {
  if (!IsUtf8(body)) return Fault(kJsonMalformed, "the body is not UTF-8");
  json::error_code error;
  json::parse_options options;
  options.max_depth = 8;
  auto state = std::make_shared<State>();
  state->document = json::parse(body, error, {}, options);
  if (error) return Fault(kJsonMalformed, "the body is not JSON");
  if (!state->document.is_object()) return Fault(kJsonMalformed, "the body is not an object");
  auto node = std::make_unique<Node>();
  node->object = &state->document.get_object();
  node->state = std::move(state);
  return Object(std::move(node));
}

std::string Object::Text(std::string_view name, Length bytes) {
  const json::value* value = node_->Find(name);
  if (value == nullptr) return {};
  if (!value->is_string()) {
    node_->state->Fail(kFieldType, node_->PointerTo(name));
    return {};
  }
  const std::string_view text = value->get_string();
  // A zero byte ends a text somewhere further in, and nobody's name has one.
  if (text.size() < bytes.min || text.size() > bytes.max || text.find('\0') != std::string_view::npos) {
    node_->state->Fail(kFieldRange, node_->PointerTo(name));
    return {};
  }
  return std::string(text);
}

int64_t Object::Integer(std::string_view name, int64_t low, int64_t high) {
  const json::value* value = node_->Find(name);
  if (value == nullptr) return low;
  if (!value->is_int64()) {
    // A whole number beyond 63 bits is a number out of range, a fraction is another type.
    node_->state->Fail(value->is_uint64() ? kFieldRange : kFieldType, node_->PointerTo(name));
    return low;
  }
  const int64_t number = value->get_int64();
  if (number < low || number > high) {
    node_->state->Fail(kFieldRange, node_->PointerTo(name));
    return low;
  }
  return number;
}

std::optional<int64_t> Object::OptionalInteger(std::string_view name, int64_t low, int64_t high) {
  if (node_->object != nullptr && node_->object->if_contains(name) == nullptr) return std::nullopt;
  return Integer(name, low, high);
}

Bytes Object::Binary(std::string_view name, Length bytes) {
  const std::string text = Text(name, {0, bytes.max * 2});
  if (node_->state->fault) return {};
  auto decoded = FromBase64Url(text);
  if (!decoded || decoded->size() < bytes.min || decoded->size() > bytes.max) {
    node_->state->Fail(kFieldRange, node_->PointerTo(name));
    return {};
  }
  return *std::move(decoded);
}

std::vector<Bytes> Object::Binaries(std::string_view name, Length count, Length bytes) {
  const json::value* value = node_->Find(name);
  if (value == nullptr) return {};
  if (!value->is_array()) {
    node_->state->Fail(kFieldType, node_->PointerTo(name));
    return {};
  }
  const json::array& array = value->get_array();
  if (array.size() < count.min || array.size() > count.max) node_->state->Fail(kFieldRange, node_->PointerTo(name));
  std::vector<Bytes> out;
  for (size_t i = 0; i < array.size() && !node_->state->fault; ++i) {
    const std::string pointer = node_->PointerTo(name) + "/" + std::to_string(i);
    if (!array[i].is_string()) {
      node_->state->Fail(kFieldType, pointer);
      break;
    }
    auto decoded = FromBase64Url(array[i].get_string());
    if (!decoded || decoded->size() < bytes.min || decoded->size() > bytes.max) {
      node_->state->Fail(kFieldRange, pointer);
      break;
    }
    out.push_back(*std::move(decoded));
  }
  return node_->state->fault ? std::vector<Bytes>() : out;
}

Object Object::Child(std::string_view name) {
  const json::value* value = node_->Find(name);
  auto child = std::make_unique<Node>();
  child->state = node_->state;
  child->pointer = node_->PointerTo(name);
  if (value != nullptr) {
    if (value->is_object()) {
      child->object = &value->get_object();
    } else {
      node_->state->Fail(kFieldType, child->pointer);
    }
  }
  return Object(std::move(child));
}

std::vector<Object> Object::Children(std::string_view name, Length count) {
  const json::value* value = node_->Find(name);
  if (value == nullptr) return {};
  if (!value->is_array()) {
    node_->state->Fail(kFieldType, node_->PointerTo(name));
    return {};
  }
  const json::array& array = value->get_array();
  if (array.size() < count.min || array.size() > count.max) node_->state->Fail(kFieldRange, node_->PointerTo(name));
  std::vector<Object> out;
  for (size_t i = 0; i < array.size() && !node_->state->fault; ++i) {
    auto child = std::make_unique<Node>();
    child->state = node_->state;
    child->pointer = node_->PointerTo(name) + "/" + std::to_string(i);
    if (array[i].is_object()) {
      child->object = &array[i].get_object();
    } else {
      node_->state->Fail(kFieldType, child->pointer);
    }
    out.push_back(Object(std::move(child)));
  }
  return out;
}

Result<void> Object::Done() {
  node_->CheckUnknown();
  if (node_->state->fault) return *node_->state->fault;
  return {};
}

namespace {

std::optional<std::string> Decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    const auto byte = FromHex(text.substr(i + 1, 2));
    if (!byte || byte->size() != 1) return std::nullopt;
    out.push_back(static_cast<char>((*byte)[0]));
    i += 2;
  }
  if (!IsUtf8(out) || out.find('\0') != std::string::npos) return std::nullopt;
  return out;
}

// Calls visit(name, value) for each pair, not decoded.
template <typename Visit>
void ForEachPair(std::string_view query, Visit visit) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const size_t equals = std::min(pair.find('='), pair.size());
    visit(pair.substr(0, equals), equals < pair.size() ? pair.substr(equals + 1) : std::string_view());
  }
}

}  // namespace

Result<std::optional<std::string>> QueryText(std::string_view query, std::string_view name, size_t bytes_max) {
  std::optional<std::string_view> found;
  bool twice = false;
  ForEachPair(query, [&](std::string_view one, std::string_view value) {
    if (one != name) return;
    twice = twice || found.has_value();
    found = value;
  });
  if (!found) return std::optional<std::string>();
  auto decoded = Decoded(*found);
  if (twice || !decoded || decoded->size() > bytes_max) return Fault(kFieldRange, "?" + std::string(name));
  return decoded;
}

Result<int64_t> QueryInteger(std::string_view query, std::string_view name, int64_t low, int64_t high, int64_t otherwise) {
  YUKUAI_ASSIGN(const auto text, QueryText(query, name, 20));
  if (!text) return otherwise;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size()) return Fault(kFieldType, "?" + std::string(name));
  if (number < low || number > high) return Fault(kFieldRange, "?" + std::string(name));
  return number;
}

Result<void> QueryOnly(std::string_view query, std::initializer_list<std::string_view> names) {
  bool unknown = false;
  ForEachPair(query, [&](std::string_view one, std::string_view) { unknown = unknown || std::ranges::count(names, one) == 0; });
  if (unknown) return Fault(kFieldUnknown, "the query has a parameter that is not known");
  return {};
}

}  // namespace yukuai::fields
