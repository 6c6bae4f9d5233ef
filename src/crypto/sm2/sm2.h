// SPDX-License-Identifier: Apache-2.0
// SM2 signatures (GB/T 32918.2) on the recommended curve, with SM3. Signatures are r || s, 32 bytes each, big-endian;
// public keys are compressed: 02 or 03, then X. e = SM3(ZA || M), ZA over the signer's user ID (GM/T 0009: ENTL in bits).
//
// Verification handles public data only and is our own arithmetic (crypto/sm2_curve), for a signer met once. Signers met again
// and again, as issuers are, go through KnownKeys (known_keys.h), five times as fast. Signing handles a secret: it is done by
// the library in constant time.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/bytes/bytes.h"
#include "base/entropy/entropy.h"
#include "base/secret/secret.h"
#include "crypto/sm2_curve/point.h"
#include "crypto/sm3/sm3.h"

namespace yukuai::sm2 {

using Signature = ByteArray<64>;
using CompressedKey = ByteArray<33>;
inline constexpr std::string_view kDefaultId = "1234567812345678";
inline constexpr size_t kIdSizeMax = 8191;  // ENTL is a 16-bit count of bits.

// A point on the curve, checked when parsed. A value; thread-safe. Parsing a compressed key costs about a tenth of verifying
// with it: where one is met again, keep the object, not the bytes.
class PublicKey {
 public:
  // Nothing if the prefix is not 02 or 03, X >= p, or no point has that X.
  static std::optional<PublicKey> Parse(ByteSpan compressed);
  static std::optional<PublicKey> ParseUncompressed(ByteSpan xy);  // X || Y, 64 bytes.
  const CompressedKey& compressed() const { return compressed_; }
  const ByteArray<64>& xy() const { return xy_; }
  const sm2_curve::Affine& point() const { return point_; }  // For this module's arithmetic.
  friend bool operator==(const PublicKey& a, const PublicKey& b) { return a.compressed_ == b.compressed_; }

 private:
  PublicKey(const sm2_curve::Affine& point, const ByteArray<64>& xy);
  sm2_curve::Affine point_;
  ByteArray<64> xy_;
  CompressedKey compressed_;
};

// d, 32 bytes big-endian, 1 <= d <= n-2. Cheap to copy; thread-safe.
class PrivateKey {
 public:
  static std::optional<PrivateKey> Parse(ByteSpan d);
  static PrivateKey Generate(Entropy& entropy);
  const PublicKey& public_key() const { return public_key_; }
  const Secret<ByteArray<32>>& d() const { return d_; }

  struct Imported;  // The library's form of the key.
  const Imported& imported() const { return *imported_; }

 private:
  explicit PrivateKey(PublicKey key) : public_key_(std::move(key)) {}
  Secret<ByteArray<32>> d_;
  PublicKey public_key_;
  std::shared_ptr<const Imported> imported_;
};

// SM3(ENTL || id || a || b || Gx || Gy || X || Y). The id is at most 8191 bytes.
sm3::Digest IdentityDigest(const PublicKey& key, ByteSpan id);

// False for every signature that does not hold, including r or s = 0 or >= n and r + s = n, and for an id over 8191 bytes.
// Never faults.
bool Verify(const PublicKey& key, ByteSpan id, ByteSpan message, const Signature& signature);
bool VerifyDigest(const PublicKey& key, const sm3::Digest& e, const Signature& signature);

// Nonces come from the library's own generator, so two signatures of one message differ.
Signature Sign(const PrivateKey& key, ByteSpan id, ByteSpan message);

}  // namespace yukuai::sm2
