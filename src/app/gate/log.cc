// SPDX-License-Identifier: Apache-2.0
#include "app/gate/log.h"

#include <algorithm>
#include <optional>
#include <string>

#include "crypto/sm3/sm3.h"
#include "platform/host/boundary.h"

namespace yukuai::gate {
namespace {

constexpr size_t kDigestLength = 8;

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

}  // namespace

Result<std::unique_ptr<RecordLog>> RecordLog::Open(host::Files& files, const std::filesystem::path& path, Access access) {
  const bool writes = access == Access::kWrite;
  auto file = files.Open(path, writes ? host::Files::Access::kWrite : host::Files::Access::kRead);
  if (!file.ok()) return Fault(kLogUnreadable, file.error().detail);
  std::unique_ptr<RecordLog> log(new RecordLog(files, *std::move(file)));
  // A new file's name must be as durable as the records in it.
  if (writes && !files.SynchroniseFolder(path.parent_path()).ok()) return Fault(kLogUnreadable, "its folder");
  YUKUAI_TRY(log->Scan(access));
  return log;
}

Result<void> RecordLog::Scan(Access access) {
  const auto found = file_->Size();
  if (!found.ok()) return Fault(kLogUnreadable, found.error().detail);
  const uint64_t size = *found;
  constexpr size_t kChunk = 1024 * kLogEntryBytesMax;
  for (bool whole = true; whole && ends_.back() < size;) {
    const auto read = file_->ReadAt(ends_.back(), kChunk);
    if (!read.ok()) return Fault(kLogUnreadable, read.error().detail);
    const Bytes& chunk = *read;
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
  if (!file_->Truncate(ends_.back()).ok() || !file_->Synchronise().ok()) return Fault(kLogUnreadable, "it cannot be cut");
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
  if (const auto written = file_->WriteAt(at, entry); !written.ok()) {
    // The part that was written must not come to light after a crash.
    auto mended = file_->Truncate(at);
    if (mended.ok()) mended = file_->Synchronise();
    if (!mended.ok()) return InDoubt("mending", mended.error());
    return Fault(kLogUnwritable, written.error().detail);
  }
  host::Boundary("gate.log.write.after");
  host::Boundary("gate.log.sync.before");
  if (const auto synced = file_->Synchronise(); !synced.ok()) return InDoubt("synchronising", synced.error());
  host::Boundary("gate.log.sync.after");
  const std::lock_guard lock(mutex_);
  ends_.push_back(at + entry.size());
  return {};
}

// Whether the last record is on the disk cannot be told.
Fault RecordLog::InDoubt(std::string_view what, const Fault& fault) {
  files_.EndInDoubt("gate", std::string(what) + " of the record log failed (" + fault.detail + ")");
  return Fault(kLogUnwritable, fault.detail);
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
  const auto entry = file_->ReadAt(begin, end - begin);
  if (!entry.ok()) return Fault(kLogUnreadable, entry.error().detail);
  const auto record = ReadEntry(*entry);
  if (!record) return Fault(kLogDamaged, "at byte " + std::to_string(begin));
  return Bytes(record->begin(), record->end());
}

}  // namespace yukuai::gate
