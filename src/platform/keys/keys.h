// SPDX-License-Identifier: Apache-2.0
// The server's keys: one sealed file per purpose in one folder, opened once at start. The root key is not among them: it is
// made and used by the ceremony alone, in a folder of its own (root.h).
//
//   <folder>/seal.key        sealed file (crypto/sealing, scrypt) under the passphrase: the 32-byte seal key
//   <folder>/<purpose>.key   sealed box under the seal key, context "yukuai key file" 00 purpose: the 32-byte key
//   <folder>/certificate     the institution certificate, 117 bytes, public
//
// So scrypt runs once for a start, a new passphrase rewrites one file, and a file under another purpose's name does not open
// (docs/decisions/0004-one-seal-for-the-key-files.md).
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "base/bytes/bytes.h"
#include "base/entropy/entropy.h"
#include "base/result/result.h"
#include "base/secret/secret.h"
#include "crypto/sealing/sealing.h"
#include "crypto/sm2/sm2.h"

namespace yukuai::keys {

// In order of precedence. The detail names the file, never its content.
inline constexpr Reason kPassphraseMissing{Kind::kMalformed, "key_passphrase_missing"};  // The seal file is absent or empty.
inline constexpr Reason kKeysExist{Kind::kConflict, "keys_exist"};                       // Making keys never replaces any.
inline constexpr Reason kKeyFileMissing{Kind::kNotFound, "key_file_missing"};
inline constexpr Reason kKeyFileUnreadable{Kind::kUnavailable, "key_file_unreadable"};
inline constexpr Reason kKeyPassphraseWrong{Kind::kUnauthenticated, "key_passphrase_wrong"};  // Or seal.key was altered.
inline constexpr Reason kKeyFileDamaged{Kind::kInternal, "key_file_damaged"};  // Does not open, or holds no key of its kind.
inline constexpr Reason kKeyFileUnwritable{Kind::kUnavailable, "key_file_unwritable"};

enum class Purpose : uint8_t {
  kIssuer,      // SM2: signs grants.
  kAlias,       // Tags of the issuer field.
  kCardNumber,  // Card and payment account numbers.
  kBlindIndex,  // Finding persons by document; counter codes.
  kData,        // Sealed fields of the database.
  kLog,         // SM2: signs audit roots.
  kMap,         // Persons' pseudonyms in the audit log.
  kList,        // SM2: signs freeze lists.
  kRules,       // SM2: signs rule files.
};
const std::vector<Purpose>& Purposes();
std::string_view PurposeText(Purpose purpose);  // "issuer", "alias", "card-number", "blind-index", …

using Passphrase = Secret<Bytes>;
using SymmetricKey = Secret<ByteArray<32>>;

// The content of a seal file without the line end that editors add. kPassphraseMissing.
Result<Passphrase> ReadPassphrase(const std::filesystem::path& file);

// Thread-safe: it does not change.
class KeyStore {
 public:
  // Makes the folder and every key file; the seal key is written last, so a folder with it is whole. An interrupted making
  // leaves a folder that neither opens nor is made again: nothing was ever sealed with its keys, remove it.
  // kKeysExist, kKeyFileUnwritable. `cost` is for tests.
  static Result<KeyStore> Create(const std::filesystem::path& folder, const Passphrase& passphrase, Entropy& entropy,
                                 sealing::Cost cost = {});
  // kKeyFileMissing, kKeyFileUnreadable, kKeyPassphraseWrong, kKeyFileDamaged.
  static Result<KeyStore> Open(const std::filesystem::path& folder, const Passphrase& passphrase);
  // Keys that live in memory only: for tests, trials and measurements.
  static KeyStore Generate(Entropy& entropy);
  static bool Exists(const std::filesystem::path& folder);

  const sm2::PrivateKey& issuer() const { return issuer_; }
  const sm2::PrivateKey& log() const { return log_; }
  const sm2::PrivateKey& list() const { return list_; }
  const sm2::PrivateKey& rules() const { return rules_; }
  const SymmetricKey& alias() const { return alias_; }
  const SymmetricKey& card_number() const { return card_number_; }
  const SymmetricKey& blind_index() const { return blind_index_; }
  const SymmetricKey& data() const { return data_; }
  const SymmetricKey& map() const { return map_; }

 private:
  KeyStore(sm2::PrivateKey issuer, sm2::PrivateKey log, sm2::PrivateKey list, sm2::PrivateKey rules);

  // The 32 bytes of a purpose, whichever its type.
  const SymmetricKey& BytesOf(Purpose purpose) const;

  sm2::PrivateKey issuer_;
  sm2::PrivateKey log_;
  sm2::PrivateKey list_;
  sm2::PrivateKey rules_;
  SymmetricKey alias_;
  SymmetricKey card_number_;
  SymmetricKey blind_index_;
  SymmetricKey data_;
  SymmetricKey map_;
};

// The sealed file under a passphrase, whole: what root.h and the store share.
Result<Bytes> ReadKeyFile(const std::filesystem::path& file, size_t size_max);

}  // namespace yukuai::keys
