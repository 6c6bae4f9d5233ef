// SPDX-License-Identifier: Apache-2.0
#include "crypto/sealing/sealing.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>

#include "base/result/check.h"
#include "crypto/sm3/sm3.h"
#include "crypto/sm4/sm4.h"

namespace yukuai::sealing {
namespace {

constexpr std::string_view kBoxMagic = "YKB1";
constexpr std::string_view kFileMagic = "YKS1";
constexpr size_t kMagicSize = 4;
constexpr size_t kNonceSize = 16;
constexpr size_t kSaltSize = 16;
constexpr size_t kTagSize = 32;
constexpr int kLog2Max = 20;
constexpr uint8_t kBlockFactor = 8;  // scrypt's r.
constexpr uint8_t kLanes = 1;        // scrypt's p.

struct Keys {
  Secret<sm4::Key> encryption;
  Secret<ByteArray<32>> authentication;
};

Keys BoxKeys(const BoxKey& key) {
  Keys keys;
  const Secret<ByteArray<32>> encryption = DeriveKey(key, "box encryption");
  std::copy_n(encryption.Expose().begin(), sizeof(sm4::Key), keys.encryption.ExposeMutable().begin());
  keys.authentication = DeriveKey(key, "box authentication");
  return keys;
}

// Nothing when the machine has not the memory for this cost.
std::optional<Keys> FileKeys(ByteSpan passphrase, ByteSpan salt, int log2_n) {
  const uint64_t n = uint64_t{1} << log2_n;
  // What the algorithm needs (128 N r + 128 r p + 256 r bytes), and a little room for how the library counts it.
  const uint64_t memory_max = 128 * kBlockFactor * (n + kLanes + 16);
  Secret<ByteArray<48>> derived;
  if (EVP_PBE_scrypt(reinterpret_cast<const char*>(passphrase.data()), passphrase.size(), salt.data(), salt.size(), n,
                     kBlockFactor, kLanes, memory_max, derived.ExposeMutable().data(), derived.Expose().size()) != 1) {
    ERR_clear_error();
    return std::nullopt;
  }
  Keys keys;
  std::copy_n(derived.Expose().begin(), 16, keys.encryption.ExposeMutable().begin());
  std::copy_n(derived.Expose().begin() + 16, 32, keys.authentication.ExposeMutable().begin());
  return keys;
}

sm3::Digest BoxTag(const Keys& keys, ByteSpan context, ByteSpan sealed) {
  const Bytes size = ByteWriter().U64(context.size()).Finish();
  return sm3::Hmac(keys.authentication.Expose(), {size, context, sealed});
}

sm4::Block ToBlock(ByteSpan bytes) {
  sm4::Block block;
  YUKUAI_CHECK(bytes.size() == block.size());
  std::ranges::copy(bytes, block.begin());
  return block;
}

}  // namespace

Bytes SealBox(const BoxKey& key, ByteSpan context, ByteSpan plain, Entropy& entropy) {
  const Keys keys = BoxKeys(key);
  const auto nonce = entropy.Take<kNonceSize>();
  ByteWriter box;
  box.AppendText(kBoxMagic).Append(nonce).Append(sm4::Counter(keys.encryption.Expose(), nonce, plain));
  const sm3::Digest tag = BoxTag(keys, context, box.bytes());
  return box.Append(tag).Finish();
}

Result<Bytes> OpenBox(const BoxKey& key, ByteSpan context, ByteSpan box) {
  if (box.size() < kMagicSize + kNonceSize + kTagSize) return Fault(kSealMalformed, "box too short");
  if (!Equal(box.first(kMagicSize), AsBytes(kBoxMagic))) return Fault(kSealMalformed, "no box");
  const Keys keys = BoxKeys(key);
  const ByteSpan sealed = box.first(box.size() - kTagSize);
  if (!EqualConstantTime(BoxTag(keys, context, sealed), box.last(kTagSize))) return Fault(kSealWrongKey, "box tag differs");
  const sm4::Block nonce = ToBlock(sealed.subspan(kMagicSize, kNonceSize));
  return sm4::Counter(keys.encryption.Expose(), nonce, sealed.subspan(kMagicSize + kNonceSize));
}

Bytes SealFile(ByteSpan passphrase, ByteSpan plain, Entropy& entropy, Cost cost) {
  YUKUAI_CHECK(cost.log2_n >= 1 && cost.log2_n <= kLog2Max);
  const auto salt = entropy.Take<kSaltSize>();
  const auto nonce = entropy.Take<kNonceSize>();
  const auto keys = FileKeys(passphrase, salt, cost.log2_n);
  YUKUAI_CHECK(keys.has_value());
  ByteWriter file;
  file.AppendText(kFileMagic).U8(static_cast<uint8_t>(cost.log2_n)).U8(kBlockFactor).U8(kLanes).Append(salt).Append(nonce);
  file.Append(sm4::Counter(keys->encryption.Expose(), nonce, plain));
  const sm3::Digest tag = sm3::Hmac(keys->authentication.Expose(), file.bytes());
  return file.Append(tag).Finish();
}

Result<Bytes> OpenFile(ByteSpan passphrase, ByteSpan file) {
  ByteReader reader(file);
  const ByteSpan magic = reader.Take(kMagicSize);
  const int log2_n = reader.U8();
  const uint8_t block_factor = reader.U8();
  const uint8_t lanes = reader.U8();
  const ByteSpan salt = reader.Take(kSaltSize);
  const ByteSpan nonce = reader.Take(kNonceSize);
  if (!reader.ok() || reader.remaining() < kTagSize) return Fault(kSealMalformed, "file too short");
  if (!Equal(magic, AsBytes(kFileMagic))) return Fault(kSealMalformed, "no sealed file");
  // A stranger's file must not choose how much memory and time its opening takes.
  if (log2_n < 1 || log2_n > kLog2Max) return Fault(kSealMalformed, "cost out of range");
  if (block_factor != kBlockFactor || lanes != kLanes) return Fault(kSealMalformed, "unknown scrypt parameters");
  const ByteSpan cipher = reader.Take(reader.remaining() - kTagSize);

  const auto keys = FileKeys(passphrase, salt, log2_n);
  if (!keys) return Fault(kSealMalformed, "cost needs more memory than there is");
  const sm3::Digest tag = sm3::Hmac(keys->authentication.Expose(), file.first(file.size() - kTagSize));
  if (!EqualConstantTime(tag, file.last(kTagSize))) return Fault(kSealWrongKey, "file tag differs");
  return sm4::Counter(keys->encryption.Expose(), ToBlock(nonce), cipher);
}

Secret<ByteArray<32>> DeriveKey(const Secret<ByteArray<32>>& key, std::string_view label) {
  return Secret<ByteArray<32>>(sm3::Hmac(key.Expose(), AsBytes(label)));
}

}  // namespace yukuai::sealing
