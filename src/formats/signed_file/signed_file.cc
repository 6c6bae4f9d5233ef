// SPDX-License-Identifier: Apache-2.0
#include "formats/signed_file/signed_file.h"

#include <algorithm>

namespace yukuai::signed_file {

bool IsValid(const Edition& edition) {
  constexpr Instant kInstantMax = Instant::FromSeconds(253'402'300'799);
  return edition.version > 0 && edition.issued_at >= Instant{} && edition.issued_at <= edition.expires_at &&
         edition.expires_at <= kInstantMax;
}

Bytes Sign(Bytes body, const sm2::PrivateKey& key) {
  const sm2::Signature signature = sm2::Sign(key, AsBytes(sm2::kDefaultId), body);
  body.insert(body.end(), signature.begin(), signature.end());
  return body;
}

Result<ByteSpan> CheckSignature(ByteSpan file, const sm2::PublicKey& key) {
  if (file.size() < kSignatureLength) return Fault(kFileMalformed, "shorter than a signature");
  const ByteSpan body = file.first(file.size() - kSignatureLength);
  sm2::Signature signature;
  std::ranges::copy(file.last(kSignatureLength), signature.begin());
  if (!sm2::Verify(key, AsBytes(sm2::kDefaultId), body, signature)) return Fault(kFileSignature);
  return body;
}

Result<void> CheckEdition(const Edition& edition, uint64_t version_held, Instant now) {
  if (edition.version < version_held) return Fault(kFileOlder);
  if (now >= edition.expires_at) return Fault(kFileExpired);
  return {};
}

}  // namespace yukuai::signed_file
