// SPDX-License-Identifier: Apache-2.0
#include "gateway/problem/problem.h"

#include <boost/json.hpp>

#include "formats/reason_text/reason_text.h"

namespace yukuai::problem {
namespace {

// Where HTTP has a narrower word than the kind gives.
struct Narrower {
  std::string_view slug;
  int status;
};
constexpr Narrower kNarrower[] = {
    {"method_not_allowed", 405}, {"request_slow", 408},           {"body_too_large", 413},
    {"target_too_long", 414},    {"idempotency_key_reused", 422}, {"head_too_large", 431},
};

constexpr int kRetryAfterSeconds = 2;

}  // namespace

int StatusOf(const Reason& reason) {
  for (const Narrower& one : kNarrower) {
    if (one.slug == reason.slug) return one.status;
  }
  switch (reason.kind) {
    case Kind::kMalformed: return 400;
    case Kind::kUnauthenticated: return 401;
    case Kind::kForbidden: return 403;
    case Kind::kNotFound: return 404;
    case Kind::kConflict: return 409;
    case Kind::kRefused: return 403;
    case Kind::kLimited: return 429;
    case Kind::kUnavailable: return 503;
    case Kind::kUnknownOutcome: return 503;
    case Kind::kInternal: return 500;
  }
  return 500;
}

bool IsRetryable(const Reason& reason) {
  return reason.kind == Kind::kUnavailable || reason.kind == Kind::kUnknownOutcome || reason.kind == Kind::kLimited;
}

std::string Document(const Fault& fault, std::string_view request_id, int status) {
  const bool internal = fault.reason.kind == Kind::kInternal;
  const Reason reason = internal ? kInternalError : fault.reason;
  const reason_text::ReasonText* text = reason_text::Find(reason.slug);
  if (text == nullptr) text = reason_text::Find(kInternalError.slug);
  YUKUAI_CHECK(text != nullptr);
  boost::json::object document = {{"type", "/v1/reasons#" + std::string(reason.slug)},
                                  {"title", text->title_en},
                                  {"title_zh", text->title_zh},
                                  {"status", status != 0 ? status : StatusOf(reason)},
                                  {"code", reason.slug},
                                  {"request_id", request_id},
                                  {"retryable", IsRetryable(reason)},
                                  {"next_step", {{"zh", text->next_zh}, {"en", text->next_en}}}};
  if (!internal && reason.kind == Kind::kMalformed && !fault.detail.empty()) document["detail"] = fault.detail;
  return boost::json::serialize(document);
}

http::Reply ReplyOf(const Fault& fault, std::string_view request_id, int status) {
  http::Reply reply;
  reply.status = status != 0 ? status : StatusOf(fault.reason.kind == Kind::kInternal ? kInternalError : fault.reason);
  reply.content_type = "application/problem+json";
  reply.body = Document(fault, request_id, reply.status);
  reply.headers.push_back({"Cache-Control", "no-store"});
  if (IsRetryable(fault.reason)) reply.headers.push_back({"Retry-After", std::to_string(kRetryAfterSeconds)});
  return reply;
}

}  // namespace yukuai::problem
