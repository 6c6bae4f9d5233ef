// SPDX-License-Identifier: Apache-2.0
#include "formats/audit_proof/records.h"

#include <algorithm>

#include "base/result/check.h"

namespace yukuai::audit_proof {
namespace {

constexpr std::string_view kEntryMagic = "YKA1";
constexpr std::string_view kRootMagic = "YKT1";

bool Fits(std::string_view text, size_t size_max) { return text.size() <= size_max && IsUtf8(text); }

std::string TakeText(ByteReader& reader, size_t size_max) { return std::string(AsText(reader.TakeSized(size_max))); }

Bytes BigEndian(uint64_t value) { return ByteWriter().U64(value).Finish(); }

}  // namespace

Subject SubjectOf(const MapSecret& map_key, const ByteArray<16>& id) { return sm3::Hmac(map_key.Expose(), ByteSpan(id)); }

bool IsValid(const EntryContent& content) {
  return content.sequence >= 1 && !content.action.empty() && !content.actor.empty() && Fits(content.action, kActionMax) &&
         Fits(content.actor, kActorMax) && Fits(content.scene, kSceneMax) && Fits(content.details, kDetailsMax);
}

Bytes EncodeContent(const EntryContent& content) {
  YUKUAI_CHECK(IsValid(content));
  ByteWriter writer;
  writer.AppendText(kEntryMagic).Append(content.subject).U64(content.sequence).Append(content.previous).I64(content.at.us);
  for (const std::string* text : {&content.action, &content.actor, &content.scene, &content.details})
    writer.AppendSized(AsBytes(*text));
  return writer.Finish();
}

std::optional<EntryContent> DecodeContent(ByteSpan bytes) {
  ByteReader reader(bytes);
  if (AsText(reader.Take(kEntryMagic.size())) != kEntryMagic) return std::nullopt;
  EntryContent content;
  content.subject = reader.TakeArray<32>();
  content.sequence = reader.U64();
  content.previous = reader.TakeArray<32>();
  content.at = Instant{reader.I64()};
  content.action = TakeText(reader, kActionMax);
  content.actor = TakeText(reader, kActorMax);
  content.scene = TakeText(reader, kSceneMax);
  content.details = TakeText(reader, kDetailsMax);
  if (!reader.AtEnd() || !IsValid(content)) return std::nullopt;
  return content;
}

sm3::Digest CommitmentOf(const Salt& salt, ByteSpan content) { return sm3::Hash({salt, content}); }

merkle::MapValue MapValueOf(const ByteArray<16>& blind, uint64_t count, const sm3::Digest& head) {
  return sm3::Hash({blind, BigEndian(count), head});
}

ShardHead ShardHead::Empty() { return {0, merkle::EmptyRoot(), merkle::SparseMap().Root()}; }

merkle::Hash HeadLeafOf(const ShardHead& head) {
  return merkle::LeafHash(ByteWriter().U64(head.size).Append(head.log_root).Append(head.map_root).Finish());
}

Bytes SignedPartOf(const Root& root) {
  ByteWriter writer;
  writer.AppendText(kRootMagic).U64(root.number).I64(root.at.us).Append(root.previous).Append(root.commitment);
  return writer.Finish();
}

SignedRootBytes EncodeRoot(const SignedRoot& signed_root) {
  const Bytes part = SignedPartOf(signed_root.root);
  YUKUAI_CHECK(part.size() + signed_root.signature.size() == kSignedRootSize);
  SignedRootBytes out{};
  std::copy(signed_root.signature.begin(), signed_root.signature.end(), std::copy(part.begin(), part.end(), out.begin()));
  return out;
}

std::optional<SignedRoot> DecodeRoot(ByteSpan bytes) {
  ByteReader reader(bytes);
  if (AsText(reader.Take(kRootMagic.size())) != kRootMagic) return std::nullopt;
  SignedRoot out;
  out.root.number = reader.U64();
  out.root.at = Instant{reader.I64()};
  out.root.previous = reader.TakeArray<32>();
  out.root.commitment = reader.TakeArray<32>();
  out.signature = reader.TakeArray<64>();
  if (!reader.AtEnd()) return std::nullopt;
  return out;
}

sm3::Digest RootHashOf(const SignedRoot& signed_root) { return sm3::Hash(EncodeRoot(signed_root)); }

bool VerifyRoot(const SignedRoot& signed_root, const sm2::PublicKey& log_key) {
  return sm2::Verify(log_key, AsBytes(sm2::kDefaultId), SignedPartOf(signed_root.root), signed_root.signature);
}

}  // namespace yukuai::audit_proof
