// SPDX-License-Identifier: Apache-2.0
#include "formats/rulefile/rulefile.h"

#include <algorithm>

namespace yukuai::rulefile {
namespace {

constexpr std::string_view kMagic = "YKS2";

}  // namespace

bool IsSceneId(std::string_view text) {
  return !text.empty() && text.size() <= kSceneIdBytesMax &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

Result<Bytes> Build(const RuleFile& content, const sm2::PrivateKey& rules_key) {
  if (!signed_file::IsValid(content.edition)) return Fault(signed_file::kFileMalformed, "version or times");
  if (!IsSceneId(content.scene_id)) return Fault(signed_file::kFileMalformed, "scene id");
  if (content.body.size() > kBodyBytesMax) return Fault(signed_file::kFileMalformed, "body longer than 1 MiB");
  ByteWriter writer;
  writer.AppendText(kMagic).U64(content.edition.version).I64(content.edition.issued_at.us).I64(content.edition.expires_at.us);
  writer.AppendSized(AsBytes(content.scene_id)).U32(static_cast<uint32_t>(content.body.size())).Append(content.body);
  return signed_file::Sign(writer.Finish(), rules_key);
}

Result<RuleFile> Open(ByteSpan file, const sm2::PublicKey& rules_key) {
  if (file.size() > kFileBytesMax) return Fault(signed_file::kFileMalformed, "longer than a rule file may be");
  YUKUAI_ASSIGN(const ByteSpan body, signed_file::CheckSignature(file, rules_key));
  return ParseBody(body);
}

Result<RuleFile> ParseBody(ByteSpan body) {
  ByteReader reader(body);
  const bool magic = AsText(reader.Take(kMagic.size())) == kMagic;
  RuleFile content;
  content.edition.version = reader.U64();
  content.edition.issued_at = Instant{reader.I64()};
  content.edition.expires_at = Instant{reader.I64()};
  content.scene_id = AsText(reader.TakeSized(kSceneIdBytesMax));
  const size_t length = reader.U32();
  const ByteSpan json = reader.Take(length);
  if (!reader.AtEnd() || !magic || !signed_file::IsValid(content.edition) || length > kBodyBytesMax ||
      !IsSceneId(content.scene_id)) {
    return Fault(signed_file::kFileMalformed, "no rule file");
  }
  content.body.assign(json.begin(), json.end());
  return content;
}

}  // namespace yukuai::rulefile
