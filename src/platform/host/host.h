// SPDX-License-Identifier: Apache-2.0
// The machine: the real clock, the real random source, files that are durable when they say so.
#pragma once

#include <filesystem>
#include <string>

#include "base/bytes/bytes.h"
#include "base/entropy/entropy.h"
#include "base/result/result.h"
#include "base/time/time.h"

namespace yukuai::host {

inline constexpr Reason kFileMissing{Kind::kNotFound, "file_missing"};
inline constexpr Reason kFileUnreadable{Kind::kUnavailable, "file_unreadable"};
inline constexpr Reason kFileTooLarge{Kind::kMalformed, "file_too_large"};
inline constexpr Reason kFileUnwritable{Kind::kUnavailable, "file_unwritable"};

class SystemClock : public Clock {
 public:
  Instant Now() const override;
};

class SystemEntropy : public Entropy {  // getrandom(2)
 public:
  void Fill(std::span<uint8_t> out) override;
};

Result<Bytes> ReadFile(const std::filesystem::path& path, size_t size_max);
// Written beside, synced, renamed, directory synced: after a crash the old or the new content, never a mixture.
Result<void> WriteFileDurably(const std::filesystem::path& path, ByteSpan content, int mode = 0600);

// How many files and connections this process may hold open, after raising that to what the system allows it.
uint64_t RaiseOpenFiles();

}  // namespace yukuai::host
