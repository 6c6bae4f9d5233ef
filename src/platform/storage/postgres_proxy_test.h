// SPDX-License-Identifier: Apache-2.0
// Stands between the engine and a real server and does what networks and failing servers do, at a place that is chosen exactly:
// the COMMIT is lost on its way, or its answer is; the server warns with the answer; the answer does not come.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/result/check.h"

namespace yukuai::storage {

enum class ProxyFault {
  kNone,
  kCommitLost,    // Cut before the server hears of it.
  kAnswerLost,    // Cut after the server has answered it.
  kAnswerSilent,  // The server has answered; nothing arrives, and the connection stays.
  kAnswerWarned,  // A warning arrives before the answer.
};

class PostgresProxy {
 public:
  // `server`: the path of the server's own socket, …/.s.PGSQL.5432.
  PostgresProxy(std::filesystem::path folder, std::string server) : folder_(std::move(folder)), server_(std::move(server)) {
    listening_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un name = NameOf((folder_ / ".s.PGSQL.5432").string());
    YUKUAI_CHECK(::bind(listening_, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0 && ::listen(listening_, 16) == 0);
    YUKUAI_CHECK(::pipe(ending_) == 0);
    accepting_ = std::thread([this] { Accept(); });
  }
  ~PostgresProxy() {
    ::close(ending_[1]);  // Every thread waits for its other end too.
    accepting_.join();
    for (std::thread& carrying : carrying_) carrying.join();
    ::close(listening_);
    ::close(ending_[0]);
  }
  PostgresProxy(const PostgresProxy&) = delete;
  PostgresProxy& operator=(const PostgresProxy&) = delete;

  std::string host() const { return folder_.string(); }
  void Plan(ProxyFault fault) { fault_ = fault; }  // For the next COMMIT, once.
  bool struck() const { return fault_ == ProxyFault::kNone; }

 private:
  static sockaddr_un NameOf(const std::string& path) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    YUKUAI_CHECK(path.size() < sizeof name.sun_path);
    path.copy(name.sun_path, path.size());
    return name;
  }

  void Accept() {
    for (;;) {
      pollfd waiting[2] = {{listening_, POLLIN, 0}, {ending_[0], POLLIN, 0}};
      ::poll(waiting, 2, -1);
      if (waiting[1].revents != 0) return;
      const int client = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
      carrying_.emplace_back([this, client] { Carry(client); });
    }
  }

  void Carry(int client) {
    const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un name = NameOf(server_);
    YUKUAI_CHECK(::connect(server, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
    ProxyFault striking = ProxyFault::kNone;  // What this connection's COMMIT meets.
    for (;;) {
      pollfd waiting[3] = {{client, POLLIN, 0}, {server, POLLIN, 0}, {ending_[0], POLLIN, 0}};
      ::poll(waiting, 3, -1);
      if (waiting[2].revents != 0) break;
      if (waiting[0].revents != 0) {
        const std::string bytes = Receive(client);
        if (bytes.empty()) break;
        if (bytes.find(std::string("COMMIT\0", 7)) != std::string::npos) striking = fault_.exchange(ProxyFault::kNone);
        if (striking == ProxyFault::kCommitLost) break;
        Send(server, bytes);
      }
      if (waiting[1].revents != 0) {
        const std::string bytes = Receive(server);
        if (bytes.empty() || striking == ProxyFault::kAnswerLost) break;
        if (striking == ProxyFault::kAnswerSilent) continue;
        if (striking == ProxyFault::kAnswerWarned) Send(client, Warning());
        striking = ProxyFault::kNone;
        Send(client, bytes);
      }
    }
    ::close(client);
    ::close(server);
  }

  // NoticeResponse: 'N', a length, fields of a letter and a text each, a zero.
  static std::string Warning() {
    std::string fields;
    for (const char* field : {"SWARNING", "VWARNING", "C01000", "Mnot copied yet"}) fields += field + std::string(1, '\0');
    fields += '\0';
    const auto length = static_cast<char>(fields.size() + 4);
    return std::string("N\0\0\0", 4) + length + fields;
  }
  static std::string Receive(int from) {
    std::string bytes(65536, '\0');
    const ssize_t size = ::recv(from, bytes.data(), bytes.size(), 0);
    bytes.resize(size > 0 ? static_cast<size_t>(size) : 0);
    return bytes;
  }
  static void Send(int to, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }

  const std::filesystem::path folder_;
  const std::string server_;
  int listening_ = -1;
  int ending_[2] = {-1, -1};
  std::atomic<ProxyFault> fault_ = ProxyFault::kNone;
  std::thread accepting_;
  std::vector<std::thread> carrying_;  // Grown by accepting_, joined after it.
};

}  // namespace yukuai::storage
