// SPDX-License-Identifier: Apache-2.0
// Key files, see keys.h.
#include "platform/keys/keys.h"

#include <algorithm>

#include "platform/host/host.h"

namespace yukuai::keys {
namespace {

constexpr size_t kKeyFileBytesMax = 4096;
constexpr size_t kPassphraseBytesMax = 4096;
constexpr std::string_view kSealFile = "seal.key";

std::filesystem::path FileOf(const std::filesystem::path& folder, Purpose purpose) {
  return folder / (std::string(PurposeText(purpose)) + ".key");
}

Bytes ContextOf(Purpose purpose) {
  return ByteWriter().AppendText("yukuai key file").U8(0).AppendText(PurposeText(purpose)).Finish();
}

Result<void> Write(const std::filesystem::path& file, ByteSpan content) {
  auto written = host::WriteFileDurably(file, content);
  if (!written) return Fault(kKeyFileUnwritable, file.string() + ": " + written.error().detail);
  return {};
}

// Wipes what it was made from.
Result<SymmetricKey> ThirtyTwo(Bytes plain, const std::filesystem::path& file) {
  const bool right = plain.size() == 32;
  SymmetricKey key;
  if (right) std::ranges::copy(plain, key.ExposeMutable().begin());
  Wipe(plain);
  if (!right) return Fault(kKeyFileDamaged, file.string());
  return key;
}

Result<SymmetricKey> OpenPurpose(const std::filesystem::path& folder, const SymmetricKey& seal, Purpose purpose) {
  const std::filesystem::path file = FileOf(folder, purpose);
  YUKUAI_ASSIGN(const Bytes box, ReadKeyFile(file, kKeyFileBytesMax));
  auto plain = sealing::OpenBox(seal, ContextOf(purpose), box);
  if (!plain) return Fault(kKeyFileDamaged, file.string());
  return ThirtyTwo(*std::move(plain), file);
}

Result<sm2::PrivateKey> OpenSigningKey(const std::filesystem::path& folder, const SymmetricKey& seal, Purpose purpose) {
  YUKUAI_ASSIGN(const SymmetricKey bytes, OpenPurpose(folder, seal, purpose));
  auto key = sm2::PrivateKey::Parse(bytes.Expose());
  if (!key) return Fault(kKeyFileDamaged, FileOf(folder, purpose).string());
  return *std::move(key);
}

}  // namespace

const std::vector<Purpose>& Purposes() {
  static const std::vector<Purpose> kAll = {Purpose::kIssuer,     Purpose::kAlias, Purpose::kCardNumber,
                                            Purpose::kBlindIndex, Purpose::kData,  Purpose::kLog,
                                            Purpose::kMap,        Purpose::kList,  Purpose::kRules};
  return kAll;
}

std::string_view PurposeText(Purpose purpose) {
  switch (purpose) {
    case Purpose::kIssuer: return "issuer";
    case Purpose::kAlias: return "alias";
    case Purpose::kCardNumber: return "card-number";
    case Purpose::kBlindIndex: return "blind-index";
    case Purpose::kData: return "data";
    case Purpose::kLog: return "log";
    case Purpose::kMap: return "map";
    case Purpose::kList: return "list";
    case Purpose::kRules: return "rules";
  }
  YUKUAI_CHECK(false);
}

Result<Passphrase> ReadPassphrase(const std::filesystem::path& file) {
  auto content = host::ReadFile(file, kPassphraseBytesMax);
  if (!content) return Fault(kPassphraseMissing, file.string() + ": " + std::string(content.error().reason.slug));
  Bytes bytes = *std::move(content);
  while (!bytes.empty() && (bytes.back() == '\n' || bytes.back() == '\r')) bytes.pop_back();
  if (bytes.empty()) return Fault(kPassphraseMissing, file.string() + " is empty");
  return Passphrase(std::move(bytes));
}

Result<Bytes> ReadKeyFile(const std::filesystem::path& file, size_t size_max) {
  auto content = host::ReadFile(file, size_max);
  if (content) return content;
  const Reason reason = content.error().reason == host::kFileMissing    ? kKeyFileMissing
                        : content.error().reason == host::kFileTooLarge ? kKeyFileDamaged
                                                                        : kKeyFileUnreadable;
  return Fault(reason, file.string());
}

KeyStore::KeyStore(sm2::PrivateKey issuer, sm2::PrivateKey log, sm2::PrivateKey list, sm2::PrivateKey rules)
    : issuer_(std::move(issuer)), log_(std::move(log)), list_(std::move(list)), rules_(std::move(rules)) {}

KeyStore KeyStore::Generate(Entropy& entropy) {
  KeyStore store(sm2::PrivateKey::Generate(entropy), sm2::PrivateKey::Generate(entropy), sm2::PrivateKey::Generate(entropy),
                 sm2::PrivateKey::Generate(entropy));
  for (SymmetricKey* key : {&store.alias_, &store.card_number_, &store.blind_index_, &store.data_, &store.map_}) {
    entropy.Fill(key->ExposeMutable());
  }
  return store;
}

const SymmetricKey& KeyStore::BytesOf(Purpose purpose) const {
  switch (purpose) {
    case Purpose::kIssuer: return issuer_.d();
    case Purpose::kAlias: return alias_;
    case Purpose::kCardNumber: return card_number_;
    case Purpose::kBlindIndex: return blind_index_;
    case Purpose::kData: return data_;
    case Purpose::kLog: return log_.d();
    case Purpose::kMap: return map_;
    case Purpose::kList: return list_.d();
    case Purpose::kRules: return rules_.d();
  }
  YUKUAI_CHECK(false);
}

bool KeyStore::Exists(const std::filesystem::path& folder) {
  std::error_code error;
  return std::filesystem::exists(folder / kSealFile, error);
}

Result<KeyStore> KeyStore::Create(const std::filesystem::path& folder, const Passphrase& passphrase, Entropy& entropy,
                                  sealing::Cost cost) {
  if (passphrase.Expose().empty()) return Fault(kPassphraseMissing);
  std::error_code error;
  // Any key file counts, not only the seal: what is there may be all that is left of a city's keys.
  bool taken = Exists(folder);
  for (const Purpose purpose : Purposes()) taken = taken || std::filesystem::exists(FileOf(folder, purpose), error);
  if (taken) return Fault(kKeysExist, folder.string());
  std::filesystem::create_directories(folder, error);
  if (error) return Fault(kKeyFileUnwritable, folder.string() + ": " + error.message());
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (error) return Fault(kKeyFileUnwritable, folder.string() + ": " + error.message());

  KeyStore store = Generate(entropy);
  const SymmetricKey seal(entropy.Take<32>());
  for (const Purpose purpose : Purposes()) {
    YUKUAI_TRY(
        Write(FileOf(folder, purpose), sealing::SealBox(seal, ContextOf(purpose), store.BytesOf(purpose).Expose(), entropy)));
  }
  YUKUAI_TRY(Write(folder / kSealFile, sealing::SealFile(passphrase.Expose(), seal.Expose(), entropy, cost)));
  return store;
}

Result<KeyStore> KeyStore::Open(const std::filesystem::path& folder, const Passphrase& passphrase) {
  const std::filesystem::path seal_file = folder / kSealFile;
  YUKUAI_ASSIGN(const Bytes sealed, ReadKeyFile(seal_file, kKeyFileBytesMax));
  auto plain = sealing::OpenFile(passphrase.Expose(), sealed);
  if (!plain) {
    const bool wrong = plain.error().reason == sealing::kSealWrongKey;
    return Fault(wrong ? kKeyPassphraseWrong : kKeyFileDamaged, seal_file.string());
  }
  YUKUAI_ASSIGN(const SymmetricKey seal, ThirtyTwo(*std::move(plain), seal_file));
  YUKUAI_ASSIGN(sm2::PrivateKey issuer, OpenSigningKey(folder, seal, Purpose::kIssuer));
  YUKUAI_ASSIGN(sm2::PrivateKey log, OpenSigningKey(folder, seal, Purpose::kLog));
  YUKUAI_ASSIGN(sm2::PrivateKey list, OpenSigningKey(folder, seal, Purpose::kList));
  YUKUAI_ASSIGN(sm2::PrivateKey rules, OpenSigningKey(folder, seal, Purpose::kRules));
  KeyStore store(std::move(issuer), std::move(log), std::move(list), std::move(rules));
  YUKUAI_ASSIGN(store.alias_, OpenPurpose(folder, seal, Purpose::kAlias));
  YUKUAI_ASSIGN(store.card_number_, OpenPurpose(folder, seal, Purpose::kCardNumber));
  YUKUAI_ASSIGN(store.blind_index_, OpenPurpose(folder, seal, Purpose::kBlindIndex));
  YUKUAI_ASSIGN(store.data_, OpenPurpose(folder, seal, Purpose::kData));
  YUKUAI_ASSIGN(store.map_, OpenPurpose(folder, seal, Purpose::kMap));
  return store;
}

}  // namespace yukuai::keys
