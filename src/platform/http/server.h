// SPDX-License-Identifier: Apache-2.0
// An HTTP/1.1 server on one address, plain or with TLS 1.2 and 1.3. Each of its threads serves its own connections; a
// handler runs on one of the threads and answers through its Responder, at once or later from any thread.
//
// Everything a stranger can send or hold has a bound in Bounds. What breaks one is answered here, never by a handler:
// kRequestMalformed 400, kRequestSlow 408, kLengthRequired 411, kBodyTooLarge 413, kTargetTooLong 414, kHeadTooLarge 431; the
// connection then ends. Connections beyond the bounds are closed unread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/entropy/entropy.h"
#include "base/result/result.h"
#include "base/time/time.h"
#include "platform/admission/admission.h"
#include "platform/admission/pace.h"
#include "platform/http/message.h"

namespace yukuai::http {

// In order of precedence.
inline constexpr Reason kRequestSlow{Kind::kLimited, "request_slow"};              // Head or body did not arrive in time.
inline constexpr Reason kTargetTooLong{Kind::kMalformed, "target_too_long"};       // The request line.
inline constexpr Reason kHeadTooLarge{Kind::kMalformed, "head_too_large"};         // Bytes or number of header fields.
inline constexpr Reason kRequestMalformed{Kind::kMalformed, "request_malformed"};  // Not HTTP/1.x as we read it.
inline constexpr Reason kLengthRequired{Kind::kMalformed, "length_required"};      // A transfer coding: send Content-Length.
inline constexpr Reason kBodyTooLarge{Kind::kMalformed, "body_too_large"};
inline constexpr Reason kStreamsFull{Kind::kUnavailable, "streams_full"};         // Too many open event streams.
inline constexpr Reason kAnswerSlow{Kind::kUnknownOutcome, "answer_slow"};        // The handler did not answer in time.
inline constexpr Reason kAnswerLost{Kind::kInternal, "answer_lost"};              // It dropped its Responder, or threw.
inline constexpr Reason kListenFailed{Kind::kUnavailable, "listen_failed"};       // Address in use, or not ours.
inline constexpr Reason kTlsFilesInvalid{Kind::kMalformed, "tls_files_invalid"};  // Certificate or key unreadable or unpaired.

// A live text/event-stream. A copyable handle; thread-safe. It stays usable when the connection or the server is gone.
class EventStream {
 public:
  // event: a slug. json: one line. False when the stream is closed: by the reader, by the server's end, or now, because the
  // reader is so slow that Bounds::stream_queue_bytes_max would be exceeded (it reconnects and reads the present state).
  bool Send(std::string_view event, std::string_view json);
  bool closed() const;
  void Close();  // What was sent before still goes out.

  class State;
  explicit EventStream(std::shared_ptr<State> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<State> state_;
};

// Answers one request. A copyable handle; thread-safe; the first answer counts, later ones are dropped. When the last copy
// goes without an answer, the request is answered with kAnswerLost.
class Responder {
 public:
  void Answer(Reply reply) const;
  // Turns the connection into an event stream (status 200). The server writes a comment every Bounds::heartbeat. Faults:
  // kStreamsFull, after which the request still waits for an answer.
  Result<EventStream> Stream() const;

  // Where answers go: a connection of the server, or whoever calls a handler without one (simulations).
  class State {
   public:
    virtual ~State() = default;
    virtual void Answer(Reply reply) = 0;
    virtual Result<EventStream> Stream() = 0;
  };
  explicit Responder(std::shared_ptr<State> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<State> state_;
};

using Handler = std::function<void(Request, Responder)>;
using std::chrono::milliseconds;

struct Bounds {
  size_t head_bytes_max = 16 * 1024;
  size_t header_count_max = 64;
  size_t request_line_bytes_max = 8 * 1024;
  size_t body_bytes_max = 64 * 1024;  // Unless ServerOptions::body_bytes_max says otherwise for a route.
  milliseconds handshake_timeout{10'000};
  milliseconds head_timeout{10'000};  // From the first byte of a request (or from connecting) to the end of its head.
  milliseconds body_timeout{20'000};
  milliseconds idle_timeout{60'000};  // Between requests.
  milliseconds answer_timeout{30'000};
  milliseconds write_timeout{30'000};
  size_t write_bytes_per_ms_min = 32;  // A long answer to a slow reader may take so much longer: a proof has megabytes.
  milliseconds linger_timeout{2'000};  // After a refusal, bytes still under way are read and dropped, so that it arrives.
  size_t linger_bytes_max = 16 * 1024 * 1024;
  milliseconds heartbeat{15'000};
  milliseconds tick{100};  // How exactly timeouts are kept, and how long a connection rests after a refusal for overload.
  size_t connections_max = 10'000;
  int accept_queue_max = 256;                // Strangers who wait to be let in. Beyond it their own system tries again later.
  size_t connections_per_address_max = 256;  // An IPv6 address counts as its /64.
  size_t streams_max = 4'000;
  size_t stream_queue_bytes_max = 64 * 1024;

  milliseconds WritePatience(size_t bytes) const {
    return write_timeout + milliseconds(static_cast<int64_t>(bytes / std::max<size_t>(1, write_bytes_per_ms_min)));
  }
};

// Who is served when not everybody can be. A request's class is asked for when its head is there; if it has no chance to be
// answered in time it is refused then (admission::kOverloaded, 503, Retry-After): no handler, no signature, no JSON. Else it
// waits for its turn. A connection that was refused so is not read for a tick: whoever comes back at once waits where it costs
// nothing.
struct Precedence {
  std::shared_ptr<admission::Admission> admission;  // Of this server alone.
  // Quick and thread-safe; an index into the admission's classes. The body is not there yet. standing: Reply::standing of an
  // earlier answer on this connection.
  std::function<size_t(const Request& head, uint8_t standing)> class_of;
  admission::Pace::Bounds handshakes = {};  // With TLS: how many strangers are let in.
};

struct TlsFiles {
  std::string certificate_chain;  // Path of a PEM file, the server's own certificate first.
  std::string private_key;        // Path of a PEM file.
};

// What happened with one request, for metrics and the log.
struct Observation {
  std::string_view route;  // Reply::route, or "none".
  std::string_view request_id;
  int status = 0;
  int64_t duration_us = 0;   // From the complete head to the answer.
  size_t request_bytes = 0;  // Bodies.
  size_t reply_bytes = 0;
  std::optional<size_t> class_index = {};  // With Precedence.
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  uint16_t port = 0;  // 0: any free one; see Server::port.
  std::optional<TlsFiles> tls;
  int threads = 1;
  Bounds bounds;
  Handler handler;
  std::optional<Precedence> precedence = {};  // Without it every request is handed over at once.
  // Optional. Called on the connections' threads, so: quick and thread-safe.
  std::function<size_t(std::string_view method, std::string_view path)> body_bytes_max;
  std::function<Reply(int status, const Reason& reason, std::string_view request_id)> refuse;  // Else a bare problem document.
  std::function<void(const Observation&)> observe;  // Not of refusals for overload: the admission counts these.
  std::function<void()> written;                    // Bytes of answers or streams have left this process.
  int64_t hsts_seconds = 31'536'000;  // With TLS only; 0 sends none (a demo on localhost must not bind the name for a year).
};

class Server {
 public:
  virtual ~Server() = default;  // Drain without patience.
  virtual uint16_t port() const = 0;
  virtual size_t connections() const = 0;
  // New connections get the new certificate; the old stays when the new cannot be used. Only for a server with TLS.
  virtual Result<void> ReloadTls(const TlsFiles& files) = 0;
  // Stops accepting, ends idle connections and streams, lets requests in flight finish, and cuts what is left after the
  // deadline. True when nothing had to be cut. Waits; call from outside the server's threads.
  virtual bool Drain(milliseconds deadline) = 0;
};

// clock and entropy must outlive the server. Faults: kListenFailed, kTlsFilesInvalid.
Result<std::unique_ptr<Server>> StartServer(ServerOptions options, const Clock& clock, Entropy& entropy);

}  // namespace yukuai::http
