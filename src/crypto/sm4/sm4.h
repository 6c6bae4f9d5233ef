// SPDX-License-Identifier: Apache-2.0
// SM4 (GB/T 32907): the single block, and counter mode for files. No authentication here: see crypto/sealing.
#pragma once

#include <memory>

#include "base/bytes/bytes.h"

namespace yukuai::sm4 {

using Key = ByteArray<16>;
using Block = ByteArray<16>;

// A key schedule ready for many blocks. Copyable (copies share the schedule); thread-safe to use concurrently: callers of
// one schedule take turns, for about 0.1 µs each.
class Cipher {
 public:
  explicit Cipher(const Key& key);
  Block Encrypt(const Block& plain) const;
  Block Decrypt(const Block& cipher) const;

 private:
  struct Schedule;  // The library's form of the key; wiped when the last copy goes.
  std::shared_ptr<Schedule> schedule_;
};

// Counter mode with a 16-byte big-endian initial counter; encryption and decryption are the same.
Bytes Counter(const Key& key, const Block& initial, ByteSpan input);

}  // namespace yukuai::sm4
