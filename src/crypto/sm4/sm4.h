// SPDX-License-Identifier: Apache-2.0
// SM4 (GB/T 32907): the single block, and counter mode for files. No authentication here: see crypto/sealing.
#pragma once

#include "base/bytes/bytes.h"

namespace yukuai::sm4 {

using Key = ByteArray<16>;
using Block = ByteArray<16>;

// A key schedule ready for many blocks. Copyable; thread-safe to use concurrently.
class Cipher {
 public:
  explicit Cipher(const Key& key);
  Block Encrypt(const Block& plain) const;
  Block Decrypt(const Block& cipher) const;

 private:
  ByteArray<16> key_;
  // The implementation may add a round-key schedule here.
};

// Counter mode with a 16-byte big-endian initial counter; encryption and decryption are the same.
Bytes Counter(const Key& key, const Block& initial, ByteSpan input);

}  // namespace yukuai::sm4
