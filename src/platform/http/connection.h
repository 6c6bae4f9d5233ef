// SPDX-License-Identifier: Apache-2.0
// Inside of the server: one connection and what it shares with its thread and its server. Only server.cc, connection.cc and
// responder.cc include this; it is where Asio's types are.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <tuple>

#include "base/ids/ids.h"
#include "platform/http/parser.h"
#include "platform/http/server.h"

namespace yukuai::http {

namespace asio = boost::asio;
using SteadyTime = std::chrono::steady_clock::time_point;
class Connection;

// The same moments for whoever takes them as values.
inline Instant InstantOf(SteadyTime at) {
  return {std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count()};
}
inline Instant SteadyNow() { return InstantOf(std::chrono::steady_clock::now()); }

// The refusal for overload, made once: telling somebody that there is no time must take none.
class OverloadText {
 public:
  explicit OverloadText(const ServerOptions& options);
  void AppendHead(std::string& out, int retry_after_s) const;  // Up to where Date and what follows it goes.
  void AppendBody(std::string& out, std::string_view request_id) const;
  size_t body_bytes(std::string_view request_id) const { return before_id_.size() + request_id.size() + after_id_.size(); }
  Reply AsReply(int retry_after_s, std::string_view request_id) const;

 private:
  std::string head_;
  std::string content_type_;
  std::string before_id_;
  std::string after_id_;
};

// What all connections of one server share. Thread-safe.
struct Shared {
  Shared(ServerOptions o, const Clock& c, Entropy& e) : options(std::move(o)), overload(options), clock(c), entropy(e) {}
  const ServerOptions options;
  const OverloadText overload;
  const Clock& clock;
  Entropy& entropy;
  std::atomic<bool> draining = false;
  std::atomic<size_t> streams = 0;

  // False when a bound forbids one more connection from this address.
  bool Admit(const std::string& address);
  void Leave(const std::string& address);
  size_t connections() const;
  bool WaitUntilEmpty(milliseconds patience);

 private:
  mutable std::mutex mutex_;
  std::condition_variable left_;
  size_t connections_ = 0;
  std::map<std::string, size_t> by_address_;
};

// A thread's own reserve of random bytes, so that a request id does not cost a system call. For what is public only.
class EntropyReserve final : public Entropy {
 public:
  explicit EntropyReserve(Entropy& source) : source_(source) {}
  void Fill(std::span<uint8_t> out) override {
    for (uint8_t& byte : out) {
      if (next_ == bytes_.size()) {
        source_.Fill(bytes_);
        next_ = 0;
      }
      byte = bytes_[next_++];
    }
  }

 private:
  Entropy& source_;
  std::array<uint8_t, 2048> bytes_{};
  size_t next_ = bytes_.size();
};

// One thread with its own event loop; a connection never leaves it, so its state needs no lock.
struct Worker {
  explicit Worker(Entropy& source) : entropy(source) {}
  EntropyReserve entropy;
  std::set<Connection*> connections;
  std::string date_text;  // Of the Date field, made once a second.
  int64_t date_s = -1;
  bool turns_posted = false;  // Own thread: RunTurns is under way.
  std::thread thread;
  asio::io_context context{1};  // Last: its end destroys connections, which leave the set.
};

// Starts what the admission hands out, one handler in each round of the worker's loop: whatever has come meanwhile is read, and
// judged, before the next one. Sees to it that this happens; from any thread, while the worker lives.
void PostTurns(const std::shared_ptr<Shared>& shared, Worker& worker);
// Answers those that have waited too long. On the worker's thread.
void RefuseLate(Shared& shared);

// Of the refusal for overload: it is no route's answer.
inline constexpr std::string_view kOverloadedRoute = "overloaded";

// The request that waits, seen from whoever answers it. The connection is a plain pointer under the lock, not a shared one: an
// answering thread must never become the last owner of a socket.
class WaitingRequest : public Responder::State, public std::enable_shared_from_this<WaitingRequest> {
 public:
  explicit WaitingRequest(Connection& connection) : connection_(&connection) {}
  // A handle whose last copy, when it goes, says that no answer will come.
  static Responder Handle(std::shared_ptr<WaitingRequest> state);
  void Answer(Reply reply) override;
  Result<EventStream> Stream() override;

  // With Precedence: its turn has come, and until it is answered or lost it is in service. False: nobody waits for it any more.
  bool BeginService(std::shared_ptr<admission::Admission> admission, size_t class_index, Instant now);

  // For the connection. Detach: gone, or tired of waiting; later answers are dropped.
  void Detach();
  bool answered();  // Or lost: then there is neither reply nor stream.
  std::optional<Reply> TakeReply();
  std::shared_ptr<EventStream::State> TakeStream();

 private:
  struct Service {
    std::shared_ptr<admission::Admission> admission;
    size_t class_index;
    Instant began;
  };
  void Lose();
  void Wake();        // With mutex_ held.
  void EndService();  // With mutex_ held. Once; later calls do nothing.
  std::mutex mutex_;
  Connection* connection_;
  std::optional<Service> service_;
  bool answered_ = false;
  std::optional<Reply> reply_;
  std::shared_ptr<EventStream::State> stream_;
};

// A request in the admission's queue.
class WaitingTurn final : public admission::Work {
 public:
  WaitingTurn(std::shared_ptr<Shared> shared, std::shared_ptr<WaitingRequest> waiting, size_t class_index, Request request)
      : shared_(std::move(shared)), waiting_(std::move(waiting)), class_index_(class_index), request_(std::move(request)) {}
  void Start() override;
  void Refuse(admission::Refusal refusal) override;

 private:
  const std::shared_ptr<Shared> shared_;
  const std::shared_ptr<WaitingRequest> waiting_;
  const size_t class_index_;
  Request request_;
};

// EventStream::State: text waits here until the connection has written what came before.
class EventStream::State : public std::enable_shared_from_this<EventStream::State> {
 public:
  State(Connection& connection, std::shared_ptr<Shared> shared);
  bool Send(std::string_view event, std::string_view json);
  bool closed();
  void Close();

  // For the connection.
  struct Taken {
    std::string text;
    bool closed;
    bool overflowed;  // The reader is too slow: end at once.
  };
  Taken Take();
  void Detach();

 private:
  void Wake();  // With mutex_ held.
  std::mutex mutex_;
  Connection* connection_;
  const std::shared_ptr<Shared> shared_;
  std::string waiting_;
  bool closed_ = false;
  bool overflowed_ = false;
  bool woken_ = false;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Shared> shared, Worker& worker, asio::ip::tcp::socket socket,
             std::shared_ptr<asio::ssl::context> tls, std::string address);
  ~Connection();

  static asio::awaitable<void> Run(std::shared_ptr<Connection> self);
  void Tick(SteadyTime now);  // Cuts what is overdue.
  void BeginDrain();
  void Cut();

  void Wake();                       // Own thread: an answer has come.
  void WakeStream(bool overflowed);  // Own thread: there is text to write, or the reader is too slow.
  asio::io_context& context() { return worker_.context; }
  Worker& worker() { return worker_; }
  const std::shared_ptr<Shared>& shared() const { return shared_; }

 private:
  enum class Doing { kHandshake, kIdle, kReading, kAnswering, kWriting, kStreaming, kClosing };

  asio::awaitable<void> Serve();
  // False: the connection ends now.
  asio::awaitable<bool> Handshake();
  asio::awaitable<bool> ReadHead();
  asio::awaitable<bool> ReadBody();
  asio::awaitable<bool> AwaitAnswer();
  asio::awaitable<bool> ReadMore();
  asio::awaitable<bool> Flush();
  asio::awaitable<void> ReadFailed();
  asio::awaitable<void> RefuseAndLinger(const Reason reason);
  asio::awaitable<bool> Rest();
  asio::awaitable<void> RunStream();
  static asio::awaitable<void> WatchReader(std::shared_ptr<Connection> self);
  asio::awaitable<void> Linger();
  asio::awaitable<void> End();
  asio::awaitable<std::tuple<boost::system::error_code, size_t>> Read(asio::mutable_buffer buffer);
  void Identify();
  void Dispatch();
  std::optional<admission::Refusal> Judge();
  bool InputPending() const;
  Reply Refusal(const Reason& reason);
  void Append(const Reply& reply);
  void AppendOverloaded(admission::Refusal refusal);
  void AppendDate();
  void SetDeadline(Doing doing, milliseconds patience);
  void Cancel();

  const std::shared_ptr<Shared> shared_;
  Worker& worker_;
  asio::ip::tcp::socket socket_;
  const std::shared_ptr<asio::ssl::context> tls_context_;
  std::unique_ptr<asio::ssl::stream<asio::ip::tcp::socket&>> tls_;
  const std::string address_;
  RequestParser parser_;
  asio::steady_timer waker_;  // Cancelled to wake the coroutine that waits for an answer or for events.
  std::string in_;            // Bytes read and not yet used: [in_begin_, in_end_).
  size_t in_begin_ = 0;
  size_t in_end_ = 0;
  std::string out_;  // Replies not yet written.
  SteadyTime deadline_ = SteadyTime::max();
  SteadyTime head_complete_;
  SteadyTime read_at_;                      // When the newest bytes came, as far as that can be known.
  SteadyTime arrived_;                      // The same of the first bytes of this request.
  std::optional<SteadyTime> came_resting_;  // What is read next came while this rested, about then.
  Doing doing_ = Doing::kHandshake;
  bool overdue_ = false;  // The deadline of what is being done has passed.
  bool cut_ = false;
  bool reader_gone_ = false;  // While streaming.
  bool first_ = true;         // No request has been read yet.
  bool keep_ = false;         // After this answer, another request may follow.
  bool head_only_ = false;    // The request was HEAD: its answer has no body.
  bool refused_ = false;      // For overload, and has not rested since.
  bool resting_ = false;
  uint8_t standing_ = 0;
  std::optional<size_t> class_index_;  // With Precedence.
  std::string request_id_;
  size_t request_bytes_ = 0;
  std::shared_ptr<WaitingRequest> pending_;
  std::shared_ptr<EventStream::State> stream_;
};

}  // namespace yukuai::http
