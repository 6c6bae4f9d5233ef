// SPDX-License-Identifier: Apache-2.0
#include "gateway/routing/routing.h"

#include <algorithm>
#include <atomic>

#include "gateway/fields/fields.h"
#include "gateway/problem/problem.h"
#include "gateway/routing/idempotency.h"

namespace yukuai::routing {
namespace {

constexpr size_t kBodyBytesMaxDefault = 64 * 1024;
constexpr size_t kPathSegmentBytesMax = 80;

constexpr size_t kPathSegmentsMax = 8;

// Of a longer path no more than is needed to see that it is no route.
std::vector<std::string_view> Split(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty() && segments.size() <= kPathSegmentsMax) {
    path.remove_prefix(1);  // The '/'.
    const size_t end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

bool IsVariable(std::string_view segment) { return segment.starts_with('{'); }

bool IsPlain(std::string_view segment) {
  return !segment.empty() && segment.size() <= kPathSegmentBytesMax && std::ranges::all_of(segment, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

}  // namespace

Router::Router(std::vector<Route> routes, Parts parts)
    : routes_(std::move(routes)),
      parts_(std::move(parts)),
      kept_(std::make_unique<const KeptAnswers>(parts_.answer_key, parts_.entropy)) {
  patterns_.reserve(routes_.size());
  for (const Route& route : routes_) {
    patterns_.push_back(Split(route.path));
    YUKUAI_CHECK(patterns_.back().size() <= kPathSegmentsMax);
  }
}
Router::~Router() = default;

Router::Found Router::Find(std::string_view method, const Segments& path) const {
  const auto fits = [](std::string_view pattern, std::string_view segment) {
    return IsVariable(pattern) ? IsPlain(segment) : pattern == segment;
  };
  Found found;
  for (size_t i = 0; i < routes_.size(); ++i) {
    if (!std::ranges::equal(patterns_[i], path, fits)) continue;
    found.path_known = true;
    if (routes_[i].method != method) continue;
    found.route = &routes_[i];
    found.pattern = &patterns_[i];
    return found;
  }
  return found;
}

size_t Router::BodyBytesMax(std::string_view method, std::string_view path) const {
  const Found found = Find(method, Split(path));
  return found.route == nullptr ? kBodyBytesMaxDefault : found.route->body_bytes_max;
}

Result<Caller> Router::Identify(const Route& route, const http::Request& request, storage::Reader& reader, Instant now) const {
  Caller caller;
  if (route.access == Access::kAnyone) return caller;
  const auto find = [&](std::string_view keyid) -> Result<std::optional<signing::Key>> {
    switch (route.access) {
      case Access::kAnyone: break;
      case Access::kNewDevice: {
        // The request brings its own key: the signature shows that the sender holds it.
        if (keyid != "new") break;
        auto body = fields::Object::Parse(request.body);
        if (!body.ok()) return body.error();
        Bytes key = body->Binary("device_public_key", {65, 65});
        if (key.empty()) break;
        return std::optional<signing::Key>(signing::Key{http_signature::Algorithm::kEcdsaP256Sha256, std::move(key)});
      }
      case Access::kDevice:
        if (const auto id = DeviceId::Parse(keyid)) {
          caller.device = *id;
          return parts_.keys.device(reader, *id, caller.person);
        }
        break;
      case Access::kStaff:
        if (const auto id = StaffId::Parse(keyid)) {
          caller.staff = *id;
          return parts_.keys.staff(reader, *id);
        }
        break;
      case Access::kTerminal:
        if (const auto id = TerminalId::Parse(keyid)) {
          caller.terminal = *id;
          return parts_.keys.terminal(reader, *id);
        }
        break;
    }
    return std::optional<signing::Key>();
  };
  const bool brings_key = route.access == Access::kNewDevice;
  const auto own_key = brings_key ? signing::OwnKey::kBrought : signing::OwnKey::kKnown;
  YUKUAI_ASSIGN(const auto authenticated, parts_.authenticator.Authenticate(request, find, own_key, now));
  if (authenticated.ahead) YUKUAI_TRY(WriteDown(*authenticated.ahead, now));
  // Every new device signs as "new": what tells them apart for idempotency is the key they bring.
  caller.keyid = brings_key ? "new:" + std::string(request.body) : authenticated.keyid;
  return caller;
}

// The writer takes first what came first: this is committed with, or before, whatever the request does. Not waited for, since
// only a read could be answered before it is durable.
Result<void> Router::WriteDown(const signing::UsedNonce& nonce, Instant now) const {
  const auto refused = std::make_shared<std::atomic<bool>>(false);
  parts_.writer.Submit([nonce, now](storage::Transaction& transaction) { return signing::WriteDown(transaction, nonce, now); },
                       [refused](const Result<void>& result) { *refused = !result.ok(); });
  if (*refused) return Fault(storage::kStorageBusy, "a nonce could not be written down");
  return {};
}

bool Router::MayWrite(const Route& route, const http::Request& request, const Caller& caller, Instant now) {
  switch (route.access) {
    case Access::kAnyone:
    case Access::kNewDevice:
      return limits_.writes_of_network.Take(request.remote_address, now) && limits_.writes_of_strangers.Take("", now);
    case Access::kDevice: return limits_.writes_of_device.Take(caller.keyid, now);
    case Access::kStaff: return limits_.writes_of_staff.Take(caller.keyid, now);
    case Access::kTerminal: return limits_.writes_of_terminal.Take(caller.keyid, now);
  }
  return false;
}

void Router::Send(const http::Responder& responder, std::string_view route, Answer answer, bool replayed) const {
  http::Reply reply;
  reply.status = answer.status;
  reply.content_type = std::move(answer.content_type);
  reply.body = std::move(answer.body);
  reply.headers = std::move(answer.headers);
  reply.headers.push_back({"Cache-Control", "no-store"});
  if (replayed) reply.headers.push_back({"Idempotency-Replayed", "true"});
  reply.route = route;
  if (parts_.before_answer) parts_.before_answer();
  responder.Answer(std::move(reply));
}

Result<void> Router::ServeWrite(const Route& route, const Write& write, const Call& call, storage::Reader& reader,
                                const http::Responder& responder) {
  YUKUAI_ASSIGN(const KeptUnder under, kept_->Under(route, call.request, call.caller));
  YUKUAI_ASSIGN(const auto kept, kept_->Find(reader, under));
  if (kept) {
    Send(responder, route.name, *kept, true);
    return {};
  }
  YUKUAI_ASSIGN(Change change, write(call, reader));

  struct Outcome {
    Answer answer;
    bool applied = false;  // By an earlier run of this operation, whose commit may have landed.
    bool replayed = false;
  };
  const auto outcome = std::make_shared<Outcome>();
  const Instant now = call.now;
  auto operation = [this, outcome, under, apply = std::move(change.apply),
                    now](storage::Transaction& transaction) -> Result<void> {
    // Asked again: a twin of this request may have been in the queue before it.
    YUKUAI_ASSIGN(auto twin, kept_->Find(transaction, under));
    if (twin && outcome->applied) return {};  // It did: what is kept is our own answer.
    outcome->replayed = twin.has_value();
    if (twin) {
      outcome->answer = *std::move(twin);
      return {};
    }
    YUKUAI_ASSIGN(outcome->answer, apply(transaction));
    outcome->applied = true;
    return kept_->Keep(transaction, under, outcome->answer, now);
  };
  auto done = [this, outcome, responder, name = route.name, request_id = call.request.request_id,
               after = std::move(change.after)](const Result<void>& result) {
    if (!result.ok()) return Refuse(responder, name, request_id, result.error());
    if (after && !outcome->replayed) after();
    Send(responder, name, outcome->answer, outcome->replayed);
  };
  parts_.writer.Submit(std::move(operation), std::move(done));
  return {};
}

Result<void> Router::Serve(const Found& found, const Segments& path, const http::Request& request,
                           const http::Responder& responder) {
  const Instant now = parts_.clock.Now();
  if (!limits_.requests.Take(request.remote_address, now)) return Fault(kRateLimited);
  const Route& route = *found.route;
  YUKUAI_ASSIGN(const auto reader, parts_.database.Read());
  YUKUAI_ASSIGN(const Caller caller, Identify(route, request, *reader, now));
  if (route.costly && !limits_.costly.Take(caller.keyid, now)) return Fault(kRateLimited);
  if (std::holds_alternative<Write>(route.serve) && !MayWrite(route, request, caller, now)) return Fault(kRateLimited);
  std::map<std::string, std::string, std::less<>> values;
  for (size_t i = 0; i < path.size(); ++i) {
    const std::string_view pattern = (*found.pattern)[i];
    if (IsVariable(pattern)) values.emplace(pattern.substr(1, pattern.size() - 2), path[i]);
  }
  const Call call{request, caller, values, now};
  if (const auto* read = std::get_if<Read>(&route.serve)) {
    YUKUAI_ASSIGN(Answer answer, (*read)(call, *reader));
    Send(responder, route.name, std::move(answer), false);
    return {};
  }
  if (const auto* write = std::get_if<Write>(&route.serve)) return ServeWrite(route, *write, call, *reader, responder);
  return std::get<Stream>(route.serve)(call, *reader, responder);
}

void Router::Refuse(const http::Responder& responder, std::string_view route, std::string_view request_id,
                    const Fault& fault) const {
  const Kind kind = fault.reason.kind;
  const bool ours = kind == Kind::kInternal || kind == Kind::kUnavailable || kind == Kind::kUnknownOutcome;
  if (ours && parts_.failed) parts_.failed({route, request_id, fault});
  if (parts_.before_answer) parts_.before_answer();
  http::Reply reply = problem::ReplyOf(fault, request_id);
  reply.route = route;
  responder.Answer(std::move(reply));
}

void Router::Handle(http::Request request, http::Responder responder) {
  const Segments path = Split(request.path);
  const Found found = Find(request.method, path);
  if (found.route == nullptr) {
    if (found.path_known) return Refuse(responder, "none", request.request_id, Fault(problem::kMethodNotAllowed));
    if (parts_.pages && !request.path.starts_with("/v1/")) {
      if (auto page = parts_.pages(request)) return responder.Answer(*std::move(page));
    }
    return Refuse(responder, "none", request.request_id, Fault(problem::kRouteUnknown));
  }
  const auto served = Serve(found, path, request, responder);
  if (!served.ok()) Refuse(responder, found.route->name, request.request_id, served.error());
}

}  // namespace yukuai::routing
