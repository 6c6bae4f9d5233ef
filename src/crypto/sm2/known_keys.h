// SPDX-License-Identifier: Apache-2.0
// Signers who are met again and again. Each gets a table of its key's multiples, with which verifying takes additions only:
// five times as fast as without. An issuer's key signs every code of a city; a rider's key signs a few: give the one to
// Verify() here and the other to sm2::Verify().
//
// A table is made when its key has been met a few times and the memory allows; until then, and while another thread makes it,
// the answer is found without. When the memory is full, the key that was not met for longest loses its table. Only keys that
// the caller trusts belong here: a stranger who could bring in keys of his own could push out the good ones.
#pragma once

#include <atomic>
#include <memory>
#include <shared_mutex>
#include <vector>

#include "crypto/sm2/sm2.h"

namespace yukuai::sm2_curve {
class Comb;
}

namespace yukuai::sm2 {

// How much memory speed is worth.
enum class Footprint {
  kSmall,  // 64 KiB a key and 0.25 MiB once: for terminals of little memory.
  kLarge,  // 512 KiB a key and 4.7 MiB once: twice as fast.
};

// Thread-safe. The same verdicts as sm2::Verify and sm2::VerifyDigest, always.
class KnownKeys {
 public:
  // A table is made at a key's ninth use: it costs about as much as thirty verifications without one.
  static constexpr uint64_t kUsesBeforeTable = 8;
  static constexpr size_t kBytesMaxDefault = size_t{16} << 20;

  explicit KnownKeys(Footprint footprint = Footprint::kLarge, size_t table_bytes_max = kBytesMaxDefault);
  ~KnownKeys();
  KnownKeys(const KnownKeys&) = delete;
  KnownKeys& operator=(const KnownKeys&) = delete;

  bool Verify(const PublicKey& key, ByteSpan id, ByteSpan message, const Signature& signature) const;
  bool VerifyDigest(const PublicKey& key, const sm3::Digest& e, const Signature& signature) const;
  // A signer who is not to be remembered; faster than sm2::VerifyDigest by the larger table of G.
  bool VerifyNewDigest(const PublicKey& key, const sm3::Digest& e, const Signature& signature) const;

  size_t table_bytes() const;
  size_t keys_max() const { return keys_max_; }

 private:
  struct Entry;

  std::shared_ptr<const sm2_curve::Comb> CombOf(const PublicKey& key) const;  // Null while there is none.
  Entry* Find(const PublicKey& key) const;
  Entry& Enter(const PublicKey& key) const;
  bool Count(Entry& entry) const;

  const sm2_curve::Comb& Generator() const;

  const Footprint footprint_;
  const size_t keys_max_;
  mutable std::shared_mutex mutex_;
  mutable std::vector<std::unique_ptr<Entry>> entries_;
  mutable std::atomic<uint64_t> clock_{0};
};

}  // namespace yukuai::sm2
