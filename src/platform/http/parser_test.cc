// SPDX-License-Identifier: Apache-2.0
#include "platform/http/parser.h"

#include <gtest/gtest.h>

#include "platform/http/server.h"

namespace yukuai::http {
namespace {

constexpr size_t kBodyMax = 16;

struct Outcome {
  std::string fault;  // Slug, or empty.
  std::vector<Request> requests;
  bool unfinished = false;
};

// Feeds the text in pieces of the given size, as a connection does.
Outcome Parse(std::string_view text, size_t piece, ParserBounds bounds = {}) {
  Outcome outcome;
  RequestParser parser(bounds);
  std::string waiting;
  for (size_t at = 0; at < text.size(); at += piece) {
    waiting.append(text.substr(at, piece));
    for (bool progress = true; progress && !waiting.empty();) {
      const auto before = parser.state();
      const auto used = parser.Feed(waiting);
      if (!used.ok()) return {std::string(used.error().reason.slug), std::move(outcome.requests), false};
      waiting.erase(0, *used);
      if (before == RequestParser::State::kHead && parser.state() == RequestParser::State::kBody) {
        const auto begun = parser.BeginBody(kBodyMax);
        if (!begun.ok()) return {std::string(begun.error().reason.slug), std::move(outcome.requests), false};
      }
      if (parser.state() == RequestParser::State::kComplete) {
        outcome.requests.push_back(std::move(parser.request()));
        parser.Reset();
      }
      progress = *used > 0 || before != parser.state();
    }
  }
  outcome.unfinished = !parser.idle();
  return outcome;
}

TEST(RequestParser, ReadsPipelinedRequestsHoweverTheyAreCut) {
  const std::string text =
      "GET /v1/rides?page_size=2 HTTP/1.1\r\nHost: a\r\nX-Thing:  two words \r\n\r\n"
      "\r\nPOST /p HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello"
      "POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
      "GET / HTTP/1.0\r\n\r\n";
  for (size_t piece = 1; piece <= text.size(); ++piece) {
    const Outcome outcome = Parse(text, piece);
    ASSERT_EQ(outcome.fault, "") << piece;
    ASSERT_EQ(outcome.requests.size(), 4u) << piece;
    EXPECT_FALSE(outcome.unfinished);
    EXPECT_EQ(outcome.requests[0].path, "/v1/rides");
    EXPECT_EQ(outcome.requests[0].query, "page_size=2");
    EXPECT_EQ(outcome.requests[0].target, "/v1/rides?page_size=2");
    EXPECT_EQ(outcome.requests[0].headers.Find("x-thing"), "two words");
    EXPECT_EQ(outcome.requests[1].body, "hello");
    EXPECT_EQ(outcome.requests[2].path, "/e");
    EXPECT_EQ(outcome.requests[3].method, "GET");
  }
}

struct Row {
  const char* what;
  std::string text;
  const char* fault;
};

TEST(RequestParser, RefusesWhatCanBeReadTwoWays) {
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\n";
  const std::vector<Row> rows = {
      {"no host", "GET / HTTP/1.1\r\n\r\n", "request_malformed"},
      {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "request_malformed"},
      {"version 2", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "request_malformed"},
      {"no version", "GET /\r\nHost: a\r\n\r\n", "request_malformed"},
      {"absolute target", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "request_malformed"},
      {"asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "request_malformed"},
      {"letters beyond ASCII", "GET /\xe6\xb8\x9d HTTP/1.1\r\nHost: a\r\n\r\n", "request_malformed"},
      {"bare line feeds", "GET / HTTP/1.1\nHost: a\n\n", "request_malformed"},
      {"space before colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "request_malformed"},
      {"nul in a value", std::string("GET / HTTP/1.1\r\nHost: a") + '\0' + "\r\n\r\n", "request_malformed"},
      {"TLS to a plain port", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "request_malformed"},
      {"two lengths", head + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", "request_malformed"},
      {"list of lengths", head + "Content-Length: 1, 2\r\n\r\nx", "request_malformed"},
      {"negative length", head + "Content-Length: -1\r\n\r\n", "request_malformed"},
      {"length beyond 64 bit", head + "Content-Length: 99999999999999999999\r\n\r\n", "request_malformed"},
      {"length and chunks", head + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "request_malformed"},
      {"chunks and length", head + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n", "request_malformed"},
      {"chunks", head + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "length_required"},
      {"unknown coding", head + "Transfer-Encoding: xchunked\r\n\r\n", "length_required"},
      {"body at its bound", head + "Content-Length: 16\r\n\r\n0123456789abcdef", ""},
      {"body beyond its bound", head + "Content-Length: 17\r\n\r\n", "body_too_large"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(Parse(row.text, row.text.size()).fault, row.fault) << row.what;
    // Cut into bytes, some of it only shows itself as wrong when more comes: until then it is not taken for a request.
    const Outcome cut = Parse(row.text, 1);
    EXPECT_TRUE(cut.fault == row.fault || (cut.unfinished && cut.requests.empty())) << row.what << ": " << cut.fault;
  }
}

TEST(RequestParser, BoundsTheHead) {
  const ParserBounds bounds{.head_bytes_max = 400, .header_count_max = 4, .request_line_bytes_max = 100};
  const auto line = [](size_t bytes) { return "GET /" + std::string(bytes - 16, 'x') + " HTTP/1.1\r\n"; };  // Whole line.
  const auto value = [](size_t bytes) { return "Host: a\r\nX: " + std::string(bytes, 'x') + "\r\n\r\n"; };
  const std::string fields = "Host: a\r\nA: 1\r\nB: 2\r\nC: 3\r\n";
  const std::vector<Row> rows = {
      {"line at the bound", line(100) + "Host: a\r\n\r\n", ""},
      {"line beyond", line(101) + "Host: a\r\n\r\n", "target_too_long"},
      {"endless line", "GET /" + std::string(1000, 'x'), "target_too_long"},
      {"fields at the bound", "GET / HTTP/1.1\r\n" + fields + "\r\n", ""},
      {"one field more", "GET / HTTP/1.1\r\n" + fields + "D: 4\r\n\r\n", "head_too_large"},
      {"head at the bound", "GET / HTTP/1.1\r\n" + value(400 - 16 - 16), ""},
      {"head beyond", "GET / HTTP/1.1\r\n" + value(400 - 16 - 15), "head_too_large"},
      {"endless field", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(1000, 'x'), "head_too_large"},
      {"endless empty lines", std::string(1000, '\n'), "head_too_large"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(Parse(row.text, row.text.size(), bounds).fault, row.fault) << row.what;
    EXPECT_EQ(Parse(row.text, 1, bounds).fault, row.fault) << row.what << ", byte by byte";
  }
}

TEST(Headers, FindIgnoresCaseAndCountSeesDuplicates) {
  Headers headers;
  headers.Add("Content-Digest", "first");
  headers.Add("content-digest", "second");
  EXPECT_EQ(headers.Find("CONTENT-DIGEST"), "first");
  EXPECT_EQ(headers.Count("Content-digest"), 2u);
  EXPECT_FALSE(headers.Find("content"));
}

TEST(HttpDate, IsWrittenAsTheStandardSays) {
  EXPECT_EQ(ToHttpDate(Instant::FromSeconds(784'111'777)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(ToHttpDate(Instant::FromSeconds(0)), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(ToHttpDate(Instant::FromSeconds(1'772'323'200)), "Sun, 01 Mar 2026 00:00:00 GMT");
}

}  // namespace
}  // namespace yukuai::http
