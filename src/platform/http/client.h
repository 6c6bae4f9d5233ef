// SPDX-License-Identifier: Apache-2.0
// A blocking HTTP client for our own programs (gate, command line). It speaks HTTP/1.1 over TLS 1.2 and 1.3, follows no
// redirect, reads no proxy setting, and trusts the one pinned authority only.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/result/result.h"
#include "platform/http/message.h"

namespace yukuai::http {

// In order of precedence.
inline constexpr Reason kUrlInvalid{Kind::kMalformed, "url_invalid"};
inline constexpr Reason kPeerUnreachable{Kind::kUnavailable, "peer_unreachable"};  // Nothing was sent.
inline constexpr Reason kPeerUntrusted{Kind::kUnavailable, "peer_untrusted"};      // Its certificate is not the pinned one's.
inline constexpr Reason kPeerReplyTooLarge{Kind::kUnknownOutcome, "peer_reply_too_large"};
inline constexpr Reason kPeerOutcomeUnknown{Kind::kUnknownOutcome, "peer_outcome_unknown"};  // Sent; no whole answer came.

struct ClientOptions {
  std::string authority_file = {};  // PEM. Empty only for plain http URLs.
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds timeout{15'000};  // For the whole exchange.
  size_t reply_bytes_max = 4 * 1024 * 1024;   // Head and body each.
};

struct Call {
  std::string method = "GET";
  std::string url = {};  // Absolute, http or https.
  std::vector<Field> headers = {};
  std::string body = {};
};

struct CallAnswer {
  int status = 0;
  Headers headers;
  std::string body;
};

// Keeps its connection between calls. Not thread-safe.
class Client {
 public:
  virtual ~Client() = default;
  virtual Result<CallAnswer> Send(const Call& call) = 0;
};

std::unique_ptr<Client> MakeClient(ClientOptions options);

}  // namespace yukuai::http
