// SPDX-License-Identifier: Apache-2.0
// The digests over OpenSSL. An algorithm is fetched once: looking it up by name for every message costs more than hashing it.
#include "crypto/sm3/sm3.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "base/result/check.h"

namespace yukuai::sm3 {
namespace {

constexpr size_t kBlockSize = 64;

const EVP_MD* Fetch(const char* name) {
  const EVP_MD* digest = EVP_MD_fetch(nullptr, name, nullptr);
  YUKUAI_CHECK(digest != nullptr);  // A library built without it cannot run this program.
  return digest;
}

const EVP_MD* Sm3() {
  static const EVP_MD* const digest = Fetch("SM3");
  return digest;
}

const EVP_MD* Sha2() {
  static const EVP_MD* const digest = Fetch("SHA256");
  return digest;
}

class Hasher {
 public:
  explicit Hasher(const EVP_MD* digest) : context_(EVP_MD_CTX_new()), digest_(digest) {
    YUKUAI_CHECK(context_ != nullptr);
    Restart();
  }
  Hasher& Add(ByteSpan part) {
    if (!part.empty()) YUKUAI_CHECK(EVP_DigestUpdate(context_.get(), part.data(), part.size()) == 1);
    return *this;
  }
  Digest Finish() {
    Digest out;
    YUKUAI_CHECK(EVP_DigestFinal_ex(context_.get(), out.data(), nullptr) == 1);
    return out;
  }
  void Restart() { YUKUAI_CHECK(EVP_DigestInit_ex2(context_.get(), digest_, nullptr) == 1); }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
  const EVP_MD* digest_;
};

}  // namespace

Digest Hash(ByteSpan message) { return Hasher(Sm3()).Add(message).Finish(); }

Digest Hash(std::initializer_list<ByteSpan> parts) {
  Hasher hasher(Sm3());
  for (const ByteSpan part : parts) hasher.Add(part);
  return hasher.Finish();
}

Digest Hmac(ByteSpan key, ByteSpan message) { return Hmac(key, {message}); }

// Composed here from two hashes: the library's own MAC object fetches its digest by name at every key, which doubles the
// cost of a short message.
Digest Hmac(ByteSpan key, std::initializer_list<ByteSpan> parts) {
  ByteArray<kBlockSize> pad{};
  if (key.size() > kBlockSize) {
    const Digest shortened = Hash(key);
    std::ranges::copy(shortened, pad.begin());
  } else {
    std::ranges::copy(key, pad.begin());
  }
  Hasher hasher(Sm3());
  for (uint8_t& byte : pad) byte ^= 0x36;
  hasher.Add(pad);
  for (const ByteSpan part : parts) hasher.Add(part);
  const Digest inner = hasher.Finish();
  hasher.Restart();
  for (uint8_t& byte : pad) byte ^= 0x36 ^ 0x5C;
  const Digest outer = hasher.Add(pad).Add(inner).Finish();
  OPENSSL_cleanse(pad.data(), pad.size());
  return outer;
}

Digest Sha256(ByteSpan message) { return Hasher(Sha2()).Add(message).Finish(); }

}  // namespace yukuai::sm3
