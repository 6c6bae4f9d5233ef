// SPDX-License-Identifier: Apache-2.0
// ECDSA on P-256 with SHA-256 (FIPS 186-5), as WebCrypto makes it: r || s, 64 bytes; public keys uncompressed,
// 04 || X || Y. For the request signatures of phones and staff; the transport code never uses it.
#pragma once

#include <optional>

#include "base/bytes/bytes.h"
#include "base/entropy/entropy.h"
#include "base/secret/secret.h"

namespace yukuai::p256 {

using Signature = ByteArray<64>;
using PublicKeyBytes = ByteArray<65>;

bool IsPublicKey(ByteSpan uncompressed);  // 65 bytes, 04, a point on the curve.
// False for every signature that does not hold and for a key that is not one. ECDSA has two forms of each signature, s and
// n - s, and both hold: never take a signature for an identity.
bool Verify(ByteSpan uncompressed_key, ByteSpan message, ByteSpan signature);

// For staff keys held in files, and for tests.
struct KeyPair {
  Secret<ByteArray<32>> d;
  PublicKeyBytes public_key{};
};
KeyPair Generate(Entropy& entropy);
std::optional<KeyPair> FromPrivate(ByteSpan d);  // 32 bytes big-endian, 1 <= d <= n-1.
// Nonces come from the library's own generator. The pair must be one that Generate or FromPrivate made.
Signature Sign(const KeyPair& key, ByteSpan message);

}  // namespace yukuai::p256
