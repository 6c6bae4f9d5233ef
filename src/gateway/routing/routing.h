// SPDX-License-Identifier: Apache-2.0
// From a request to the function that serves it. A route says who may call it and gives one of three functions:
//   Read    answers from one snapshot;
//   Write   prepares from a snapshot and hands back a Change, which the single writer applies; the answer leaves after the
//           commit and is kept under the caller's Idempotency-Key in that same commit;
//   Stream  turns the connection into an event stream.
// Everything else — path, method, host, signature, nonce, idempotency, problems — happens here once.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/entropy/entropy.h"
#include "base/ids/ids.h"
#include "base/result/result.h"
#include "base/time/time.h"
#include "crypto/sealing/sealing.h"
#include "gateway/routing/limits.h"
#include "gateway/signing/signing.h"
#include "platform/http/server.h"
#include "platform/storage/storage.h"

namespace yukuai::routing {

extern const std::vector<storage::Migration> kSchema;

// In order of precedence, after those of gateway/signing.
inline constexpr Reason kIdempotencyKeyMissing{Kind::kMalformed, "idempotency_key_missing"};  // Or not 8..64 visible characters.
inline constexpr Reason kIdempotencyKeyReused{Kind::kConflict, "idempotency_key_reused"};     // With another request.
inline constexpr Reason kRateLimited{Kind::kLimited, "rate_limited"};

// How long an answer is kept: for persons and clerks a day, and so long for a phone that was bound just now; otherwise as long as
// somebody asks again after a lost answer. Anybody can have a stranger's refusal kept, and a gate asks often, while its records
// are known by themselves when they come again.
inline constexpr int64_t kKeepAnswerSeconds = 24 * 3600;
inline constexpr int64_t kKeepBrieflySeconds = 15 * 60;

enum class Access { kAnyone, kNewDevice, kDevice, kStaff, kTerminal };

struct Caller {
  std::string keyid;  // Empty for anyone.
  PersonId person;    // Of a device.
  DeviceId device;
  StaffId staff;
  TerminalId terminal;
};

struct Call {
  const http::Request& request;
  const Caller& caller;
  const std::map<std::string, std::string, std::less<>>& path;  // "{scene}" -> value
  Instant now;
};

struct Answer {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::vector<http::Field> headers = {};
};

struct Change {
  // Runs on the writer, perhaps more than once (after a rollback): captures by assignment. A fault before the first write is
  // a refusal that is not kept; a refusal that must be written down is an Answer.
  std::function<Result<Answer>(storage::Transaction&)> apply;
  std::function<void()> after = {};  // Once, after the commit.
};

using Read = std::function<Result<Answer>(const Call&, storage::Reader&)>;
using Write = std::function<Result<Change>(const Call&, storage::Reader&)>;
// Faults answer as problems; otherwise the function has taken the responder.
using Stream = std::function<Result<void>(const Call&, storage::Reader&, http::Responder)>;

struct Route {
  std::string_view name;  // For metrics: "create_freeze".
  std::string_view method;
  std::string_view path;  // "/v1/rule-files/{scene}"
  Access access = Access::kAnyone;
  std::variant<Read, Write, Stream> serve;
  size_t body_bytes_max = 64 * 1024;
  bool costly = false;  // Much work or many bytes for one question: asked now and then.
};

// How keys are found; each gives nothing for what is unknown, revoked or disabled.
struct KeyDirectory {
  std::function<Result<std::optional<signing::Key>>(storage::Reader&, DeviceId, PersonId& person)> device;
  std::function<Result<std::optional<signing::Key>>(storage::Reader&, StaffId)> staff;
  std::function<Result<std::optional<signing::Key>>(storage::Reader&, TerminalId)> terminal;
};

// A fault that the caller cannot mend: internal, unavailable, or of unknown outcome.
struct Failure {
  std::string_view route;
  std::string_view request_id;
  const Fault& fault;
};

struct Parts {
  storage::Database& database;
  storage::Writer& writer;
  const Clock& clock;
  KeyDirectory keys;
  signing::Authenticator& authenticator;
  Secret<ByteArray<32>> answer_key;  // Of this purpose: what is kept of requests and answers is readable under it only.
  Entropy& entropy;
  // Answers for paths that are no route: the pages.
  std::function<std::optional<http::Reply>(const http::Request&)> pages = {};
  // A fault of ours, before its problem document leaves, which does not say what was wrong. Quick and thread-safe.
  std::function<void(const Failure&)> failed = {};
  // Called before an answer leaves; for tests of crashes.
  std::function<void()> before_answer = {};
};

class KeptAnswers;

class Router {
 public:
  Router(std::vector<Route> routes, Parts parts);
  ~Router();
  void Handle(http::Request request, http::Responder responder);
  size_t BodyBytesMax(std::string_view method, std::string_view path) const;

 private:
  using Segments = std::vector<std::string_view>;
  struct Found {
    const Route* route = nullptr;
    const Segments* pattern = nullptr;
    bool path_known = false;
  };
  Found Find(std::string_view method, const Segments& path) const;
  Result<Caller> Identify(const Route& route, const http::Request& request, storage::Reader& reader, Instant now) const;
  bool MayWrite(const Route& route, const http::Request& request, const Caller& caller, Instant now);
  Result<void> WriteDown(const signing::UsedNonce& nonce, Instant now) const;
  Result<void> Serve(const Found& found, const Segments& path, const http::Request& request, const http::Responder& responder);
  Result<void> ServeWrite(const Route& route, const Write& write, const Call& call, storage::Reader& reader,
                          const http::Responder& responder);
  void Send(const http::Responder& responder, std::string_view route, Answer answer, bool replayed) const;
  void Refuse(const http::Responder& responder, std::string_view route, std::string_view request_id, const Fault& fault) const;

  std::vector<Route> routes_;
  std::vector<Segments> patterns_;  // Of the routes' paths, which they point into.
  Parts parts_;
  std::unique_ptr<const KeptAnswers> kept_;
  Limits limits_;
};

}  // namespace yukuai::routing
