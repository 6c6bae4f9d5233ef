// SPDX-License-Identifier: Apache-2.0
// HTTP messages as values: what a handler is given and what it answers. No socket and no library type here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time/time.h"

namespace yukuai::http {

bool EqualIgnoringCase(std::string_view a, std::string_view b);  // ASCII letters only, as field names are.

// Header fields in the order they came. Look-up ignores the case of names; values have no white space around them.
class Headers {
 public:
  void Add(std::string_view name, std::string_view value);
  // The value, or nothing when there is none. Of several equal names it is the first: who must not be fooled by a second
  // one asks Count.
  std::optional<std::string_view> Find(std::string_view name) const;
  size_t Count(std::string_view name) const;
  size_t size() const { return fields_.size(); }
  std::string_view name(size_t i) const { return std::string_view(text_).substr(fields_[i].at, fields_[i].name); }
  std::string_view value(size_t i) const {
    return std::string_view(text_).substr(fields_[i].at + fields_[i].name, fields_[i].value);
  }

 private:
  struct Field {
    uint32_t at;
    uint32_t name;  // Lengths; the value follows its name directly.
    uint32_t value;
  };
  std::string text_;  // All names and values, so that a request costs two allocations, not two per field.
  std::vector<Field> fields_;
};

// An IPv4 address as it is; of an IPv6 address its network, "2001:db8:0:1::/64", because whoever has one address there usually
// has all of them. Anything else as it is.
std::string NetworkOf(std::string_view address);

struct Request {
  std::string method;  // As sent, for instance "GET"; a token.
  std::string target;  // As sent, origin form: "/v1/rides?page_size=2".
  std::string path;    // The target before '?', not decoded. Begins with '/'.
  std::string query;   // The target after '?', not decoded; empty when there is none.
  Headers headers;
  std::string body;            // Whole; no longer than the route's bound.
  std::string remote_address;  // As NetworkOf gives it: what limits count by.
  bool tls = false;
  std::string request_id;  // "req_…", made by the server, also sent back as Request-Id.
  Instant received;        // When the head of the request was complete.
};

struct Field {
  std::string name;
  std::string value;
};

struct Reply {
  int status = 200;
  std::string content_type = {};  // Empty when there is no body.
  std::string body = {};
  std::vector<Field> headers = {};  // Beyond Content-Type, Content-Length, Date, Connection, Request-Id, which the server writes.
  // The name of the route that answered, for metrics and the log. Points to a constant.
  std::string_view route = "none";
  // What the caller has shown to be; stays with the connection until an answer says otherwise, and is told to
  // Precedence::class_of with the next request. 0: nothing.
  std::optional<uint8_t> standing = {};
};

// "Sun, 01 Mar 2026 00:00:00 GMT" (RFC 9110 section 5.6.7).
std::string ToHttpDate(Instant at);

}  // namespace yukuai::http
