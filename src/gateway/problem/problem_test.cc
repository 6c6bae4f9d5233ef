// SPDX-License-Identifier: Apache-2.0
#include "gateway/problem/problem.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace yukuai::problem {
namespace {

TEST(Problem, EachKindHasItsStatus) {
  const std::pair<Kind, int> rows[] = {{Kind::kMalformed, 400},     {Kind::kUnauthenticated, 401}, {Kind::kForbidden, 403},
                                       {Kind::kNotFound, 404},      {Kind::kConflict, 409},        {Kind::kRefused, 403},
                                       {Kind::kLimited, 429},       {Kind::kUnavailable, 503},     {Kind::kInternal, 500},
                                       {Kind::kUnknownOutcome, 503}};
  for (const auto& [kind, status] : rows) EXPECT_EQ(StatusOf({kind, "some_slug"}), status);
  EXPECT_EQ(StatusOf({Kind::kConflict, "idempotency_key_reused"}), 422);
  EXPECT_EQ(StatusOf(kMethodNotAllowed), 405);
}

TEST(Problem, SaysWhatHappenedAndWhatToDoInBothLanguages) {
  const auto reply = ReplyOf(Fault(kRouteUnknown), "req_1");
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.content_type, "application/problem+json");
  const auto document = boost::json::parse(reply.body).as_object();
  EXPECT_EQ(document.at("code"), "route_unknown");
  EXPECT_EQ(document.at("request_id"), "req_1");
  EXPECT_EQ(document.at("status"), 404);
  EXPECT_EQ(document.at("retryable"), false);
  for (const char* key : {"title", "title_zh"}) EXPECT_FALSE(document.at(key).as_string().empty());
  for (const char* key : {"zh", "en"}) EXPECT_FALSE(document.at("next_step").at(key).as_string().empty());
}

TEST(Problem, KeepsInternalFaultsInside) {
  const auto reply = ReplyOf(Fault({Kind::kInternal, "ledger_invariant"}, "account 17"), "req_1");
  EXPECT_EQ(reply.status, 500);
  EXPECT_EQ(reply.body.find("ledger"), std::string::npos);
  EXPECT_EQ(reply.body.find("account 17"), std::string::npos);
  EXPECT_NE(reply.body.find("internal_error"), std::string::npos);
}

TEST(Problem, RetryableOnesSayWhen) {
  const auto reply = ReplyOf(Fault({Kind::kUnavailable, "storage_busy"}), "req_1");
  EXPECT_EQ(reply.status, 503);
  EXPECT_TRUE(std::ranges::any_of(reply.headers, [](const auto& field) { return field.name == "Retry-After"; }));
}

}  // namespace
}  // namespace yukuai::problem
