// SPDX-License-Identifier: Apache-2.0
// The only place where a Fault becomes HTTP: application/problem+json (RFC 9457) with the stable code, titles and the next
// step in both languages from the catalogue, and the request's reference number. Details of internal faults stay inside.
#pragma once

#include <string>
#include <string_view>

#include "base/result/result.h"
#include "platform/http/message.h"

namespace yukuai::problem {

// For what no module owns.
inline constexpr Reason kInternalError{Kind::kInternal, "internal_error"};
inline constexpr Reason kRouteUnknown{Kind::kNotFound, "route_unknown"};
inline constexpr Reason kMethodNotAllowed{Kind::kMalformed, "method_not_allowed"};  // 405

int StatusOf(const Reason& reason);
bool IsRetryable(const Reason& reason);
// The document; `status` 0 takes StatusOf.
std::string Document(const Fault& fault, std::string_view request_id, int status = 0);
http::Reply ReplyOf(const Fault& fault, std::string_view request_id, int status = 0);

}  // namespace yukuai::problem
