// SPDX-License-Identifier: Apache-2.0
// SM4 over OpenSSL. A library context is not safe to share between threads, and making one costs several blocks: so a
// Cipher keeps one context per direction behind a lock that is held for a single block.
#include "crypto/sm4/sm4.h"

#include <openssl/evp.h>

#include <climits>
#include <mutex>

#include "base/result/check.h"

namespace yukuai::sm4 {
namespace {

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }  // Wipes the round keys.
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

enum class Direction { kDecrypt = 0, kEncrypt = 1 };

const EVP_CIPHER* Fetch(const char* name) {
  const EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, name, nullptr);
  YUKUAI_CHECK(cipher != nullptr);  // A library built without it cannot run this program.
  return cipher;
}

const EVP_CIPHER* Ecb() {
  static const EVP_CIPHER* const cipher = Fetch("SM4-ECB");
  return cipher;
}

const EVP_CIPHER* Ctr() {
  static const EVP_CIPHER* const cipher = Fetch("SM4-CTR");
  return cipher;
}

Context MakeContext(const EVP_CIPHER* cipher, const Key& key, const uint8_t* initial, Direction direction) {
  Context context(EVP_CIPHER_CTX_new());
  YUKUAI_CHECK(context != nullptr);
  YUKUAI_CHECK(EVP_CipherInit_ex2(context.get(), cipher, key.data(), initial, static_cast<int>(direction), nullptr) == 1);
  YUKUAI_CHECK(EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1);
  return context;
}

Block OneBlock(EVP_CIPHER_CTX* context, const Block& in) {
  Block out;
  int written = 0;
  YUKUAI_CHECK(EVP_CipherUpdate(context, out.data(), &written, in.data(), static_cast<int>(in.size())) == 1);
  YUKUAI_CHECK(written == static_cast<int>(out.size()));
  return out;
}

}  // namespace

struct Cipher::Schedule {
  explicit Schedule(const Key& key)
      : encrypt(MakeContext(Ecb(), key, nullptr, Direction::kEncrypt)),
        decrypt(MakeContext(Ecb(), key, nullptr, Direction::kDecrypt)) {}
  std::mutex mutex;
  Context encrypt;
  Context decrypt;
};

Cipher::Cipher(const Key& key) : schedule_(std::make_shared<Schedule>(key)) {}

Block Cipher::Encrypt(const Block& plain) const {
  const std::lock_guard lock(schedule_->mutex);
  return OneBlock(schedule_->encrypt.get(), plain);
}

Block Cipher::Decrypt(const Block& cipher) const {
  const std::lock_guard lock(schedule_->mutex);
  return OneBlock(schedule_->decrypt.get(), cipher);
}

Bytes Counter(const Key& key, const Block& initial, ByteSpan input) {
  Bytes out(input.size());
  if (input.empty()) return out;
  YUKUAI_CHECK(input.size() <= INT_MAX);  // The library counts in int; what is sealed here is far smaller.
  const Context context = MakeContext(Ctr(), key, initial.data(), Direction::kEncrypt);
  int written = 0;
  YUKUAI_CHECK(EVP_CipherUpdate(context.get(), out.data(), &written, input.data(), static_cast<int>(input.size())) == 1);
  YUKUAI_CHECK(static_cast<size_t>(written) == out.size());
  return out;
}

}  // namespace yukuai::sm4
