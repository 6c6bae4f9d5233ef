// SPDX-License-Identifier: Apache-2.0
#include "platform/http/connection.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <charconv>

namespace yukuai::http {
namespace {

// Every co_await here is a statement of its own: g++ 12 miscompiles some inside && and ?:.
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr size_t kReadBytes = 4 * 1024;
constexpr size_t kBatchBytesMax = 64 * 1024;  // Answers to pipelined requests are written together up to here.

std::string_view StatusText(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return "Status";
  }
}

int StatusOf(const Reason& reason) {
  if (reason == kRequestSlow) return 408;
  if (reason == kLengthRequired) return 411;
  if (reason == kTargetTooLong) return 414;
  if (reason == kHeadTooLarge) return 431;
  if (reason == kBodyTooLarge) return 413;
  if (reason == kAnswerSlow) return 503;
  if (reason == kAnswerLost) return 500;
  return 400;
}

void AppendNumber(std::string& out, uint64_t number) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof text, number).ptr);
}

ParserBounds BoundsOf(const Bounds& b) { return {b.head_bytes_max, b.header_count_max, b.request_line_bytes_max}; }

}  // namespace

Connection::Connection(std::shared_ptr<Shared> shared, Worker& worker, asio::ip::tcp::socket socket,
                       std::shared_ptr<asio::ssl::context> tls, std::string address)
    : shared_(std::move(shared)),
      worker_(worker),
      socket_(std::move(socket)),
      tls_context_(std::move(tls)),
      address_(std::move(address)),
      parser_(BoundsOf(shared_->options.bounds)),
      waker_(worker.context) {
  if (tls_context_) tls_ = std::make_unique<asio::ssl::stream<asio::ip::tcp::socket&>>(socket_, *tls_context_);
  worker_.connections.insert(this);
}

Connection::~Connection() {
  if (pending_) pending_->Detach();
  if (stream_) stream_->Detach();
  worker_.connections.erase(this);
  boost::system::error_code ignored;
  socket_.close(ignored);
  shared_->Leave(address_);
}

asio::awaitable<void> Connection::Run(std::shared_ptr<Connection> self) {
  // Whatever a library throws here (out of memory, a socket option) ends this connection, not the process.
  try {
    co_await self->Serve();
  } catch (const std::exception&) {}
  self->deadline_ = SteadyTime::max();
}

asio::awaitable<void> Connection::Serve() {
  bool open = true;
  if (tls_) open = co_await Handshake();
  while (open) {
    open = co_await ReadHead();
    if (!open) break;
    const std::optional<admission::Refusal> refusal = Judge();
    if (refusal && parser_.expects_continue()) {
      Identify();
      keep_ = false;
      AppendOverloaded(*refusal);
      open = co_await Flush();
      if (open) co_await Linger();
      break;
    }
    if (refusal) parser_.DropBody();
    open = co_await ReadBody();
    if (!open) break;
    Identify();
    if (refusal) {
      AppendOverloaded(*refusal);
      if (out_.size() > kBatchBytesMax) open = co_await Flush();
      if (keep_) continue;
      open = co_await Flush();
      if (open) co_await End();
      break;
    }
    Dispatch();
    open = co_await AwaitAnswer();
    if (!open) break;
    if (stream_) {
      co_await RunStream();
      break;
    }
    if (keep_) continue;
    open = co_await Flush();
    if (open) co_await End();
    break;
  }
}

asio::awaitable<bool> Connection::Handshake() {
  SetDeadline(Doing::kHandshake, shared_->options.bounds.handshake_timeout);
  const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::server, kAwait);
  co_return !error && !cut_;
}

asio::awaitable<bool> Connection::ReadHead() {
  const Bounds& bounds = shared_->options.bounds;
  const milliseconds patience = first_ ? bounds.head_timeout : bounds.idle_timeout;
  first_ = false;
  head_complete_ = SteadyTime();
  class_index_.reset();
  parser_.Reset();
  request_id_.clear();
  head_only_ = false;
  keep_ = false;  // A refused head ends the connection.
  SetDeadline(Doing::kIdle, patience);
  for (;;) {
    if (in_begin_ < in_end_) {
      if (parser_.idle()) arrived_ = read_at_;
      const Result<size_t> used = parser_.Feed(std::string_view(in_).substr(in_begin_, in_end_ - in_begin_));
      if (!used.ok()) {
        co_await RefuseAndLinger(used.error().reason);
        co_return false;
      }
      in_begin_ += *used;
      if (parser_.state() != RequestParser::State::kHead) break;
      if (doing_ == Doing::kIdle && !parser_.idle()) SetDeadline(Doing::kReading, bounds.head_timeout);
    }
    if (doing_ == Doing::kIdle && shared_->draining) {
      const bool flushed = co_await Flush();
      if (flushed) co_await End();
      co_return false;
    }
    if (refused_ && doing_ == Doing::kIdle && !InputPending()) {
      const bool rested = co_await Rest();
      if (!rested) co_return false;
      SetDeadline(Doing::kIdle, patience);
    }
    const bool more = co_await ReadMore();
    if (more) continue;
    co_await ReadFailed();
    co_return false;
  }
  head_complete_ = std::chrono::steady_clock::now();
  co_return true;
}

// Until the next tick. Whoever waits the time that he was told never notices.
asio::awaitable<bool> Connection::Rest() {
  const bool flushed = co_await Flush();
  if (!flushed) co_return false;
  const SteadyTime began = std::chrono::steady_clock::now();
  refused_ = false;
  resting_ = true;
  waker_.expires_at(SteadyTime::max());
  co_await waker_.async_wait(kAwait);
  resting_ = false;
  // What is there already came at some moment of the rest: the middle is the best guess.
  boost::system::error_code ignored;
  if (socket_.available(ignored) > 0) came_resting_ = began + (std::chrono::steady_clock::now() - began) / 2;
  co_return !cut_ && !shared_->draining;
}

asio::awaitable<bool> Connection::ReadBody() {
  const ServerOptions& options = shared_->options;
  if (parser_.state() != RequestParser::State::kBody) co_return true;
  const Request& request = parser_.request();
  const Result<void> begun = parser_.BeginBody(options.body_bytes_max ? options.body_bytes_max(request.method, request.path)
                                                                      : options.bounds.body_bytes_max);
  if (!begun.ok()) {
    co_await RefuseAndLinger(begun.error().reason);
    co_return false;
  }
  if (parser_.expects_continue() && in_begin_ == in_end_) out_.append("HTTP/1.1 100 Continue\r\n\r\n");
  SetDeadline(Doing::kReading, options.bounds.body_timeout);
  while (parser_.state() != RequestParser::State::kComplete) {
    if (in_begin_ < in_end_) {
      const Result<size_t> used = parser_.Feed(std::string_view(in_).substr(in_begin_, in_end_ - in_begin_));
      if (!used.ok()) {
        co_await RefuseAndLinger(used.error().reason);
        co_return false;
      }
      in_begin_ += *used;
      if (parser_.state() == RequestParser::State::kComplete) break;
    }
    const bool more = co_await ReadMore();
    if (more) continue;
    co_await ReadFailed();
    co_return false;
  }
  co_return true;
}

// A sender who began and did not finish in time is told; one who only stayed silent, or left, is not.
asio::awaitable<void> Connection::ReadFailed() {
  if (overdue_ && doing_ == Doing::kReading && !cut_) co_await RefuseAndLinger(kRequestSlow);
}

// What has come is there already, and needs no waiting: decrypted bytes, or whole records behind them.
bool Connection::InputPending() const {
  if (!tls_) return false;
  SSL* const native = tls_->native_handle();
  return SSL_pending(native) > 0 || BIO_pending(SSL_get_rbio(native)) > 0;
}

asio::awaitable<bool> Connection::ReadMore() {
  // Answers to what came together leave together.
  if (!out_.empty() && (out_.size() > kBatchBytesMax || !InputPending())) {
    const auto [doing, deadline] = std::pair(doing_, deadline_);
    const bool flushed = co_await Flush();
    if (!flushed) co_return false;
    doing_ = doing;
    deadline_ = deadline;
    if (doing_ == Doing::kIdle && shared_->draining) co_return false;  // BeginDrain came while this was writing.
  }
  if (in_begin_ == in_end_) in_begin_ = in_end_ = 0;
  if (in_end_ == in_.size()) {
    if (in_begin_ > 0) {
      in_.erase(0, in_begin_);
      in_end_ -= in_begin_;
      in_begin_ = 0;
    }
    // Grows only while a head is longer than the buffer, so the head's bound is this buffer's bound too.
    in_.resize(std::max(kReadBytes, in_end_ * 2));
  }
  const auto buffer = asio::buffer(in_.data() + in_end_, in_.size() - in_end_);
  if (overdue_ || cut_) co_return false;
  const bool pending = InputPending();
  const auto [error, count] = co_await Read(buffer);
  in_end_ += count;
  if (!pending) {
    read_at_ = came_resting_.value_or(std::chrono::steady_clock::now());
    came_resting_.reset();
  }
  co_return !error && !cut_;
}

asio::awaitable<std::tuple<boost::system::error_code, size_t>> Connection::Read(asio::mutable_buffer buffer) {
  std::tuple<boost::system::error_code, size_t> result;
  if (tls_) {
    result = co_await tls_->async_read_some(buffer, kAwait);
  } else {
    result = co_await socket_.async_read_some(buffer, kAwait);
  }
  co_return result;
}

asio::awaitable<bool> Connection::Flush() {
  if (out_.empty()) co_return !cut_;
  SetDeadline(Doing::kWriting, shared_->options.bounds.WritePatience(out_.size()));
  boost::system::error_code error;
  if (tls_) {
    const auto result = co_await asio::async_write(*tls_, asio::buffer(out_), kAwait);
    error = std::get<0>(result);
  } else {
    const auto result = co_await asio::async_write(socket_, asio::buffer(out_), kAwait);
    error = std::get<0>(result);
  }
  if (!error && shared_->options.written) shared_->options.written();
  out_.clear();
  if (out_.capacity() > 2 * kBatchBytesMax) out_.shrink_to_fit();
  deadline_ = SteadyTime::max();
  co_return !error && !cut_;
}

// The refusal of a request that is not worth reading on.
std::optional<admission::Refusal> Connection::Judge() {
  const auto& precedence = shared_->options.precedence;
  if (!precedence) return std::nullopt;
  class_index_ = precedence->class_of(parser_.request(), standing_);
  return precedence->admission->Judge(*class_index_, InstantOf(arrived_), InstantOf(head_complete_));
}

void Connection::Identify() {
  Request& request = parser_.request();
  request.received = shared_->clock.Now();
  request_id_ = RequestId::Make(request.received, 0, worker_.entropy).Text();
  head_only_ = request.method == "HEAD";
  keep_ = parser_.keep_alive() && !shared_->draining;
}

void Connection::Dispatch() {
  const ServerOptions& options = shared_->options;
  Request& request = parser_.request();
  request.remote_address = address_;
  request.tls = tls_ != nullptr;
  request.request_id = request_id_;
  request_bytes_ = request.body.size();
  pending_ = std::make_shared<WaitingRequest>(*this);
  if (options.precedence) {
    auto turn = std::make_shared<WaitingTurn>(shared_, pending_, *class_index_, std::move(request));
    // A body may have been long on its way: its deadline begins when it was whole.
    const Instant now = SteadyNow();
    const Instant arrived = request_bytes_ == 0 ? InstantOf(arrived_) : std::max(InstantOf(arrived_), InstantOf(read_at_));
    if (const auto refusal = options.precedence->admission->Offer(*class_index_, arrived, now, turn))
      return turn->Refuse(*refusal);
    return PostTurns(shared_, worker_);
  }
  // A handler that throws has dropped its Responder, and that is the answer.
  try {
    options.handler(std::move(request), WaitingRequest::Handle(pending_));
  } catch (const std::exception&) {}
}

asio::awaitable<bool> Connection::AwaitAnswer() {
  // What is already answered must not wait for what takes longer.
  bool open = true;
  if (!pending_->answered()) open = co_await Flush();
  if (!open) co_return false;
  SetDeadline(Doing::kAnswering, shared_->options.bounds.answer_timeout);
  bool slow = false;
  while (!pending_->answered() && !slow) {
    waker_.expires_at(SteadyTime::max());
    co_await waker_.async_wait(kAwait);
    if (cut_) co_return false;
    slow = overdue_ && !pending_->answered();
  }
  deadline_ = SteadyTime::max();
  stream_ = pending_->TakeStream();
  std::optional<Reply> reply = pending_->TakeReply();
  pending_->Detach();
  pending_.reset();
  if (stream_) co_return true;
  if (shared_->draining) keep_ = false;
  if (reply && reply->standing) standing_ = *reply->standing;
  refused_ = refused_ || (reply && reply->route == kOverloadedRoute);
  Append(reply ? *reply : Refusal(slow ? kAnswerSlow : kAnswerLost));
  if (out_.size() > kBatchBytesMax) open = co_await Flush();
  co_return open;
}

Reply Connection::Refusal(const Reason& reason) {
  const ServerOptions& options = shared_->options;
  if (request_id_.empty()) request_id_ = RequestId::Make(shared_->clock.Now(), 0, worker_.entropy).Text();
  if (options.refuse) return options.refuse(StatusOf(reason), reason, request_id_);
  Reply reply;
  reply.status = StatusOf(reason);
  reply.content_type = "application/problem+json";
  reply.body = "{\"status\":" + std::to_string(reply.status) + ",\"code\":\"" + std::string(reason.slug) +
               "\",\"request_id\":\"" + request_id_ + "\"}";
  return reply;
}

// By value: a reference would not outlive the caller's fault while this waits.
asio::awaitable<void> Connection::RefuseAndLinger(const Reason reason) {
  keep_ = false;
  Append(Refusal(reason));
  const bool flushed = co_await Flush();
  if (flushed) co_await Linger();
}

// Closing with unread bytes makes the system send a reset, which may overtake the answer. So: say that nothing more comes,
// then read and drop for a while. Below TLS, because nobody needs those bytes in clear.
asio::awaitable<void> Connection::Linger() {
  const Bounds& bounds = shared_->options.bounds;
  boost::system::error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  SetDeadline(Doing::kClosing, bounds.linger_timeout);
  std::array<char, kReadBytes> dropped;
  for (size_t total = 0; total < bounds.linger_bytes_max;) {
    const auto [error, count] = co_await socket_.async_read_some(asio::buffer(dropped), kAwait);
    if (error || overdue_ || cut_) co_return;
    total += count;
  }
}

asio::awaitable<void> Connection::End() {
  if (tls_) {
    SetDeadline(Doing::kClosing, shared_->options.bounds.linger_timeout);
    co_await tls_->async_shutdown(kAwait);
  } else {
    co_await Linger();
  }
}

// One contiguous text, so that an answer is one write and one TLS record.
void Connection::Append(const Reply& reply) {
  const ServerOptions& options = shared_->options;
  out_.append("HTTP/1.1 ");
  AppendNumber(out_, static_cast<uint64_t>(reply.status));
  out_.append(" ").append(StatusText(reply.status)).append("\r\nDate: ");
  AppendDate();
  if (!reply.content_type.empty()) out_.append("\r\nContent-Type: ").append(reply.content_type);
  if (reply.status != 204 && reply.status != 304) {
    out_.append("\r\nContent-Length: ");
    AppendNumber(out_, reply.body.size());
  }
  bool caching = false;
  for (const Field& field : reply.headers) {
    out_.append("\r\n").append(field.name).append(": ").append(field.value);
    caching = caching || EqualIgnoringCase(field.name, "cache-control");
  }
  if (!caching) out_.append("\r\nCache-Control: no-store");
  out_.append("\r\nX-Content-Type-Options: nosniff\r\nRequest-Id: ").append(request_id_);
  if (tls_ && options.hsts_seconds > 0) {
    out_.append("\r\nStrict-Transport-Security: max-age=");
    AppendNumber(out_, static_cast<uint64_t>(options.hsts_seconds));
  }
  if (!keep_) out_.append("\r\nConnection: close");
  out_.append("\r\n\r\n");
  if (!head_only_ && reply.status != 204 && reply.status != 304) out_.append(reply.body);
  if (!options.observe || reply.route == kOverloadedRoute) return;
  Observation seen{reply.route, request_id_, reply.status, 0, request_bytes_, reply.body.size(), class_index_};
  const auto spent = std::chrono::steady_clock::now() - head_complete_;
  if (head_complete_ != SteadyTime()) seen.duration_us = std::chrono::duration_cast<std::chrono::microseconds>(spent).count();
  options.observe(seen);
}

void Connection::AppendDate() {
  const Instant now = shared_->clock.Now();
  if (now.seconds() != worker_.date_s) {
    worker_.date_s = now.seconds();
    worker_.date_text = ToHttpDate(now);
  }
  out_.append(worker_.date_text);
}

void Connection::AppendOverloaded(admission::Refusal refusal) {
  refused_ = true;
  shared_->overload.AppendHead(out_, refusal.retry_after_s);
  out_.append("\r\nDate: ");
  AppendDate();
  out_.append("\r\nRequest-Id: ").append(request_id_);
  out_.append("\r\nContent-Length: ");
  AppendNumber(out_, shared_->overload.body_bytes(request_id_));
  if (!keep_) out_.append("\r\nConnection: close");
  out_.append("\r\n\r\n");
  if (!head_only_) shared_->overload.AppendBody(out_, request_id_);
}

asio::awaitable<void> Connection::RunStream() {
  out_.append(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
      "Connection: close\r\nRequest-Id: ");
  out_.append(request_id_).append("\r\n\r\n:\n\n");
  asio::co_spawn(worker_.context, WatchReader(shared_from_this()), asio::detached);
  for (;;) {
    const bool open = co_await Flush();
    if (!open) break;
    doing_ = Doing::kStreaming;
    EventStream::State::Taken taken = stream_->Take();
    if (taken.overflowed || reader_gone_ || cut_) break;
    out_ = std::move(taken.text);
    if (!out_.empty()) continue;
    if (taken.closed) break;
    waker_.expires_after(shared_->options.bounds.heartbeat);
    const auto [error] = co_await waker_.async_wait(kAwait);
    if (!error) out_.append(":\n\n");  // A comment: the reader's proof that the line is alive.
  }
  stream_->Detach();
  boost::system::error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);  // Also ends the watching.
}

// A reader says nothing more; that it has left shows by the end of its bytes.
asio::awaitable<void> Connection::WatchReader(std::shared_ptr<Connection> self) {
  std::array<char, 256> dropped;
  for (bool open = true; open;) {
    const auto result = co_await self->Read(asio::buffer(dropped));
    open = !std::get<0>(result);
  }
  self->reader_gone_ = true;
  self->waker_.cancel();
}

void Connection::SetDeadline(Doing doing, milliseconds patience) {
  doing_ = doing;
  overdue_ = false;
  deadline_ = std::chrono::steady_clock::now() + patience;
}

void Connection::Tick(SteadyTime now) {
  if (resting_) waker_.cancel();
  if (now < deadline_) return;
  overdue_ = true;
  deadline_ = SteadyTime::max();
  Cancel();
}

void Connection::Cancel() {
  boost::system::error_code ignored;
  socket_.cancel(ignored);
  waker_.cancel();
}

void Connection::Wake() { waker_.cancel(); }

void Connection::WakeStream(bool overflowed) {
  if (overflowed) return Cut();
  waker_.cancel();
}

void Connection::BeginDrain() {
  if (stream_) return stream_->Close();
  if (doing_ == Doing::kIdle) Cut();
}

void Connection::Cut() {
  cut_ = true;
  Cancel();
}

}  // namespace yukuai::http
