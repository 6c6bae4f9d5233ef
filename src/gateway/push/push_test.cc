// SPDX-License-Identifier: Apache-2.0
#include "gateway/push/push.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace yukuai::push {
namespace {

// A reader of a stream: connected until destroyed.
class Reader {
 public:
  explicit Reader(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    YUKUAI_CHECK(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    constexpr std::string_view kAsk = "GET / HTTP/1.1\r\nHost: here\r\n\r\n";
    YUKUAI_CHECK(::send(socket_, kAsk.data(), kAsk.size(), 0) == static_cast<ssize_t>(kAsk.size()));
    Await("\r\n\r\n");  // The head: by then the stream is subscribed.
  }
  ~Reader() { ::close(socket_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // What has come until `text` has.
  std::string Await(std::string_view text) {
    while (seen_.find(text) == std::string::npos) {
      char part[4096];
      const ssize_t count = ::recv(socket_, part, sizeof part, 0);
      if (count <= 0) return seen_ + "(closed)";
      seen_.append(part, static_cast<size_t>(count));
    }
    return seen_;
  }

 private:
  const int socket_;
  std::string seen_;
};

class HubTest : public ::testing::Test {
 protected:
  std::unique_ptr<http::Server> Start() {
    http::ServerOptions options;
    options.handler = [this](const http::Request&, const http::Responder& responder) {
      auto stream = responder.Stream();
      ASSERT_TRUE(stream.ok());
      hub_.Subscribe(next_, *std::move(stream));
    };
    return http::StartServer(std::move(options), clock_, entropy_).value();
  }
  PersonId NewPerson() { return PersonId::Make(clock_.Now(), 1, entropy_); }

  ManualClock clock_{Instant::FromSeconds(1'772'323'200)};
  SeededEntropy entropy_{3};
  Hub hub_;
  PersonId next_ = NewPerson();  // Whose stream the next one is.
};

TEST_F(HubTest, TellsWhoListensAndNobodyElse) {
  const auto server = Start();
  const PersonId person = next_;
  Reader reader(server->port());
  EXPECT_TRUE(hub_.Listening(person));
  const PersonId other = NewPerson();
  EXPECT_FALSE(hub_.Listening(other));
  hub_.Publish(other, "ride", "{\"whose\":\"other\"}");
  hub_.Publish(person, "ride", "{\"whose\":\"own\"}");
  const std::string seen = reader.Await("own");
  EXPECT_NE(seen.find("event: ride"), std::string::npos) << seen;
  EXPECT_EQ(seen.find("other"), std::string::npos) << seen;
}

TEST_F(HubTest, ANinthStreamOfAPersonEndsTheOldest) {
  const auto server = Start();
  std::vector<std::unique_ptr<Reader>> readers;
  for (size_t i = 0; i <= Hub::kStreamsPerPersonMax; ++i) readers.push_back(std::make_unique<Reader>(server->port()));
  EXPECT_NE(readers[0]->Await("never").find("(closed)"), std::string::npos);
  hub_.Publish(next_, "ride", "{\"n\":1}");
  for (size_t i = 1; i < readers.size(); ++i) EXPECT_EQ(readers[i]->Await("\"n\":1").find("(closed)"), std::string::npos);
}

TEST_F(HubTest, WhoHasLeftIsForgotten) {
  constexpr size_t kMany = 100;
  {
    const auto server = Start();
    std::vector<std::unique_ptr<Reader>> readers;
    for (size_t i = 0; i < kMany; ++i) {
      next_ = NewPerson();
      readers.push_back(std::make_unique<Reader>(server->port()));
    }
    EXPECT_EQ(hub_.persons(), kMany);
  }
  const auto server = Start();
  std::vector<std::unique_ptr<Reader>> readers;
  for (size_t i = 0; i < kMany; ++i) {
    next_ = NewPerson();
    readers.push_back(std::make_unique<Reader>(server->port()));
  }
  EXPECT_EQ(hub_.persons(), kMany);
}

}  // namespace
}  // namespace yukuai::push
