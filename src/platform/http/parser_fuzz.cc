// SPDX-License-Identifier: Apache-2.0
// The first byte says into what pieces the rest is cut; cutting must not change what is read.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "platform/http/parser.h"

namespace {

using yukuai::http::RequestParser;

struct Seen {
  std::vector<std::string> requests;
  bool faulted = false;
};

Seen Parse(std::string_view text, size_t piece) {
  Seen seen;
  RequestParser parser({.head_bytes_max = 512, .header_count_max = 8, .request_line_bytes_max = 128});
  std::string waiting;
  for (size_t at = 0; at < text.size(); at += piece) {
    waiting.append(text.substr(at, piece));
    for (bool progress = true; progress && !waiting.empty();) {
      const auto before = parser.state();
      const auto used = parser.Feed(waiting);
      seen.faulted = !used.ok();
      if (seen.faulted) return seen;
      YUKUAI_CHECK(*used <= waiting.size());
      waiting.erase(0, *used);
      if (before == RequestParser::State::kHead && parser.state() == RequestParser::State::kBody) {
        YUKUAI_CHECK(!parser.idle());
        (void)parser.expects_continue();
        seen.faulted = !parser.BeginBody(64).ok();
        if (seen.faulted) return seen;
      }
      if (parser.state() == RequestParser::State::kComplete) {
        YUKUAI_CHECK(parser.request().body.size() <= 64);
        seen.requests.push_back(parser.request().method + ' ' + parser.request().target + ' ' + parser.request().body);
        (void)parser.keep_alive();
        parser.Reset();
      }
      progress = *used > 0 || before != parser.state();
    }
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const Seen whole = Parse(text, text.size());
  const Seen cut = Parse(text, 1 + data[0] % 16);
  // A fault may come a request earlier in one of them, when a bound is met by bytes still waiting; what was read is the same.
  for (size_t i = 0; i < std::min(whole.requests.size(), cut.requests.size()); ++i) {
    YUKUAI_CHECK(whole.requests[i] == cut.requests[i]);
  }
  return 0;
}
