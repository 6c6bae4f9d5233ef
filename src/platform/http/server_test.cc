// SPDX-License-Identifier: Apache-2.0
// The server over real sockets on 127.0.0.1. Nothing sleeps: where a bound in time is tested, the test waits for the
// server's own act. A receive timeout on each socket turns a hang into a failure.
#include "platform/http/server.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "platform/http/certificate.h"
#include "platform/http/client.h"
#include "platform/http/wire_test.h"

namespace yukuai::http {
namespace {

const Instant kNow = Instant::FromSeconds(1'772'323'200);

TEST(Bounds, ALongAnswerMayTakeLonger) {
  Bounds bounds;
  bounds.write_timeout = milliseconds(1000);
  bounds.write_bytes_per_ms_min = 10;
  EXPECT_EQ(bounds.WritePatience(0), milliseconds(1000));
  EXPECT_EQ(bounds.WritePatience(50), milliseconds(1005));
  EXPECT_GT(Bounds().WritePatience(64 << 20), std::chrono::minutes(30));
}

TEST(NetworkOf, TakesAnIpv6AddressForItsWholeNetwork) {
  const std::pair<const char*, const char*> rows[] = {{"203.0.113.7", "203.0.113.7"},
                                                      {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
                                                      {"2001:db8:1:2::1", "2001:db8:1:2::/64"},
                                                      {"2001:db8:1:3::1", "2001:db8:1:3::/64"},
                                                      {"::1", "::/64"},
                                                      {"::ffff:203.0.113.7", "203.0.113.7"},
                                                      {"no address", "no address"}};
  for (const auto& [address, network] : rows) EXPECT_EQ(NetworkOf(address), network);
}

class HttpServer : public ::testing::Test {
 protected:
  void Start() {
    options_.handler = [this](Request request, Responder responder) {
      if (request.path == "/echo") return responder.Answer({.status = 200, .content_type = "text/plain", .body = request.body});
      if (request.path == "/where") return responder.Answer({.status = 200, .content_type = "text/plain", .body = request.query});
      if (request.path == "/shelf") return shelf_.Put(std::move(responder));
      if (request.path == "/throw") throw std::runtime_error("a defect");
      if (request.path == "/drop") return;
      responder.Answer({.status = 404});
    };
    options_.bounds.tick = milliseconds(5);
    auto server = StartServer(options_, clock_, entropy_);
    ASSERT_TRUE(server.ok()) << server.error().detail;
    server_ = std::move(server).value();
  }
  std::string Once(std::string_view text) {
    Wire wire(server_->port());
    wire.Send(text);
    return wire.Answer();
  }

  ManualClock clock_{kNow};
  SeededEntropy entropy_{1};
  ServerOptions options_;
  Shelf shelf_;
  std::unique_ptr<Server> server_;
};

TEST_F(HttpServer, AnswersAndKeepsTheConnection) {
  Start();
  Wire wire(server_->port());
  for (int i = 0; i < 3; ++i) {
    wire.Send(Post("/echo", "hello"));
    const std::string answer = wire.Answer();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\nDate: Sun, 01 Mar 2026 00:00:00 GMT\r\n")) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\nhello")) << answer;
    EXPECT_NE(answer.find("Request-Id: req_"), std::string::npos);
    EXPECT_NE(answer.find("X-Content-Type-Options: nosniff"), std::string::npos);
    EXPECT_NE(answer.find("Cache-Control: no-store"), std::string::npos);
  }
}

TEST_F(HttpServer, AnswersPipelinedRequestsInOrderAlsoWhenOneWaits) {
  Start();
  Wire wire(server_->port());
  std::string all;
  for (int i = 0; i < 20; ++i) all += i == 10 ? Get("/shelf") : Get("/where?" + std::to_string(i));
  wire.Send(all);
  for (int i = 0; i < 20; ++i) {
    if (i == 10) shelf_.Take().Answer({.status = 200, .content_type = "text/plain", .body = "10"});
    EXPECT_TRUE(wire.Answer().ends_with("\r\n\r\n" + std::to_string(i))) << i;
  }
}

TEST_F(HttpServer, TakesTheFirstAnswerFromAnyThread) {
  options_.threads = 2;
  Start();
  Wire wire(server_->port());
  wire.Send(Get("/shelf"));
  Responder responder = shelf_.Take();
  std::thread([&] {
    responder.Answer({.status = 201});
    responder.Answer({.status = 200});
  }).join();
  EXPECT_TRUE(wire.Answer().starts_with("HTTP/1.1 201 "));
  wire.Send(Get("/where?after"));
  EXPECT_TRUE(wire.Answer().ends_with("after"));
}

TEST_F(HttpServer, SaysSoWhenAHandlerLosesItsAnswer) {
  options_.bounds.answer_timeout = milliseconds(20);
  Start();
  for (const char* path : {"/throw", "/drop"}) {
    const std::string answer = Once(Get(path));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 ")) << answer;
    EXPECT_NE(answer.find("\"code\":\"answer_lost\""), std::string::npos);
  }
  const std::string late = Once(Get("/shelf"));
  EXPECT_TRUE(late.starts_with("HTTP/1.1 503 ")) << late;
  EXPECT_NE(late.find("\"code\":\"answer_slow\""), std::string::npos);
  shelf_.Take().Answer({.status = 200});  // Too late, and harmless.
}

TEST_F(HttpServer, AnswersHeadWithoutBodyAndOldClientsOnce) {
  Start();
  Wire wire(server_->port());
  wire.Send("HEAD /where?abc HTTP/1.1\r\nHost: a\r\n\r\n" + Get("/where?next"));
  EXPECT_NE(wire.Until("\r\n\r\n").find("Content-Length: 3\r\n"), std::string::npos);
  EXPECT_TRUE(wire.Answer().starts_with("HTTP/1.1 200"));
  Wire old(server_->port());
  old.Send("GET /where?x HTTP/1.0\r\n\r\n");
  EXPECT_NE(old.Answer().find("Connection: close"), std::string::npos);
  EXPECT_EQ(old.UntilEnd(), "");
}

TEST_F(HttpServer, AsksForTheBodyWhenTheClientWaitsToBeAsked) {
  Start();
  Wire wire(server_->port());
  wire.Send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(wire.Until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  wire.Send("ok");
  EXPECT_TRUE(wire.Answer().ends_with("ok"));
}

TEST_F(HttpServer, RefusesWhatBreaksABound) {
  Start();
  struct Row {
    std::string text;
    const char* status;
    const char* code;
  };
  const std::vector<Row> rows = {
      {"GARBAGE\r\n\r\n", "400", "request_malformed"},
      {"GET / HTTP/1.1\r\n\r\n", "400", "request_malformed"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "411", "length_required"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n", "413", "body_too_large"},
      {"GET /" + std::string(9000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", "414", "target_too_long"},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", "431", "head_too_large"},
  };
  for (const Row& row : rows) {
    const std::string answer = Once(row.text);
    EXPECT_TRUE(answer.starts_with(std::string("HTTP/1.1 ") + row.status)) << answer;
    EXPECT_NE(answer.find(std::string("\"code\":\"") + row.code + "\""), std::string::npos) << answer;
    EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  }
  EXPECT_TRUE(Once(Get("/where?alive")).ends_with("alive"));
}

TEST_F(HttpServer, RefusesTenMegabytesSoThatTheAnswerArrives) {
  Start();
  Wire wire(server_->port());
  wire.Send(Post("/echo", std::string(10 * 1024 * 1024, 'x')));
  EXPECT_TRUE(wire.Answer().starts_with("HTTP/1.1 413 "));
}

TEST_F(HttpServer, AllowsOneRouteMore) {
  options_.body_bytes_max = [](std::string_view method, std::string_view path) -> size_t {
    return method == "POST" && path == "/echo" ? 200'000 : 10;
  };
  Start();
  const std::string body(150'000, 'y');
  EXPECT_TRUE(Once(Post("/echo", body)).ends_with(body));
  EXPECT_TRUE(Once(Post("/where", std::string(11, 'y'))).starts_with("HTTP/1.1 413 "));
}

TEST_F(HttpServer, CutsSlowSenders) {
  options_.bounds.head_timeout = milliseconds(30);
  options_.bounds.body_timeout = milliseconds(30);
  options_.bounds.idle_timeout = milliseconds(30);
  Start();
  for (const char* begun :
       {"GET / HT", "GET / HTTP/1.1\r\nHost: a\r\n", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf"}) {
    Wire wire(server_->port());
    wire.Send(begun);
    const std::string answer = wire.Answer();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 ")) << begun << answer;
    EXPECT_NE(answer.find("\"code\":\"request_slow\""), std::string::npos);
    EXPECT_EQ(wire.UntilEnd(), "");
  }
  Wire silent(server_->port());
  EXPECT_EQ(silent.UntilEnd(), "");
  Wire idle(server_->port());
  idle.Send(Get("/where?x"));
  EXPECT_TRUE(idle.Answer().ends_with("x"));
  EXPECT_EQ(idle.UntilEnd(), "");
}

TEST_F(HttpServer, BoundsConnectionsOfOneAddress) {
  options_.bounds.connections_per_address_max = 2;
  Start();
  Wire first(server_->port());
  Wire second(server_->port());
  first.Send(Get("/where?1"));
  second.Send(Get("/where?2"));
  EXPECT_TRUE(first.Answer().ends_with("1"));
  EXPECT_TRUE(second.Answer().ends_with("2"));
  Wire third(server_->port());
  third.Send(Get("/where?3"));
  EXPECT_EQ(third.UntilEnd(), "");
  EXPECT_EQ(server_->connections(), 2u);
}

TEST_F(HttpServer, ObservesEveryAnswer) {
  std::mutex mutex;
  std::vector<std::pair<int, size_t>> seen;
  options_.observe = [&](const Observation& o) {
    std::lock_guard lock(mutex);
    EXPECT_TRUE(o.request_id.starts_with("req_"));
    seen.emplace_back(o.status, o.reply_bytes);
  };
  Start();
  Once(Post("/echo", "four"));
  Once("GARBAGE\r\n\r\n");
  std::lock_guard lock(mutex);
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0], (std::pair<int, size_t>(200, 4)));
  EXPECT_EQ(seen[1].first, 400);
}

TEST_F(HttpServer, StreamsEventsAndHeartbeats) {
  options_.bounds.heartbeat = milliseconds(10);
  Start();
  Wire wire(server_->port());
  wire.Send(Get("/shelf"));
  auto stream = shelf_.Take().Stream();
  ASSERT_TRUE(stream.ok());
  EXPECT_NE(wire.Until("\r\n\r\n").find("Content-Type: text/event-stream"), std::string::npos);
  EXPECT_TRUE(stream->Send("ride", R"({"ride_id":"rid_1"})"));
  EXPECT_NE(wire.Until("}\n\n").find("event: ride\ndata: {\"ride_id\":\"rid_1\"}"), std::string::npos);
  EXPECT_EQ(wire.Until(":\n\n").substr(0, 3), ":\n\n");
  EXPECT_TRUE(stream->Send("balance", "{}"));
  stream->Close();
  EXPECT_NE(wire.UntilEnd().find("event: balance"), std::string::npos);  // What was sent before the close goes out.
  EXPECT_FALSE(stream->Send("late", "{}"));
  EXPECT_TRUE(stream->closed());
}

TEST_F(HttpServer, CutsAStreamWhoseReaderIsTooSlow) {
  options_.bounds.stream_queue_bytes_max = 4096;
  Start();
  Wire wire(server_->port());
  wire.Send(Get("/shelf"));
  auto stream = shelf_.Take().Stream();
  ASSERT_TRUE(stream.ok());
  wire.Until("\r\n\r\n");
  // The reader reads nothing: the system's buffers fill, then the queue does, in any order of threads.
  const std::string json = "\"" + std::string(1000, 'x') + "\"";
  size_t sent = 0;
  while (stream->Send("ride", json)) ++sent;
  EXPECT_GE(sent, 3u);
  EXPECT_TRUE(stream->closed());
  wire.UntilEnd();
  // The place is free again.
  Wire next(server_->port());
  next.Send(Get("/shelf"));
  EXPECT_TRUE(shelf_.Take().Stream().ok());
}

TEST_F(HttpServer, BoundsStreamsAndStillAnswersTheRefusedRequest) {
  options_.bounds.streams_max = 1;
  Start();
  Wire first(server_->port());
  first.Send(Get("/shelf"));
  auto open = shelf_.Take().Stream();
  ASSERT_TRUE(open.ok());
  Wire second(server_->port());
  second.Send(Get("/shelf"));
  Responder responder = shelf_.Take();
  const auto refused = responder.Stream();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason, kStreamsFull);
  responder.Answer({.status = 503});
  EXPECT_TRUE(second.Answer().starts_with("HTTP/1.1 503 "));
}

TEST_F(HttpServer, NoticesThatAStreamsReaderHasLeft) {
  options_.bounds.heartbeat = std::chrono::minutes(5);
  Start();
  Wire wire(server_->port());
  wire.Send(Get("/shelf"));
  auto stream = shelf_.Take().Stream();
  ASSERT_TRUE(stream.ok());
  wire.Until("\r\n\r\n");
  wire.Close();
  EXPECT_TRUE(server_->Drain(std::chrono::seconds(30)));
  EXPECT_TRUE(stream->closed());
}

TEST_F(HttpServer, DrainsWhatIsInFlightAndEndsTheRest) {
  Start();
  Wire idle(server_->port());
  idle.Send(Get("/where?x"));
  idle.Answer();
  Wire streaming(server_->port());
  streaming.Send(Get("/shelf"));
  auto stream = shelf_.Take().Stream();
  ASSERT_TRUE(stream.ok());
  Wire busy(server_->port());
  busy.Send(Get("/shelf"));
  Responder responder = shelf_.Take();
  bool clean = false;
  std::thread drain([&] { clean = server_->Drain(std::chrono::seconds(30)); });
  EXPECT_EQ(idle.UntilEnd(), "");
  EXPECT_NE(streaming.UntilEnd().find("text/event-stream"), std::string::npos);
  responder.Answer({.status = 200, .content_type = "text/plain", .body = "done"});
  const std::string answer = busy.Answer();
  EXPECT_TRUE(answer.ends_with("done"));
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  busy.Close();
  idle.Close();
  streaming.Close();
  drain.join();
  EXPECT_TRUE(clean);
  EXPECT_EQ(server_->connections(), 0u);
}

TEST_F(HttpServer, CutsWhatTheDeadlineLeavesAndOutlivesItsHandles) {
  Start();
  Wire busy(server_->port());
  busy.Send(Get("/shelf"));
  Responder responder = shelf_.Take();
  EXPECT_FALSE(server_->Drain(milliseconds(1)));
  server_.reset();
  responder.Answer({.status = 200});
  EXPECT_FALSE(responder.Stream().ok());
  EXPECT_EQ(busy.UntilEnd(), "");
}

TEST_F(HttpServer, SaysWhenItCannotListen) {
  Start();
  options_.port = server_->port();
  const auto second = StartServer(options_, clock_, entropy_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().reason, kListenFailed);
}

// ---- TLS ----

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* thing) const {
    Free(thing);
  }
};

class HttpsServer : public HttpServer {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("yukuai_https_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    options_.tls = Make("first");
    Start();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  TlsFiles Make(const std::string& name) {
    // TLS clients read the machine's clock; a century from 2000 on holds whatever it says.
    const Instant begin = Instant::FromSeconds(946'684'800);
    const auto made = MakeCertificates({.names = {"localhost", "127.0.0.1"}, .now = begin, .days = 36'500}, entropy_);
    YUKUAI_CHECK(made.ok());
    EXPECT_EQ(CertificateEnd(made->certificate)->seconds(), begin.PlusSeconds(int64_t{36'500} * 86'400).seconds());
    Write(name + ".ca", made->authority);
    Write(name + ".crt", made->certificate);
    Write(name + ".key", made->key);
    return {(folder_ / (name + ".crt")).string(), (folder_ / (name + ".key")).string()};
  }
  void Write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }

  // The protocol and the first bytes of an answer, or what went wrong.
  std::string Talk(const std::string& authority, int version_max, const std::string& host = "localhost") {
    const std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>> context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_security_level(context.get(), 0);  // So that the client is willing to speak the old versions.
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context.get(), version_max);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_load_verify_locations(context.get(), (folder_ / authority).c_str(), nullptr);
    Wire wire(server_->port());
    const std::unique_ptr<SSL, Freed<SSL_free>> tls(SSL_new(context.get()));
    SSL_set1_host(tls.get(), host.c_str());
    SSL_set_fd(tls.get(), wire.fd());
    if (SSL_connect(tls.get()) != 1) return "no handshake";
    const std::string request = Get("/where?x");
    SSL_write(tls.get(), request.data(), static_cast<int>(request.size()));
    char text[1024];
    const int count = SSL_read(tls.get(), text, sizeof text);
    if (count <= 0) return "no answer";
    const std::string answer(text, static_cast<size_t>(count));
    EXPECT_NE(answer.find("Strict-Transport-Security: max-age="), std::string::npos);
    return std::string(SSL_get_version(tls.get())) + " " + answer.substr(0, 15);
  }

  std::filesystem::path folder_;
};

TEST_F(HttpsServer, SpeaksOnlyTheTwoNewestVersions) {
  EXPECT_EQ(Talk("first.ca", TLS1_3_VERSION), "TLSv1.3 HTTP/1.1 200 OK");
  EXPECT_EQ(Talk("first.ca", TLS1_2_VERSION), "TLSv1.2 HTTP/1.1 200 OK");
  EXPECT_EQ(Talk("first.ca", TLS1_1_VERSION), "no handshake");
  EXPECT_EQ(Talk("first.ca", TLS1_VERSION), "no handshake");
  EXPECT_EQ(Talk("first.ca", TLS1_3_VERSION, "other"), "no handshake");
}

TEST_F(HttpsServer, TakesANewCertificateWithoutStopping) {
  const TlsFiles second = Make("second");
  EXPECT_EQ(Talk("second.ca", TLS1_3_VERSION), "no handshake");
  ASSERT_TRUE(server_->ReloadTls(second).ok());
  EXPECT_EQ(Talk("second.ca", TLS1_3_VERSION), "TLSv1.3 HTTP/1.1 200 OK");
  const TlsFiles unpaired{second.certificate_chain, options_.tls->private_key};
  ASSERT_FALSE(server_->ReloadTls(unpaired).ok());
  EXPECT_EQ(Talk("second.ca", TLS1_3_VERSION), "TLSv1.3 HTTP/1.1 200 OK");
}

TEST_F(HttpsServer, EndsSilentAndPlainTalkers) {
  Wire plain(server_->port());
  plain.Send(Get("/"));
  EXPECT_EQ(plain.UntilEnd().find("HTTP/1.1"), std::string::npos);
}

// ---- The client, against the server ----

TEST_F(HttpsServer, ClientTrustsOnlyThePinnedAuthority) {
  const std::string base = "https://localhost:" + std::to_string(server_->port());
  const auto client = MakeClient({.authority_file = (folder_ / "first.ca").string()});
  for (int i = 0; i < 2; ++i) {
    const auto answer = client->Send({.method = "POST", .url = base + "/echo", .headers = {{"X-Thing", "1"}}, .body = "hello"});
    ASSERT_TRUE(answer.ok()) << answer.error().detail;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "hello");
    EXPECT_EQ(answer->headers.Find("content-type"), "text/plain");
  }
  EXPECT_EQ(server_->connections(), 1u);  // Kept between calls.
  EXPECT_EQ(client->Send({.url = base + "/where?q=1"})->body, "q=1");
  Make("second");
  for (const char* file : {"second.ca", "no such file"}) {
    const auto stranger = MakeClient({.authority_file = (folder_ / file).string()});
    EXPECT_EQ(stranger->Send({.url = base + "/where?q=1"}).error().reason, kPeerUntrusted) << file;
  }
  EXPECT_EQ(MakeClient({})->Send({.url = base + "/"}).error().reason, kPeerUntrusted);
}

TEST_F(HttpServer, ClientTellsUnreachableFromUnknown) {
  options_.bounds.answer_timeout = std::chrono::minutes(5);
  Start();
  const std::string base = "http://127.0.0.1:" + std::to_string(server_->port());
  const auto client = MakeClient({.timeout = milliseconds(50)});
  EXPECT_EQ(client->Send({.method = "POST", .url = base + "/shelf", .body = "x"}).error().reason, kPeerOutcomeUnknown);
  EXPECT_EQ(client->Send({.url = "file:///etc/passwd"}).error().reason, kUrlInvalid);
  const auto small = MakeClient({.reply_bytes_max = 1000});
  EXPECT_EQ(small->Send({.method = "POST", .url = base + "/echo", .body = std::string(1001, 'x')}).error().reason,
            kPeerReplyTooLarge);
  server_.reset();
  EXPECT_EQ(client->Send({.url = base + "/where"}).error().reason, kPeerUnreachable);
}

TEST(Certificates, RefuseNamesThatCouldSmuggleOthers) {
  SeededEntropy entropy(1);
  for (const char* name : {"", "a,IP:10.0.0.1", "UPPER", "a b"}) {
    const auto made = MakeCertificates({.names = {name}, .now = kNow}, entropy);
    ASSERT_FALSE(made.ok()) << name;
    EXPECT_EQ(made.error().reason, kCertificateNameInvalid);
  }
  EXPECT_EQ(CertificateEnd("nothing").error().reason, kCertificateUnreadable);
}

}  // namespace
}  // namespace yukuai::http
