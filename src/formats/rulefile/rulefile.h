// SPDX-License-Identifier: Apache-2.0
// Rule files: a scene, compiled to what terminals need, in a signed container. The body is canonical JSON that the scene
// engine writes and reads; here it is bytes. Layout: docs/formats/terminal.md.
//
//   59 4b 53 32 | version 8 | issued 8 | expires 8 | scene id, sized | length 4, JSON | r s 64
#pragma once

#include <string>

#include "formats/signed_file/signed_file.h"

namespace yukuai::rulefile {

inline constexpr size_t kSceneIdBytesMax = 64;
inline constexpr size_t kBodyBytesMax = 1024 * 1024;
inline constexpr size_t kFileBytesMax = 4 + 24 + 2 + kSceneIdBytesMax + 4 + kBodyBytesMax + signed_file::kSignatureLength;

struct RuleFile {
  signed_file::Edition edition;
  std::string scene_id;  // Lower-case letters, digits and '-', at most 64.
  Bytes body;            // At most 1 MiB.
};

bool IsSceneId(std::string_view text);

// Faults: file_malformed (scene id, body or version out of range).
Result<Bytes> Build(const RuleFile& content, const sm2::PrivateKey& rules_key);
// Signature first, then the content; says nothing about version and age (signed_file::CheckEdition does). Faults:
// file_malformed (too long or too short), file_signature, file_malformed.
Result<RuleFile> Open(ByteSpan file, const sm2::PublicKey& rules_key);
// The bytes before the signature, whoever signed them: for Open() and for tools that show a file.
Result<RuleFile> ParseBody(ByteSpan body);

}  // namespace yukuai::rulefile
