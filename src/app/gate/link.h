// SPDX-License-Identifier: Apache-2.0
// The gate's way to the server: signed requests (formats/http_signature) and what the answers say.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "base/entropy/entropy.h"
#include "base/ids/ids.h"
#include "base/result/result.h"
#include "base/time/time.h"
#include "crypto/sm2/sm2.h"
#include "platform/http/client.h"

namespace yukuai::gate {

// After the faults of platform/http/client.h. The detail is the server's own code ("terminal_token_used") or the status.
inline constexpr Reason kServerRefused{Kind::kRefused, "gate_server_refused"};
inline constexpr Reason kServerUnavailable{Kind::kUnavailable, "gate_server_unavailable"};  // It answered that it cannot now.
inline constexpr Reason kServerAnswerMalformed{Kind::kUnknownOutcome, "gate_server_answer_malformed"};

struct LinkParts {
  http::Client& client;
  std::string server;  // "https://city.example:8443", without a slash at the end; signatures cover it.
  const Clock& clock;
  Entropy& entropy;
};

class Link {
 public:
  Link(LinkParts parts, TerminalId terminal, sm2::PrivateKey key)
      : parts_(std::move(parts)), terminal_(terminal), key_(std::move(key)) {}

  // The body of a 2xx answer.
  Result<std::string> Get(std::string_view path) const;
  Result<boost::json::object> GetJson(std::string_view path) const;
  Result<boost::json::object> Post(std::string_view path, std::string_view body, std::string_view idempotency_key) const;
  ByteArray<16> FreshBytes() const { return parts_.entropy.Take<16>(); }

 private:
  Result<std::string> Send(http::Call call, std::string_view idempotency_key) const;

  const LinkParts parts_;
  const TerminalId terminal_;
  const sm2::PrivateKey key_;
};

// For the one request that is not signed. The body of a 2xx answer.
Result<std::string> Exchange(http::Client& client, const http::Call& call);
Result<boost::json::object> ParseAnswer(std::string_view body);
// 32 hexadecimal digits of the parts' SM3.
std::string IdempotencyKeyOf(std::initializer_list<ByteSpan> parts);

}  // namespace yukuai::gate
