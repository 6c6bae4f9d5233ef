// SPDX-License-Identifier: Apache-2.0
// Files of a program that must survive a crash: the machine's own, or those of a simulated machine. What was written and not
// synchronised may be lost, in part or whole, when the machine stops.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "base/bytes/bytes.h"
#include "base/result/result.h"
#include "platform/host/host.h"

namespace yukuai::host {

inline constexpr Reason kFileLocked{Kind::kConflict, "file_locked"};

class File {
 public:
  virtual ~File() = default;
  virtual Result<uint64_t> Size() const = 0;                         // kFileUnreadable
  virtual Result<Bytes> ReadAt(uint64_t at, size_t size) const = 0;  // Fewer bytes only at its end. kFileUnreadable
  virtual Result<void> WriteAt(uint64_t at, ByteSpan bytes) = 0;     // kFileUnwritable; a part may have been written.
  virtual Result<void> Truncate(uint64_t size) = 0;                  // kFileUnwritable
  virtual Result<void> Synchronise() = 0;                            // kFileUnwritable; what is on the disk is then unknown.
};

// Held until destroyed, or until the process ends.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

// Thread-safe; files that it opened are used by one thread at a time, except for ReadAt.
class Files {
 public:
  using Path = std::filesystem::path;
  enum class Access { kRead, kWrite };  // kWrite makes a missing file, readable by its owner only.

  virtual ~Files() = default;
  virtual Result<std::unique_ptr<File>> Open(const Path& path, Access access) = 0;  // kFileMissing, kFileUnreadable
  virtual Result<Bytes> Read(const Path& path, size_t size_max) = 0;  // kFileMissing, kFileUnreadable, kFileTooLarge
  // The old or the new content, never a mixture. kFileUnwritable
  virtual Result<void> WriteDurably(const Path& path, ByteSpan content) = 0;
  virtual void Remove(const Path& path) = 0;                     // Perhaps: who cannot bear the file to stay does not ask.
  virtual Result<void> MakeFolder(const Path& path) = 0;         // For its owner only, with those above it. kFileUnwritable
  virtual Result<void> SynchroniseFolder(const Path& path) = 0;  // The names in it. kFileUnwritable
  virtual Result<std::unique_ptr<FileLock>> Lock(const Path& path) = 0;  // kFileLocked, kFileUnwritable
  // What is on the disk cannot be told, and only a new start, which reads what is there, can go on: says so and ends the
  // process. Returns in a simulation alone, where nothing done afterwards reaches anything.
  virtual void EndInDoubt(std::string_view program, std::string_view what) = 0;
};

class SystemFiles : public Files {
 public:
  Result<std::unique_ptr<File>> Open(const Path& path, Access access) override;
  Result<Bytes> Read(const Path& path, size_t size_max) override { return ReadFile(path, size_max); }
  Result<void> WriteDurably(const Path& path, ByteSpan content) override { return WriteFileDurably(path, content); }
  void Remove(const Path& path) override;
  Result<void> MakeFolder(const Path& path) override;
  Result<void> SynchroniseFolder(const Path& path) override;
  Result<std::unique_ptr<FileLock>> Lock(const Path& path) override;
  void EndInDoubt(std::string_view program, std::string_view what) override;
};

}  // namespace yukuai::host
