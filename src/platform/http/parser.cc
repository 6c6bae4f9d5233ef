// SPDX-License-Identifier: Apache-2.0
#include "platform/http/parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include "platform/http/server.h"

namespace yukuai::http {
namespace {

namespace beast_http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

std::string_view View(string_view text) { return {text.data(), text.size()}; }

bool IsVisible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

class RequestParser::Reader final : public beast_http::basic_parser<true> {
 public:
  explicit Reader(const ParserBounds& bounds) : bounds_(bounds) {
    header_limit(static_cast<uint32_t>(bounds.head_bytes_max));
    body_limit(boost::none);  // Set when the head is known: BeginBody.
    eager(false);
  }

  Result<void> CheckHead();

  ParserBounds bounds_;
  Request request_;
  State state_ = State::kHead;
  size_t head_bytes_ = 0;
  bool begun_ = false;  // Something other than an empty line has come.
  size_t field_count_ = 0;
  bool line_seen_ = false;
  bool version_1_1_ = false;
  bool body_dropped_ = false;
  std::optional<Reason> refused_;

 private:
  void on_request_impl(beast_http::verb, string_view method, string_view target, int version, error_code& ec) override {
    line_seen_ = true;
    version_1_1_ = version == 11;
    if (target.empty() || target[0] != '/' || !IsVisible(View(target))) {
      ec = beast_http::error::bad_target;  // Only the origin form: we are nobody's proxy.
      return;
    }
    request_.method = View(method);
    request_.target = View(target);
    const size_t mark = request_.target.find('?');
    request_.path = request_.target.substr(0, mark);
    if (mark != std::string::npos) request_.query = request_.target.substr(mark + 1);
  }
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(beast_http::field, string_view name, string_view value, error_code& ec) override {
    if (++field_count_ > bounds_.header_count_max) {
      refused_ = kHeadTooLarge;
      ec = beast_http::error::header_limit;
      return;
    }
    request_.headers.Add(View(name), View(value));
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<uint64_t>&, error_code&) override {}
  size_t on_body_impl(string_view body, error_code&) override {
    if (!body_dropped_) request_.body.append(body.data(), body.size());
    return body.size();
  }
  void on_chunk_header_impl(uint64_t, string_view, error_code&) override {}
  size_t on_chunk_body_impl(uint64_t, string_view, error_code& ec) override {
    ec = beast_http::error::bad_chunk;  // Not reached: CheckHead lets no chunks in.
    return 0;
  }
  void on_finish_impl(error_code&) override {}
};

// What Beast accepts and we do not: a missing or second Host, a second length, and every transfer coding. Chunks would be a
// second way to say where a body ends, which no client of ours needs, and Beast 1.81 ends the process when the last of them
// arrives cut in a certain place (its pull request 2861).
Result<void> RequestParser::Reader::CheckHead() {
  const Headers& headers = request_.headers;
  const size_t hosts = headers.Count("host");
  if (hosts > 1 || (hosts == 0 && version_1_1_)) return Fault(kRequestMalformed, "host");
  if (headers.Count("content-length") > 1) return Fault(kRequestMalformed, "length");
  if (headers.Count("transfer-encoding") > 0) return Fault(kLengthRequired);
  return {};
}

RequestParser::RequestParser(ParserBounds bounds) : reader_(std::make_unique<Reader>(bounds)), bounds_(bounds) {}
RequestParser::~RequestParser() = default;

void RequestParser::DropBody() { reader_->body_dropped_ = true; }

void RequestParser::Reset() { reader_ = std::make_unique<Reader>(bounds_); }

Result<size_t> RequestParser::Feed(std::string_view input) {
  Reader& r = *reader_;
  if (r.state_ == State::kComplete) return size_t{0};
  const size_t offered = input.size();
  if (!r.begun_) {
    // RFC 9112 section 2.2: an empty line before a request is skipped. They count, so that they are not endless.
    input.remove_prefix(std::min(input.find_first_not_of("\r\n"), input.size()));
    r.begun_ = !input.empty();
  }
  const bool in_head = r.state_ == State::kHead;
  if (in_head && !r.line_seen_ && input.size() >= bounds_.request_line_bytes_max &&
      input.substr(0, bounds_.request_line_bytes_max).find('\n') == std::string_view::npos) {
    return Fault(kTargetTooLong);
  }
  error_code ec;
  while (!input.empty() && !ec && !r.is_done() && !(in_head && r.is_header_done())) {
    input.remove_prefix(r.put(boost::asio::const_buffer(input.data(), input.size()), ec));
  }
  if (ec && ec != beast_http::error::need_more) {
    if (r.refused_) return Fault(*r.refused_);
    return Fault(ec == beast_http::error::header_limit ? kHeadTooLarge : kRequestMalformed, ec.message());
  }
  const size_t used = offered - input.size();
  if (in_head) {
    r.head_bytes_ += used;
    if (r.head_bytes_ + (r.is_header_done() ? 0 : input.size()) > bounds_.head_bytes_max) return Fault(kHeadTooLarge);
    if (!r.is_header_done()) return used;
    YUKUAI_TRY(r.CheckHead());
    r.state_ = State::kBody;
  }
  if (r.is_done()) r.state_ = State::kComplete;
  return used;
}

Result<void> RequestParser::BeginBody(size_t body_bytes_max) {
  Reader& r = *reader_;
  const uint64_t length = r.content_length().value_or(0);
  if (length > body_bytes_max) return Fault(kBodyTooLarge);
  r.body_limit(body_bytes_max);
  r.eager(true);
  if (!r.body_dropped_) r.request_.body.reserve(static_cast<size_t>(length));
  return {};
}

RequestParser::State RequestParser::state() const { return reader_->state_; }
bool RequestParser::idle() const { return !reader_->begun_ && reader_->head_bytes_ == 0; }
bool RequestParser::keep_alive() const { return reader_->version_1_1_ && reader_->keep_alive(); }
bool RequestParser::expects_continue() const {
  const auto expect = reader_->request_.headers.Find("expect");
  return reader_->version_1_1_ && expect && EqualIgnoringCase(*expect, "100-continue");
}
Request& RequestParser::request() { return reader_->request_; }

}  // namespace yukuai::http
