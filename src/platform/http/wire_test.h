// SPDX-License-Identifier: Apache-2.0
// What the tests of the server hold in their hands: a plain socket to it, and responders that wait to be used. A receive
// timeout on each socket turns a hang into a failure.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/result/check.h"
#include "platform/http/server.h"

namespace yukuai::http {

// A plain blocking socket to the server.
class Wire {
 public:
  explicit Wire(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{30, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    YUKUAI_CHECK(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  }
  ~Wire() { Close(); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // False when the other side has closed for reading.
  bool Send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  // One more piece into received(); false at the end.
  bool Receive() {
    char piece[4096];
    const ssize_t count = ::recv(fd_, piece, sizeof piece, 0);
    if (count <= 0) return false;
    received_.append(piece, static_cast<size_t>(count));
    return true;
  }
  // Everything up to and with the mark, which must come.
  std::string Until(std::string_view mark) {
    size_t at = 0;
    while ((at = received_.find(mark)) == std::string::npos) {
      if (!Receive()) return "ended before '" + std::string(mark) + "': " + received_;
    }
    const std::string out = received_.substr(0, at + mark.size());
    received_.erase(0, at + mark.size());
    return out;
  }
  std::string UntilEnd() {
    while (Receive()) continue;
    return std::exchange(received_, {});
  }
  // One whole answer: head and the body its length names.
  std::string Answer() {
    std::string head = Until("\r\n\r\n");
    const size_t at = head.find("Content-Length: ");
    if (at == std::string::npos) return head;
    const size_t length = std::stoul(head.substr(at + 16));
    while (received_.size() < length && Receive()) continue;
    head += received_.substr(0, length);
    received_.erase(0, length);
    return head;
  }
  void Close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int fd() const { return fd_; }

 private:
  int fd_;
  std::string received_;
};

// Holds responders until the test wants them answered.
class Shelf {
 public:
  void Put(Responder responder) {
    std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(responder));
    changed_.notify_all();
  }
  Responder Take() {
    std::unique_lock lock(mutex_);
    YUKUAI_CHECK(changed_.wait_for(lock, std::chrono::seconds(30), [this] { return !waiting_.empty(); }));
    Responder out = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    return out;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Responder> waiting_;
};

inline std::string Get(std::string_view target) { return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n"; }
inline std::string Post(std::string_view target, std::string_view body) {
  return "POST " + std::string(target) + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

}  // namespace yukuai::http
