// SPDX-License-Identifier: Apache-2.0
// The router behind a real server on a free port: what is answered, when, and what is left in the database.
#include "gateway/routing/routing.h"

#include <gtest/gtest.h>

#include <atomic>

#include "crypto/p256/p256.h"
#include "crypto/sm3/sm3.h"
#include "platform/http/client.h"
#include "platform/storage/faulty.h"
#include "platform/storage/scratch.h"

namespace yukuai::routing {
namespace {

const Instant kStart = *ParseRfc3339("2026-03-01T08:00:00+08:00");
constexpr std::string_view kSecret = "K7F3-ONLY-THE-CALLER-SEES-THIS";

constexpr storage::Sql kInsertDeed{"test_insert_deed", "INSERT INTO deed (shard, text) VALUES (?, ?)"};
constexpr storage::Sql kCountDeeds{"test_count_deeds", "SELECT COUNT(*) FROM deed"};
constexpr storage::Sql kCountKept{"test_count_kept", "SELECT COUNT(*) FROM kept_answer"};
constexpr storage::Sql kCountNonces{"test_count_nonces", "SELECT COUNT(*) FROM used_nonce"};
constexpr Reason kDeedRefused{Kind::kRefused, "person_frozen"};

class RoutingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<storage::Migration> schema = kSchema;
    schema.insert(schema.end(), signing::kSchema.begin(), signing::kSchema.end());
    schema.push_back({"9000_deed.sql", "CREATE TABLE deed (shard INTEGER NOT NULL, text TEXT NOT NULL);"});
    auto scratch = storage::Scratch::Open(schema);
    ASSERT_TRUE(scratch.ok());
    scratch_ = *std::move(scratch);
    faulty_ = std::make_unique<storage::FaultyDatabase>(scratch_->database(), storage::AfterUnknown::kRunAgain);
    auto writer = storage::StartWriter(*faulty_, clock_, {.owner = "test"});
    ASSERT_TRUE(writer.ok());
    writer_ = *std::move(writer);
    http::ServerOptions options;
    options.handler = [this](http::Request request, http::Responder responder) {
      router_->Handle(std::move(request), std::move(responder));
    };
    auto server = http::StartServer(std::move(options), clock_, entropy_);
    ASSERT_TRUE(server.ok());
    server_ = *std::move(server);
    host_ = "127.0.0.1:" + std::to_string(server_->port());
    Start(kStart);
  }
  // What a start of the program makes anew: the database is what stays.
  void Start(Instant at) {
    router_.reset();
    authenticator_ = std::make_unique<signing::Authenticator>(signing::Options{{host_}, at});
    ASSERT_TRUE(authenticator_->Recall(**scratch_->database().Read()).ok());
    router_ = std::make_unique<Router>(Routes(), MakeParts());
  }
  // The server first: it hands requests to the router; then the writer, which answers them.
  void TearDown() override {
    client_.reset();
    server_.reset();
    writer_.reset();
  }

  std::vector<Route> Routes() {
    const Write deed = [this](const Call& call, storage::Reader&) -> Result<Change> {
      if (call.caller.device != device_ || call.caller.person != person_) return Fault(signing::kSignerUnknown);
      Change change;
      change.apply = [this, text = call.request.body](storage::Transaction& t) -> Result<Answer> {
        if (refusing_) return Fault(kDeedRefused);
        YUKUAI_TRY(t.Execute(kInsertDeed, {0, text}));
        return Answer{201, "{\"secret\":\"" + std::string(kSecret) + "\"}"};
      };
      change.after = [this] { ++after_; };
      return change;
    };
    const Read show = [](const Call& call, storage::Reader&) -> Result<Answer> {
      return Answer{200, "{\"name\":\"" + call.path.at("name") + "\"}"};
    };
    const Read fail = [](const Call&, storage::Reader&) -> Result<Answer> {
      return Fault(storage::kStorageCorrupt, "test_count_deeds: damaged");
    };
    const Read bundle = [](const Call&, storage::Reader&) -> Result<Answer> { return Answer{200, "{}"}; };
    const Write guest = [](const Call&, storage::Reader&) -> Result<Change> {
      return Change{[](storage::Transaction& t) -> Result<Answer> {
        YUKUAI_TRY(t.Execute(kInsertDeed, {0, "guest"}));
        return Answer{201, "{}"};
      }};
    };
    return {{"create_deed", "POST", "/v1/deeds", Access::kDevice, deed},
            {"create_guest_deed", "POST", "/v1/guest-deeds", Access::kAnyone, guest},
            {"fail", "GET", "/v1/failures", Access::kAnyone, fail},
            {"get_bundle", "GET", "/v1/bundles", Access::kAnyone, bundle, 0, true},
            {"show_deed", "GET", "/v1/deeds/{name}", Access::kAnyone, show}};
  }
  Parts MakeParts() {
    KeyDirectory keys;
    keys.device = [this](storage::Reader&, DeviceId device, PersonId& person) -> Result<std::optional<signing::Key>> {
      if (device != device_) return std::optional<signing::Key>();
      person = person_;
      return std::optional<signing::Key>(
          signing::Key{http_signature::Algorithm::kEcdsaP256Sha256, Bytes(key_.public_key.begin(), key_.public_key.end())});
    };
    return {scratch_->database(),
            *writer_,
            clock_,
            keys,
            *authenticator_,
            Secret<ByteArray<32>>(ByteArray<32>{9}),
            entropy_,
            [](const http::Request&) { return std::optional<http::Reply>(); },
            [this](const Failure& failure) {
              const std::lock_guard lock(failures_mutex_);
              failures_.push_back(std::string(failure.route) + " " + std::string(failure.request_id.substr(0, 4)) + " " +
                                  std::string(failure.fault.reason.slug) + " " + failure.fault.detail);
            },
            [this] { deeds_before_answer_ = Count(kCountDeeds); }};
  }

  int64_t Count(const storage::Sql& sql) { return (*scratch_->database().Read().value()->Query(sql, {}))[0][0].Int(); }

  struct Sent {
    int status = 0;
    std::string body;
    bool replayed = false;
    std::string code;  // Of a problem.
  };
  Sent Send(http::Call call) {
    call.url = "http://" + host_ + call.url;
    const auto answer = client_->Send(call);
    if (!answer.ok()) {
      ADD_FAILURE() << answer.error().reason.slug << ": " << answer.error().detail;
      return {};
    }
    Sent sent{answer->status, answer->body, answer->headers.Find("idempotency-replayed") == "true", ""};
    constexpr std::string_view kCode = "\"code\":\"";
    if (const size_t at = sent.body.find(kCode); at != std::string::npos) {
      const size_t from = at + kCode.size();
      sent.code = sent.body.substr(from, sent.body.find('"', from) - from);
    }
    return sent;
  }
  Sent Post(const std::string& body, std::optional<std::string> key, std::string_view path = "/v1/deeds") {
    return Send(SignedPost(body, key, clock_.Now(), path));
  }
  http::Call SignedPost(const std::string& body, std::optional<std::string> key, Instant signed_at,
                        std::string_view path = "/v1/deeds") {
    const std::string uri = "https://" + host_ + std::string(path);
    const http_signature::Signer signer{signer_.Text(), http_signature::Algorithm::kEcdsaP256Sha256,
                                        [this](ByteSpan base) { return p256::Sign(signing_key_, base); }};
    std::optional<std::string_view> key_view;
    if (key) key_view = *key;
    const auto fields = http_signature::Sign({"POST", uri, body, key_view}, signer,
                                             "nonce-" + std::to_string(1'000'000'000 + ++nonce_), signed_at);
    http::Call call;
    call.method = "POST";
    call.url = std::string(path);
    call.headers = {
        {"Content-Type", "application/json"}, {"Signature-Input", fields.signature_input}, {"Signature", fields.signature}};
    if (!fields.content_digest.empty()) call.headers.push_back({"Content-Digest", fields.content_digest});
    if (key) call.headers.push_back({"Idempotency-Key", *key});
    call.body = body;
    return call;
  }
  // All that the database keeps.
  std::string OnDisk() {
    const Bytes all = scratch_->Everything().value();
    return std::string(AsText(all));
  }

  ManualClock clock_{kStart.PlusSeconds(600)};
  SeededEntropy entropy_{9};
  p256::KeyPair key_ = p256::Generate(entropy_);
  PersonId person_ = PersonId::Make(kStart, 5, entropy_);
  DeviceId device_ = DeviceId::Make(kStart, 5, entropy_);
  DeviceId signer_ = device_;  // Who signs what is sent, and with what key.
  p256::KeyPair signing_key_ = key_;
  std::string host_;
  uint64_t nonce_ = 0;
  std::mutex failures_mutex_;
  std::vector<std::string> failures_;
  std::atomic<bool> refusing_ = false;
  std::atomic<int> after_ = 0;
  std::atomic<int64_t> deeds_before_answer_ = -1;
  std::unique_ptr<storage::Scratch> scratch_;
  std::unique_ptr<storage::FaultyDatabase> faulty_;  // What the writer writes to.
  std::unique_ptr<storage::Writer> writer_;
  std::unique_ptr<signing::Authenticator> authenticator_;
  std::unique_ptr<Router> router_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Client> client_ = http::MakeClient({});
};

TEST_F(RoutingTest, ASignedWriteIsAnsweredAfterItsCommit) {
  const Sent sent = Post("{\"deed\":1}", "key-00000001");
  EXPECT_EQ(sent.status, 201);
  EXPECT_NE(sent.body.find(kSecret), std::string::npos);
  EXPECT_FALSE(sent.replayed);
  EXPECT_EQ(deeds_before_answer_, 1);  // Seen by a reader of its own before the answer left.
  EXPECT_EQ(after_, 1);
  EXPECT_EQ(Count(kCountKept), 1);
}

TEST_F(RoutingTest, ARepeatedKeyGetsTheKeptAnswerAndDoesNothing) {
  const Sent first = Post("{\"deed\":1}", "key-00000001");
  const Sent again = Post("{\"deed\":1}", "key-00000001");
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, first.body);
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(Count(kCountDeeds), 1);
  EXPECT_EQ(after_, 1);

  const Sent other_body = Post("{\"deed\":2}", "key-00000001");
  EXPECT_EQ(other_body.status, 422);
  EXPECT_EQ(other_body.code, "idempotency_key_reused");
  EXPECT_EQ(Count(kCountDeeds), 1);

  const Sent other_key = Post("{\"deed\":1}", "key-00000002");
  EXPECT_EQ(other_key.status, 201);
  EXPECT_FALSE(other_key.replayed);
  EXPECT_EQ(Count(kCountDeeds), 2);
}

TEST_F(RoutingTest, ACommitOfUnknownOutcomeIsOneDeedAndOneAnswer) {
  int deeds = 0;
  for (const bool lands : {false, true}) {
    SCOPED_TRACE(lands);
    faulty_->Plan({.commit = 1, .commit_lands = lands});
    const std::string key = lands ? "key-00000001" : "key-00000002";
    const Sent sent = Post("{\"deed\":1}", key);
    EXPECT_TRUE(faulty_->struck());
    EXPECT_EQ(sent.status, 201);
    EXPECT_FALSE(sent.replayed);
    EXPECT_EQ(Count(kCountDeeds), ++deeds);
    EXPECT_EQ(after_, deeds);
    EXPECT_TRUE(Post("{\"deed\":1}", key).replayed);
    EXPECT_EQ(after_, deeds);
  }
}

TEST_F(RoutingTest, KeptAnswersGoAfterADay) {
  EXPECT_EQ(Post("{\"deed\":1}", "key-00000001").status, 201);
  clock_.Advance(kKeepAnswerSeconds + 1);
  EXPECT_EQ(Post("{\"deed\":2}", "key-00000002").status, 201);
  EXPECT_EQ(Count(kCountKept), 1);
  EXPECT_FALSE(Post("{\"deed\":1}", "key-00000001").replayed);
}

TEST_F(RoutingTest, AStrangersAnswerGoesAfterAQuarterOfAnHour) {
  const http::Call guest{"POST", "/v1/guest-deeds", {{"Idempotency-Key", "key-00000001"}}, "{}"};
  EXPECT_FALSE(Send(guest).replayed);
  clock_.Advance(kKeepBrieflySeconds - 1);
  EXPECT_EQ(Post("{\"deed\":1}", "key-00000002").status, 201);
  EXPECT_TRUE(Send(guest).replayed);
  clock_.Advance(1);
  EXPECT_EQ(Post("{\"deed\":2}", "key-00000003").status, 201);
  EXPECT_FALSE(Send(guest).replayed);
}

TEST_F(RoutingTest, OldAnswersGoSomeAtATime) {
  constexpr int kKept = 200;
  for (int i = 0; i < kKept; ++i) {
    EXPECT_EQ(Send({"POST", "/v1/guest-deeds", {{"Idempotency-Key", "key-" + std::to_string(1'000'000 + i)}}, "{}"}).status, 201);
    clock_.Advance(1);
  }
  EXPECT_EQ(Count(kCountKept), kKept);
  clock_.Advance(kKeepBrieflySeconds);
  EXPECT_EQ(Post("{\"deed\":1}", "key-00000001").status, 201);
  EXPECT_GT(Count(kCountKept), kKept / 2);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Post("{\"deed\":1}", "key-0000001" + std::to_string(i)).status, 201);
  EXPECT_EQ(Count(kCountKept), 4);
}

TEST_F(RoutingTest, AFaultOfOursIsToldToUsAndNotToTheCaller) {
  const Sent sent = Send({"GET", "/v1/failures"});
  EXPECT_EQ(sent.status, 500);
  EXPECT_EQ(sent.code, "internal_error");
  EXPECT_EQ(sent.body.find("damaged"), std::string::npos);
  EXPECT_EQ(Send({"GET", "/v1/nothing"}).status, 404);
  const std::lock_guard lock(failures_mutex_);
  EXPECT_EQ(failures_, std::vector<std::string>{"fail req_ storage_corrupt test_count_deeds: damaged"});
}

TEST_F(RoutingTest, ARefusalIsNotKept) {
  refusing_ = true;
  const Sent refused = Post("{\"deed\":1}", "key-00000001");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.code, "person_frozen");
  EXPECT_EQ(after_, 0);
  EXPECT_EQ(Count(kCountKept), 0);
  refusing_ = false;
  EXPECT_EQ(Post("{\"deed\":1}", "key-00000001").status, 201);
}

TEST_F(RoutingTest, AWriteWantsAGoodKey) {
  for (const auto& key : {std::optional<std::string>(), std::optional<std::string>("short"),
                          std::optional<std::string>(std::string(65, 'k')), std::optional<std::string>("with a space")}) {
    const Sent sent = Post("{\"deed\":1}", key);
    EXPECT_EQ(sent.status, 400) << key.value_or("none");
    EXPECT_EQ(sent.code, "idempotency_key_missing") << key.value_or("none");
  }
  EXPECT_EQ(Count(kCountDeeds), 0);
}

TEST_F(RoutingTest, WhoWritesTooOftenWaits) {
  int done = 0;
  for (int i = 0; i < 200; ++i) done += Post("{\"deed\":1}", "key-" + std::to_string(1'000'000 + i)).status == 201 ? 1 : 0;
  EXPECT_EQ(done, 120);
  EXPECT_EQ(Post("{\"deed\":1}", "key-00000001").code, "rate_limited");
  EXPECT_EQ(Send({"GET", "/v1/deeds/first-one"}).status, 200);
  const http::Call guest{"POST", "/v1/guest-deeds", {{"Idempotency-Key", "key-00000002"}}, "{}"};
  EXPECT_EQ(Send(guest).status, 201);
  clock_.Advance(5);
  EXPECT_EQ(Post("{\"deed\":1}", "key-00000001").status, 201);
}

TEST_F(RoutingTest, ACostlyQuestionIsAskedNowAndThen) {
  int answered = 0;
  for (int i = 0; i < 10; ++i) answered += Send({"GET", "/v1/bundles"}).status == 200 ? 1 : 0;
  EXPECT_EQ(answered, 6);
  clock_.Advance(10);
  EXPECT_EQ(Send({"GET", "/v1/bundles"}).status, 200);
}

TEST_F(RoutingTest, WhatIsNoRouteIsRefused) {
  const Sent unknown = Send({"GET", "/v1/nothing"});
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.code, "route_unknown");
  const Sent method = Send({"GET", "/v1/deeds"});
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.code, "method_not_allowed");
  const Sent read = Send({"GET", "/v1/deeds/first-one?x=1"});
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.body, "{\"name\":\"first-one\"}");
  EXPECT_EQ(Send({"GET", "/v1/deeds/..%2fetc"}).status, 404);
  EXPECT_EQ(Send({"GET", "/v1/deeds/"}).status, 404);
}

TEST_F(RoutingTest, AnUnsignedOrForeignWriteIsRefused) {
  const Sent unsigned_write = Send({"POST", "/v1/deeds", {{"Idempotency-Key", "key-00000001"}}, "{\"deed\":1}"});
  EXPECT_EQ(unsigned_write.status, 401);
  EXPECT_EQ(unsigned_write.code, "signature_missing");
  signer_ = DeviceId::Make(kStart, 6, entropy_);
  const Sent unknown = Post("{\"deed\":1}", "key-00000001");
  EXPECT_EQ(unknown.status, 401);
  EXPECT_EQ(unknown.code, "signer_unknown");
  signer_ = device_;
  signing_key_ = p256::Generate(entropy_);
  const Sent forged = Post("{\"deed\":1}", "key-00000001");
  EXPECT_EQ(forged.status, 401);
  EXPECT_EQ(forged.code, "signature_wrong");
  EXPECT_EQ(Count(kCountDeeds), 0);
}

TEST_F(RoutingTest, ASignatureFromAFastClockIsTakenOnceAcrossARestart) {
  const http::Call ahead = SignedPost("{\"deed\":1}", "key-00000001", clock_.Now().PlusSeconds(200));
  EXPECT_EQ(Send(ahead).status, 201);
  EXPECT_EQ(Send(ahead).code, "nonce_replayed");
  Start(clock_.Now());
  EXPECT_EQ(Send(ahead).code, "nonce_replayed");
  // Whoever has not sent it before is not kept waiting by the restart.
  EXPECT_EQ(Send(SignedPost("{\"deed\":2}", "key-00000002", clock_.Now().PlusSeconds(200))).status, 201);
  clock_.Advance(1);
  EXPECT_EQ(Send(SignedPost("{\"deed\":3}", "key-00000003", clock_.Now())).status, 201);
  EXPECT_EQ(Count(kCountDeeds), 3);
}

TEST_F(RoutingTest, WhatWasSignedUpToTheSecondOfTheStartIsRefused) {
  const http::Call before = SignedPost("{\"deed\":1}", "key-00000001", clock_.Now());
  EXPECT_EQ(Send(before).status, 201);
  Start(clock_.Now());
  EXPECT_EQ(Send(before).code, "signature_before_start");
}

TEST_F(RoutingTest, OnlyNoncesOfFastClocksAreWrittenDownAndNotForLong) {
  EXPECT_EQ(Post("{\"deed\":1}", "key-00000001").status, 201);
  EXPECT_EQ(Count(kCountNonces), 0);
  EXPECT_EQ(Send(SignedPost("{\"deed\":2}", "key-00000002", clock_.Now().PlusSeconds(1))).status, 201);
  EXPECT_EQ(Count(kCountNonces), 1);
  clock_.Advance(302);
  EXPECT_EQ(Send(SignedPost("{\"deed\":3}", "key-00000003", clock_.Now().PlusSeconds(1))).status, 201);
  EXPECT_EQ(Count(kCountNonces), 1);
}

TEST_F(RoutingTest, KeptAnswersAreSealed) {
  EXPECT_EQ(Post("{\"deed\":\"A-DEED-IN-CLEAR\"}", "key-00000001").status, 201);
  const std::string disk = OnDisk();
  EXPECT_NE(disk.find("A-DEED-IN-CLEAR"), std::string::npos);  // So what is in clear would be found.
  EXPECT_NE(disk.find("key-00000001"), std::string::npos);
  EXPECT_EQ(disk.find(kSecret), std::string::npos);
}

TEST_F(RoutingTest, WhatWasAskedCannotBeGuessedFromWhatIsKept) {
  EXPECT_EQ(Post("{\"number\":\"99000019900101001X\"}", "key-00000001").status, 201);
  constexpr storage::Sql kKept{"test_kept", "SELECT caller, request FROM kept_answer"};
  const storage::Row row = (*scratch_->database().Read().value()->Query(kKept, {})).at(0);
  const std::string body = "{\"number\":\"99000019900101001X\"}";
  for (const std::string& guess : {device_.Text(), "POST\n/v1/deeds\n" + body, body}) {
    EXPECT_NE(row[0].Array<32>(), sm3::Hash(AsBytes(guess)));
    EXPECT_NE(row[1].Array<32>(), sm3::Hash(AsBytes(guess)));
  }
}

}  // namespace
}  // namespace yukuai::routing
