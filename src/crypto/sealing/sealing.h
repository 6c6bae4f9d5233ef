// SPDX-License-Identifier: Apache-2.0
// Sealing: small secrets and fields at rest. Encrypt with SM4-CTR, then authenticate with HMAC-SM3 (whole 32 bytes).
//
//   sealed box:  "YKB1" | nonce 16 | ciphertext | tag 32
//                tag = HMAC-SM3 over: context length 8 | context | "YKB1" | nonce | ciphertext
//   sealed file: "YKS1" | log2 N 1 | r 1 | p 1 | salt 16 | nonce 16 | ciphertext | tag 32
//                tag = HMAC-SM3 over everything before it
//
// The context's length stands first, so that bytes cannot wander between context and ciphertext.
// The two keys (16 encryption, 32 authentication) are derived: for a box by HMAC-SM3 from a 32-byte key with the labels
// "box encryption" (its first 16 bytes) and "box authentication", for a file by scrypt (RFC 7914; N = 2^17, r = 8, p = 1)
// from a passphrase, 48 bytes, encryption first. The nonce is the counter mode's initial counter.
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes/bytes.h"
#include "base/entropy/entropy.h"
#include "base/result/result.h"
#include "base/secret/secret.h"

namespace yukuai::sealing {

// In order of precedence.
inline constexpr Reason kSealMalformed{Kind::kMalformed, "seal_malformed"};       // Not a sealed box or file.
inline constexpr Reason kSealWrongKey{Kind::kUnauthenticated, "seal_wrong_key"};  // Wrong key, passphrase or altered bytes.

using BoxKey = Secret<ByteArray<32>>;

// The context is authenticated, not stored: a box moved to another row or column does not open.
Bytes SealBox(const BoxKey& key, ByteSpan context, ByteSpan plain, Entropy& entropy);
Result<Bytes> OpenBox(const BoxKey& key, ByteSpan context, ByteSpan box);

// scrypt takes 2^log2_n KiB of memory and, at 17, some tenths of a second.
struct Cost {
  int log2_n = 17;  // 1..20. Tests use less; OpenFile refuses more as malformed, and any r but 8 and p but 1.
};
Bytes SealFile(ByteSpan passphrase, ByteSpan plain, Entropy& entropy, Cost cost = {});
Result<Bytes> OpenFile(ByteSpan passphrase, ByteSpan file);

// HMAC-SM3(key, label): one key per purpose from one root.
Secret<ByteArray<32>> DeriveKey(const Secret<ByteArray<32>>& key, std::string_view label);

}  // namespace yukuai::sealing
