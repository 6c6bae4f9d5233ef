// SPDX-License-Identifier: Apache-2.0
#include "platform/host/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace yukuai::host {
namespace {

constexpr int kExitTryAgain = 75;  // EX_TEMPFAIL of sysexits.h

class SystemFile : public File {
 public:
  explicit SystemFile(int file) : file_(file) {}
  ~SystemFile() override { ::close(file_); }
  SystemFile(const SystemFile&) = delete;
  SystemFile& operator=(const SystemFile&) = delete;

  Result<uint64_t> Size() const override {
    struct stat status {};
    if (::fstat(file_, &status) != 0) return Fault(kFileUnreadable, std::strerror(errno));
    return static_cast<uint64_t>(status.st_size);
  }
  Result<Bytes> ReadAt(uint64_t at, size_t size) const override {
    Bytes bytes(size);
    size_t done = 0;
    while (done < size) {
      const ssize_t count = ::pread(file_, bytes.data() + done, size - done, static_cast<off_t>(at + done));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return Fault(kFileUnreadable, std::strerror(errno));
      if (count == 0) break;
      done += static_cast<size_t>(count);
    }
    bytes.resize(done);
    return bytes;
  }
  Result<void> WriteAt(uint64_t at, ByteSpan bytes) override {
    while (!bytes.empty()) {
      const ssize_t count = ::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(at));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return Fault(kFileUnwritable, std::strerror(errno));
      bytes = bytes.subspan(static_cast<size_t>(count));
      at += static_cast<uint64_t>(count);
    }
    return {};
  }
  Result<void> Truncate(uint64_t size) override {
    if (::ftruncate(file_, static_cast<off_t>(size)) != 0) return Fault(kFileUnwritable, std::strerror(errno));
    return {};
  }
  // The file's size is among what fdatasync keeps; its times may be lost.
  Result<void> Synchronise() override {
    if (::fdatasync(file_) != 0) return Fault(kFileUnwritable, std::strerror(errno));
    return {};
  }

 private:
  const int file_;
};

class SystemFileLock : public FileLock {
 public:
  explicit SystemFileLock(int file) : file_(file) {}
  ~SystemFileLock() override { ::close(file_); }
  SystemFileLock(const SystemFileLock&) = delete;
  SystemFileLock& operator=(const SystemFileLock&) = delete;

 private:
  const int file_;
};

}  // namespace

Result<std::unique_ptr<File>> SystemFiles::Open(const Path& path, Access access) {
  const int flags = access == Access::kWrite ? O_RDWR | O_CREAT : O_RDONLY;
  const int file = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (file < 0) return Fault(errno == ENOENT ? kFileMissing : kFileUnreadable, std::strerror(errno));
  return std::unique_ptr<File>(std::make_unique<SystemFile>(file));
}

void SystemFiles::Remove(const Path& path) {
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
}

Result<void> SystemFiles::MakeFolder(const Path& path) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(path, error);
  if (error) return Fault(kFileUnwritable, error.message());
  if (made) std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
  return {};
}

Result<void> SystemFiles::SynchroniseFolder(const Path& path) {
  const int file = ::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return Fault(kFileUnwritable, std::strerror(errno));
  const bool done = ::fsync(file) == 0;
  const int error = errno;
  ::close(file);
  if (!done) return Fault(kFileUnwritable, std::strerror(error));
  return {};
}

Result<std::unique_ptr<FileLock>> SystemFiles::Lock(const Path& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return Fault(kFileUnwritable, std::strerror(errno));
  auto lock = std::make_unique<SystemFileLock>(file);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) return Fault(kFileLocked, path.string());
  return std::unique_ptr<FileLock>(std::move(lock));
}

void SystemFiles::EndInDoubt(std::string_view program, std::string_view what) {
  std::fprintf(stderr, "yukuai %.*s: %.*s; start it again\n", static_cast<int>(program.size()), program.data(),
               static_cast<int>(what.size()), what.data());
  std::_Exit(kExitTryAgain);
}

}  // namespace yukuai::host
