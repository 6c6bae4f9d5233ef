// SPDX-License-Identifier: Apache-2.0
// The gate's record log: one file to which signed records are appended, durable before the barrier opens. What a record says
// is the terminal SDK's; here it is bytes with a counter.
//
//   02 5b | record, 603 bytes here | first 8 bytes of SM3(length || record)        and the next entry
//
// Appending writes one entry with one call and then synchronises. So after a crash at most the last entry can be incomplete;
// that one was never answered for, and it is cut. Damage before the last entry is not a crash's: it is a fault.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "base/bytes/bytes.h"
#include "base/result/result.h"
#include "platform/host/files.h"

namespace yukuai::gate {

// In order of precedence.
inline constexpr Reason kLogUnreadable{Kind::kUnavailable, "gate_log_unreadable"};
inline constexpr Reason kLogDamaged{Kind::kInternal, "gate_log_damaged"};
inline constexpr Reason kLogFull{Kind::kLimited, "gate_log_full"};
inline constexpr Reason kLogUnwritable{Kind::kUnavailable, "gate_log_unwritable"};
inline constexpr Reason kLogNoSuchRecord{Kind::kNotFound, "gate_log_no_such_record"};

inline constexpr size_t kLogRecordBytesMax = 731;
inline constexpr size_t kLogEntryBytesMax = 2 + kLogRecordBytesMax + 8;
// A metro gate writes about 20 MB a day.
inline constexpr uint64_t kLogBytesMax = uint64_t{1} << 30;

class RecordLog {
 public:
  enum class Access : uint8_t {
    kWrite,  // Makes the file if there is none, cuts an incomplete last entry.
    kRead,   // Changes nothing; for looking at the log of a gate that runs.
  };
  // Faults: kLogUnreadable, kLogDamaged.
  static Result<std::unique_ptr<RecordLog>> Open(host::Files& files, const std::filesystem::path& path, Access access);
  RecordLog(const RecordLog&) = delete;
  RecordLog& operator=(const RecordLog&) = delete;

  // Records are 1..count().
  uint64_t count() const;
  uint64_t bytes_cut() const { return bytes_cut_; }

  // Durable when it returns done. After a fault the record is not in the log and never will be. When neither can be known,
  // because the disk failed while synchronising, the program ends and must read its log anew. The counter must be
  // count() + 1. Faults: kLogFull, kLogUnwritable.
  Result<void> Append(uint64_t counter, ByteSpan record);

  // Thread-safe beside Append. Faults: kLogNoSuchRecord, kLogUnreadable, kLogDamaged.
  Result<Bytes> Read(uint64_t counter) const;

 private:
  RecordLog(host::Files& files, std::unique_ptr<host::File> file) : files_(files), file_(std::move(file)) {}
  Result<void> Scan(Access access);
  Fault InDoubt(std::string_view what, const Fault& fault);

  host::Files& files_;
  const std::unique_ptr<host::File> file_;
  uint64_t bytes_cut_ = 0;
  mutable std::mutex mutex_;          // Guards ends_.
  std::vector<uint64_t> ends_ = {0};  // Where entry i ends; entry i begins where i - 1 ends.
};

}  // namespace yukuai::gate
