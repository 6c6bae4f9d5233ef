// SPDX-License-Identifier: Apache-2.0
// SM3 (GB/T 32905) and HMAC-SM3 (RFC 2104), and SHA-256 where a web standard asks for it. Digests are 32 bytes.
#pragma once

#include <initializer_list>

#include "base/bytes/bytes.h"

namespace yukuai::sm3 {

using Digest = ByteArray<32>;

Digest Hash(ByteSpan message);
Digest Hash(std::initializer_list<ByteSpan> parts);  // Of the concatenation.
Digest Hmac(ByteSpan key, ByteSpan message);
Digest Hmac(ByteSpan key, std::initializer_list<ByteSpan> parts);
Digest Sha256(ByteSpan message);

}  // namespace yukuai::sm3
