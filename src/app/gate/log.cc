// SPDX-License-Identifier: Apache-2.0
#include "app/gate/log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include "crypto/sm3/sm3.h"
#include "platform/host/boundary.h"

namespace yukuai::gate {
namespace {

constexpr size_t kDigestLength = 8;
constexpr int kExitTryAgain = 75;  // EX_TEMPFAIL of sysexits.h

Bytes MakeEntry(ByteSpan record) {
  ByteWriter writer;
  writer.AppendSized(record);
  const sm3::Digest digest = sm3::Hash(writer.bytes());
  writer.Append(ByteSpan(digest).first(kDigestLength));
  return writer.Finish();
}

// The record of an entry that is whole; else nothing. `bytes` begin with the entry and may hold more.
std::optional<ByteSpan> ReadEntry(ByteSpan bytes) {
  ByteReader reader(bytes);
  const ByteSpan record = reader.TakeSized(kLogRecordBytesMax);
  const ByteSpan digest = reader.Take(kDigestLength);
  if (!reader.ok() || record.empty()) return std::nullopt;
  const sm3::Digest expected = sm3::Hash(bytes.first(2 + record.size()));
  if (!Equal(digest, ByteSpan(expected).first(kDigestLength))) return std::nullopt;
  return record;
}

// Fewer bytes only at the end of the file.
Result<Bytes> ReadAt(int file, uint64_t at, size_t size) {
  Bytes bytes(size);
  size_t done = 0;
  while (done < size) {
    const ssize_t count = ::pread(file, bytes.data() + done, size - done, static_cast<off_t>(at + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Fault(kLogUnreadable, std::strerror(errno));
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

bool WriteAll(int file, ByteSpan bytes, uint64_t at) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(count));
    at += static_cast<uint64_t>(count);
  }
  return true;
}

// Whether the last record is on the disk cannot be told: only a new start, which reads what is there, can go on.
[[noreturn]] void EndInDoubt(const char* what) {
  std::fprintf(stderr, "yukuai gate: %s of the record log failed (%s); start the gate again\n", what, std::strerror(errno));
  std::_Exit(kExitTryAgain);
}

bool SynchroniseFolder(const std::filesystem::path& folder) {
  const int file = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return false;
  const bool done = ::fsync(file) == 0;
  ::close(file);
  return done;
}

}  // namespace

Result<std::unique_ptr<RecordLog>> RecordLog::Open(const std::filesystem::path& path, Access access) {
  const int flags = access == Access::kWrite ? O_RDWR | O_CREAT : O_RDONLY;
  const int file = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (file < 0) return Fault(kLogUnreadable, std::strerror(errno));
  std::unique_ptr<RecordLog> log(new RecordLog(file));
  // A new file's name must be as durable as the records in it.
  if (access == Access::kWrite && !SynchroniseFolder(path.parent_path())) return Fault(kLogUnreadable, std::strerror(errno));
  YUKUAI_TRY(log->Scan(access));
  return log;
}

RecordLog::~RecordLog() { ::close(file_); }

Result<void> RecordLog::Scan(Access access) {
  struct stat status {};
  if (::fstat(file_, &status) != 0) return Fault(kLogUnreadable, std::strerror(errno));
  const auto size = static_cast<uint64_t>(status.st_size);
  constexpr size_t kChunk = 1024 * kLogEntryBytesMax;
  for (bool whole = true; whole && ends_.back() < size;) {
    YUKUAI_ASSIGN(const Bytes chunk, ReadAt(file_, ends_.back(), kChunk));
    size_t at = 0;
    // An entry that reaches beyond this chunk is read again with the next one.
    while (whole && at < chunk.size() && (at == 0 || chunk.size() < kChunk || chunk.size() - at >= kLogEntryBytesMax)) {
      const auto record = ReadEntry(ByteSpan(chunk).subspan(at));
      whole = record.has_value();
      if (!whole) break;
      at += 2 + record->size() + kDigestLength;
      ends_.push_back(ends_.back() + 2 + record->size() + kDigestLength);
    }
  }
  const uint64_t tail = size - std::min(size, ends_.back());
  if (tail == 0) return {};
  // One entry at most was being written.
  if (tail > kLogEntryBytesMax) return Fault(kLogDamaged, "at byte " + std::to_string(ends_.back()));
  if (access == Access::kRead) return {};
  if (::ftruncate(file_, static_cast<off_t>(ends_.back())) != 0 || ::fsync(file_) != 0) {
    return Fault(kLogUnreadable, std::strerror(errno));
  }
  bytes_cut_ = tail;
  return {};
}

uint64_t RecordLog::count() const {
  const std::lock_guard lock(mutex_);
  return ends_.size() - 1;
}

Result<void> RecordLog::Append(uint64_t counter, ByteSpan record) {
  YUKUAI_CHECK(counter == count() + 1 && !record.empty() && record.size() <= kLogRecordBytesMax);
  const uint64_t at = ends_.back();  // Only this thread changes it.
  const Bytes entry = MakeEntry(record);
  if (at + entry.size() > kLogBytesMax) return Fault(kLogFull);
  host::Boundary("gate.log.write.before");
  if (!WriteAll(file_, entry, at)) {
    const int error = errno;
    // The part that was written must not come to light after a crash.
    if (::ftruncate(file_, static_cast<off_t>(at)) != 0 || ::fsync(file_) != 0) EndInDoubt("mending");
    return Fault(kLogUnwritable, std::strerror(error));
  }
  host::Boundary("gate.log.write.after");
  host::Boundary("gate.log.sync.before");
  if (::fdatasync(file_) != 0) EndInDoubt("synchronising");
  host::Boundary("gate.log.sync.after");
  const std::lock_guard lock(mutex_);
  ends_.push_back(at + entry.size());
  return {};
}

Result<Bytes> RecordLog::Read(uint64_t counter) const {
  uint64_t begin = 0;
  uint64_t end = 0;
  {
    const std::lock_guard lock(mutex_);
    if (counter == 0 || counter >= ends_.size()) return Fault(kLogNoSuchRecord);
    begin = ends_[counter - 1];
    end = ends_[counter];
  }
  YUKUAI_ASSIGN(const Bytes entry, ReadAt(file_, begin, end - begin));
  const auto record = ReadEntry(entry);
  if (!record) return Fault(kLogDamaged, "at byte " + std::to_string(begin));
  return Bytes(record->begin(), record->end());
}

}  // namespace yukuai::gate
