// SPDX-License-Identifier: Apache-2.0
#include "platform/host/host.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/result/check.h"

namespace yukuai::host {
namespace {

// Owns a file descriptor; Close() tells whether the close succeeded, the destructor does not ask.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  bool Close() {
    const int closing = fd_;
    fd_ = -1;
    return ::close(closing) == 0;
  }

 private:
  int fd_;
};

std::string ErrorText(const char* what, int error) { return std::string(what) + ": " + std::strerror(error); }

bool WriteAll(int fd, ByteSpan content) {
  while (!content.empty()) {
    const ssize_t count = ::write(fd, content.data(), content.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    content = content.subspan(static_cast<size_t>(count));
  }
  return true;
}

Result<void> SyncDirectory(const std::filesystem::path& directory) {
  const Descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.open() || ::fsync(fd.get()) != 0) return Fault(kFileUnwritable, ErrorText("directory", errno));
  return {};
}

}  // namespace

Instant SystemClock::Now() const {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::microseconds>(since).count()};
}

void SystemEntropy::Fill(std::span<uint8_t> out) {
  while (!out.empty()) {
    const ssize_t count = ::getrandom(out.data(), out.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    YUKUAI_CHECK(count > 0);
    out = out.subspan(static_cast<size_t>(count));
  }
}

Result<Bytes> ReadFile(const std::filesystem::path& path, size_t size_max) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.open()) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    return Fault(missing ? kFileMissing : kFileUnreadable, ErrorText(path.c_str(), errno));
  }
  // Read to the end instead of asking for the size: pipes and /proc have none.
  Bytes content;
  uint8_t buffer[65536];
  for (;;) {
    const ssize_t count = ::read(fd.get(), buffer, sizeof buffer);
    if (count < 0) {
      if (errno == EINTR) continue;
      return Fault(kFileUnreadable, ErrorText(path.c_str(), errno));
    }
    if (count == 0) return content;
    if (content.size() + static_cast<size_t>(count) > size_max) return Fault(kFileTooLarge, path.string());
    content.insert(content.end(), buffer, buffer + count);
  }
}

Result<void> WriteFileDurably(const std::filesystem::path& path, ByteSpan content, int mode) {
  // mkstemp names the neighbour, so two writers of one path never share a half-written file. It starts with a dot and keeps
  // the folder's file system, which rename needs.
  const std::filesystem::path directory = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  std::string beside = (directory / ("." + path.filename().string() + ".XXXXXX")).string();
  Descriptor fd(::mkostemp(beside.data(), O_CLOEXEC));
  if (!fd.open()) return Fault(kFileUnwritable, ErrorText(path.c_str(), errno));
  const bool written = ::fchmod(fd.get(), static_cast<mode_t>(mode)) == 0 && WriteAll(fd.get(), content) &&
                       ::fsync(fd.get()) == 0 && fd.Close() && ::rename(beside.c_str(), path.c_str()) == 0;
  if (!written) {
    const int error = errno;
    ::unlink(beside.c_str());
    return Fault(kFileUnwritable, ErrorText(path.c_str(), error));
  }
  return SyncDirectory(directory);
}

uint64_t RaiseOpenFiles() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  return ::setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

}  // namespace yukuai::host
