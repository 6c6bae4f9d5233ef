// SPDX-License-Identifier: Apache-2.0
// What every file that a server gives to terminals has in common: a signature at its end over every byte before it, a
// version that only grows, and a time after which it must not be used (docs/formats/terminal.md). Freeze lists and rule
// files are read with this.
#pragma once

#include "base/bytes/bytes.h"
#include "base/result/result.h"
#include "base/time/time.h"
#include "crypto/sm2/sm2.h"

namespace yukuai::signed_file {

// In order of precedence.
inline constexpr Reason kFileMalformed{Kind::kMalformed, "file_malformed"};
inline constexpr Reason kFileSignature{Kind::kRefused, "file_signature"};
inline constexpr Reason kFileOlder{Kind::kRefused, "file_older"};
inline constexpr Reason kFileExpired{Kind::kRefused, "file_expired"};

inline constexpr size_t kSignatureLength = 64;

struct Edition {
  uint64_t version = 0;  // 1, 2, 3 …; 0 stands for "none held".
  Instant issued_at;
  Instant expires_at;  // Not before issued_at.
};

// What may be written and read: a version, and times in order within years 1970..9999.
bool IsValid(const Edition& edition);

// Appends the signature of `key` (default user ID) over everything in `body`.
Bytes Sign(Bytes body, const sm2::PrivateKey& key);

// The bytes before the signature, if it is one of `key`. Faults: file_malformed (too short for a signature), file_signature.
Result<ByteSpan> CheckSignature(ByteSpan file, const sm2::PublicKey& key);

// Whether a terminal that has held `version_held` may use the edition now. The same version again is good: a terminal
// checks its own file at every start. A file is good up to the microsecond before it expires. Faults: file_older, file_expired.
Result<void> CheckEdition(const Edition& edition, uint64_t version_held, Instant now);

}  // namespace yukuai::signed_file
