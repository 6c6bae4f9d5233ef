// SPDX-License-Identifier: Apache-2.0
// The server when more is asked of it than it serves. What is in service is held by the test, so that nothing depends on how fast
// anything is: with one place in service and one in each queue, the third request is one too many.
#include <gtest/gtest.h>

#include "platform/http/server.h"
#include "platform/http/wire_test.h"

namespace yukuai::http {
namespace {

const Instant kNow = Instant::FromSeconds(1'772'323'200);
constexpr int64_t kLong = 3'600'000'000;  // A deadline that no test reaches.

class Overload : public ::testing::Test {
 protected:
  void Start(int64_t deadline_us = kLong, size_t queue_max = 1) {
    admission::Options admission;
    admission.classes = {{"first", queue_max}, {"second", queue_max}};
    admission.deadline_us = deadline_us;
    admission.window_us = kLong;  // No rate is ever known: queues refuse by their length alone.
    admission.limit = {.least = 1, .most = 1, .start = 1};
    admission_ = std::make_shared<admission::Admission>(admission, entropy_);
    options_.precedence = Precedence{admission_, [](const Request& head, uint8_t standing) -> size_t {
                                       return head.path.starts_with("/first") || standing == 1 ? 0 : 1;
                                     }};
    options_.handler = [this](const Request& request, Responder responder) {
      if (request.path.ends_with("/shelf")) return shelf_.Put(std::move(responder));
      responder.Answer({.status = 200,
                        .content_type = "text/plain",
                        .body = request.path + request.body,
                        .standing = request.path == "/rise" ? std::optional<uint8_t>(1) : std::nullopt});
    };
    options_.observe = [this](const Observation& seen) {
      const std::lock_guard lock(mutex_);
      observed_.push_back(std::string(seen.route) + " " + std::to_string(seen.status));
    };
    options_.bounds.tick = milliseconds(5);
    auto server = StartServer(options_, clock_, entropy_);
    ASSERT_TRUE(server.ok()) << server.error().detail;
    server_ = std::move(server).value();
  }
  // One in service, held by the test.
  Responder Occupy(Wire& wire) {
    wire.Send(Get("/shelf"));
    return shelf_.Take();
  }
  void AwaitQueued(size_t class_index, size_t count) {
    while (admission_->figures().classes[class_index].queued != count) std::this_thread::yield();
  }
  static Reply Ok() { return {.status = 200}; }

  ManualClock clock_{kNow};
  SeededEntropy entropy_{1};
  ServerOptions options_;
  Shelf shelf_;
  std::shared_ptr<admission::Admission> admission_;
  std::mutex mutex_;
  std::vector<std::string> observed_;
  std::unique_ptr<Server> server_;
};

TEST_F(Overload, OneTooManyIsRefusedWithTheTimeToComeBack) {
  Start();
  Wire busy(server_->port()), waits(server_->port()), late(server_->port());
  const Responder held = Occupy(busy);
  waits.Send(Get("/waits"));
  AwaitQueued(1, 1);
  late.Send(Post("/late", "with a body"));
  const std::string refused = late.Answer();
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 503 Service Unavailable\r\n")) << refused;
  EXPECT_NE(refused.find("\"code\":\"overloaded\""), std::string::npos) << refused;
  EXPECT_EQ(refused.find("Connection: close"), std::string::npos) << refused;
  const size_t at = refused.find("\r\nRetry-After: ");
  ASSERT_NE(at, std::string::npos) << refused;
  EXPECT_GE(std::stoi(refused.substr(at + 15)), 1);
  held.Answer(Ok());
  EXPECT_TRUE(busy.Answer().starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(waits.Answer().ends_with("/waits"));
  late.Send(Post("/late", "again"));  // The same connection, once it has rested.
  EXPECT_TRUE(late.Answer().ends_with("/lateagain"));
  const std::lock_guard lock(mutex_);
  EXPECT_EQ(observed_, std::vector<std::string>(3, "none 200"));
}

TEST_F(Overload, TheFirstClassIsServedBeforeTheSecond) {
  Start();
  Wire busy(server_->port()), second(server_->port()), first(server_->port());
  Responder held = Occupy(busy);
  second.Send(Get("/second/shelf"));
  AwaitQueued(1, 1);
  first.Send(Get("/first/shelf"));
  AwaitQueued(0, 1);
  held.Answer(Ok());
  held = shelf_.Take();
  EXPECT_EQ(admission_->figures().classes[0].started, 1u);
  EXPECT_EQ(admission_->figures().classes[1].queued, 1u);
  held.Answer({.status = 201});
  EXPECT_TRUE(first.Answer().starts_with("HTTP/1.1 201 "));
  shelf_.Take().Answer(Ok());
  EXPECT_TRUE(second.Answer().starts_with("HTTP/1.1 200 "));
}

TEST_F(Overload, WhatAConnectionHasShownDecidesTheClassOfWhatFollows) {
  Start();
  Wire risen(server_->port()), busy(server_->port());
  risen.Send(Get("/rise"));
  risen.Answer();
  const Responder held = Occupy(busy);
  risen.Send(Get("/any"));
  AwaitQueued(0, 1);
  held.Answer(Ok());
  EXPECT_TRUE(risen.Answer().ends_with("/any"));
}

TEST_F(Overload, WhoWaitsTooLongIsToldSo) {
  Start(1'000);
  Wire busy(server_->port()), waits(server_->port());
  // What is in service stays there although its deadline has passed: whether it has happened must be told.
  busy.Send(Get("/shelf"));
  Responder held = shelf_.Take();
  waits.Send(Get("/waits"));
  EXPECT_NE(waits.Answer().find("\"code\":\"overloaded\""), std::string::npos);
  held.Answer({.status = 201});
  EXPECT_TRUE(busy.Answer().starts_with("HTTP/1.1 201 "));
}

TEST_F(Overload, EachOfManyTogetherIsAnsweredInItsOrder) {
  Start();
  Wire busy(server_->port()), waits(server_->port()), many(server_->port());
  const Responder held = Occupy(busy);
  waits.Send(Get("/waits"));
  AwaitQueued(1, 1);
  std::string all;
  for (int i = 0; i < 50; ++i) all += Post("/late", std::string(100, 'x'));
  many.Send(all);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(many.Answer().starts_with("HTTP/1.1 503 ")) << i;
  held.Answer(Ok());
  waits.Answer();
  many.Send(Get("/at-last"));
  EXPECT_TRUE(many.Answer().ends_with("/at-last"));
}

TEST_F(Overload, WhoAsksBeforeSendingABodyIsNotAskedForIt) {
  Start();
  Wire busy(server_->port()), waits(server_->port()), polite(server_->port());
  const Responder held = Occupy(busy);
  waits.Send(Get("/waits"));
  AwaitQueued(1, 1);
  polite.Send("POST /late HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 60000\r\n\r\n");
  const std::string refused = polite.Answer();
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 503 ")) << refused;
  EXPECT_NE(refused.find("Connection: close"), std::string::npos);
  held.Answer(Ok());
}

TEST_F(Overload, NothingIsDoneForSomebodyWhoIsNotWaitedForAnyMore) {
  options_.bounds.answer_timeout = milliseconds(20);
  Start();
  Wire busy(server_->port()), tired(server_->port());
  const Responder held = Occupy(busy);
  tired.Send(Get("/tired/shelf"));
  EXPECT_NE(tired.Answer().find("\"code\":\"answer_slow\""), std::string::npos);
  held.Answer(Ok());
  AwaitQueued(1, 0);
  Wire next(server_->port());
  next.Send(Get("/next"));
  EXPECT_TRUE(next.Answer().ends_with("/next"));
  EXPECT_EQ(admission_->figures().in_service, 0u);  // Had it been handed over, it would be on the shelf.
}

TEST_F(Overload, APlaceInServiceIsFreeAgainWhenItsAnswerIsLost) {
  Start();
  Wire busy(server_->port()), next(server_->port());
  {
    Responder lost = Occupy(busy);
    next.Send(Get("/next"));
    AwaitQueued(1, 1);
  }
  EXPECT_TRUE(busy.Answer().starts_with("HTTP/1.1 500 "));
  EXPECT_TRUE(next.Answer().ends_with("/next"));
  EXPECT_EQ(admission_->figures().in_service, 0u);
}

TEST_F(Overload, DrainServesWhoWaits) {
  Start();
  Wire busy(server_->port()), waits(server_->port());
  const Responder held = Occupy(busy);
  waits.Send(Get("/waits"));
  AwaitQueued(1, 1);
  std::thread draining([this] { EXPECT_TRUE(server_->Drain(std::chrono::minutes(1))); });
  held.Answer(Ok());
  EXPECT_TRUE(busy.Answer().starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(waits.Answer().ends_with("/waits"));
  busy.Close();
  waits.Close();
  draining.join();
}

}  // namespace
}  // namespace yukuai::http
