// SPDX-License-Identifier: Apache-2.0
// The root key, for the ceremony alone: a folder of its own on a machine without network.
//
//   <folder>/root.key      sealed file (scrypt) under the ceremony's passphrase: the private key, 32 bytes
//   <folder>/root-record   public, text: "yukuai root record", the root index, the public key (compressed, hex)
#pragma once

#include <filesystem>
#include <string>

#include "platform/keys/keys.h"

namespace yukuai::keys {

inline constexpr Reason kRootRecordMalformed{Kind::kMalformed, "root_record_malformed"};

struct RootRecord {
  uint8_t index = 1;
  sm2::PublicKey key;
};

std::string RootRecordText(const RootRecord& record);
Result<RootRecord> ParseRootRecord(std::string_view text);  // kRootRecordMalformed

class RootKey {
 public:
  // kKeysExist, kKeyFileUnwritable.
  static Result<RootKey> Create(const std::filesystem::path& folder, uint8_t index, const Passphrase& passphrase,
                                Entropy& entropy, sealing::Cost cost = {});
  // The record beside must be the key's own. kKeyFileMissing, kKeyPassphraseWrong, kKeyFileDamaged, kRootRecordMalformed.
  static Result<RootKey> Open(const std::filesystem::path& folder, const Passphrase& passphrase);
  static bool Exists(const std::filesystem::path& folder);

  const sm2::PrivateKey& key() const { return key_; }
  const RootRecord& record() const { return record_; }

 private:
  RootKey(sm2::PrivateKey key, RootRecord record) : key_(std::move(key)), record_(std::move(record)) {}
  sm2::PrivateKey key_;
  RootRecord record_;
};

}  // namespace yukuai::keys
