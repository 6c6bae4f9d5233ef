// SPDX-License-Identifier: Apache-2.0
// What a gate keeps in its data folder, beside the record log. Every file is replaced as a whole and durable when written;
// all are readable by the owner only.
//
//   terminal.key        d of the SM2 key, hex; made once, before anything is sent
//   enrolment.request   the request body that is being sent, until it was answered: sent again after a crash, it is the same
//   identity            "ter_… <list key, hex>": there once the server has answered
//   config.held, rules.held, freeze-list.held     "YKH1" | version 8 | the signed file
//   acknowledged        the highest counter that the server has acknowledged, decimal
//   gate.lock           held while a gate runs: two gates on one chain would fork it
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/entropy/entropy.h"
#include "base/ids/ids.h"
#include "base/result/result.h"
#include "crypto/sm2/sm2.h"
#include "platform/host/files.h"

namespace yukuai::gate {

// In order of precedence.
inline constexpr Reason kFolderUnusable{Kind::kUnavailable, "gate_folder_unusable"};
inline constexpr Reason kFolderInUse{Kind::kConflict, "gate_folder_in_use"};
inline constexpr Reason kFolderMalformed{Kind::kInternal, "gate_folder_malformed"};

struct Identity {
  TerminalId terminal;
  sm2::CompressedKey list_key{};
};

enum class FileKind : uint8_t { kConfig, kRules, kFreezeList };
inline constexpr FileKind kFileKinds[] = {FileKind::kConfig, FileKind::kRules, FileKind::kFreezeList};  // In order of loading.
std::string_view FileKindName(FileKind kind);  // "config", "rules", "freeze-list"

// A signed file that this gate has accepted.
struct HeldFile {
  uint64_t version = 0;
  Bytes file;
};

class Folder {
 public:
  enum class Access : uint8_t {
    kOwn,   // Makes the folder, takes its lock. Faults: kFolderUnusable, kFolderInUse.
    kLook,  // Takes no lock, changes nothing.
  };
  // files outlives the folder.
  static Result<Folder> Open(host::Files& files, std::filesystem::path path, Access access);
  Folder(Folder&& other) = default;
  Folder& operator=(Folder&&) = delete;

  std::filesystem::path log() const { return path_ / "records.log"; }

  // Faults of all: kFolderUnusable, kFolderMalformed.
  Result<sm2::PrivateKey> LoadOrMakeKey(Entropy& entropy) const;
  Result<sm2::PrivateKey> LoadKey() const;
  Result<std::optional<Identity>> LoadIdentity() const;
  Result<void> SaveIdentity(const Identity& identity) const;
  Result<std::optional<std::string>> LoadRequest() const;
  Result<void> SaveRequest(std::string_view body) const;
  void RemoveRequest() const;
  Result<std::optional<HeldFile>> LoadHeld(FileKind kind) const;
  Result<void> SaveHeld(FileKind kind, const HeldFile& held) const;
  void RemoveHeld(FileKind kind) const;
  Result<uint64_t> LoadAcknowledged() const;  // 0 when nothing was.
  Result<void> SaveAcknowledged(uint64_t counter) const;

 private:
  Folder(host::Files& files, std::filesystem::path path) : files_(files), path_(std::move(path)) {}
  Result<std::optional<Bytes>> Load(std::string_view name, size_t size_max) const;
  Result<void> Save(std::string_view name, ByteSpan content) const;

  host::Files& files_;
  std::filesystem::path path_;
  std::unique_ptr<host::FileLock> lock_;
};

}  // namespace yukuai::gate
