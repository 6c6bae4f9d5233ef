// SPDX-License-Identifier: Apache-2.0
#include "formats/lists/freeze_list.h"

#include <algorithm>
#include <set>

#include "crypto/sm3/sm3.h"

namespace yukuai::lists {
namespace {

constexpr std::string_view kMagic = "YKF1";

uint64_t EntryOf(const ByteArray<16>& salt, ByteSpan card_account) {
  const sm3::Digest digest = sm3::Hash({salt, card_account});
  return ByteReader(digest).U64();
}

}  // namespace

Result<Bytes> BuildFreezeList(const FreezeListContent& content, const sm2::PrivateKey& list_key, Entropy& entropy) {
  if (content.card_accounts.size() > kFreezeListEntriesMax) return Fault(kFreezeListFull);
  if (!signed_file::IsValid({content.version, content.issued_at, content.expires_at})) {
    return Fault(signed_file::kFileMalformed, "version or times");
  }
  const auto salt = entropy.Take<16>();
  std::set<uint64_t> entries;
  for (const auto& account : content.card_accounts) entries.insert(EntryOf(salt, account));
  // Even an empty list has 64 entries: that nobody is frozen is nobody's business either.
  const size_t blocks = std::max<size_t>(1, (entries.size() + kFreezeListPadding - 1) / kFreezeListPadding);
  while (entries.size() < blocks * kFreezeListPadding) entries.insert(ByteReader(entropy.Take<8>()).U64());

  ByteWriter writer;
  writer.AppendText(kMagic).U64(content.version).U16(content.clearing_group);
  writer.I64(content.issued_at.us).I64(content.expires_at.us).Append(salt);
  writer.U32(static_cast<uint32_t>(entries.size()));
  for (const uint64_t entry : entries) writer.U64(entry);
  return signed_file::Sign(writer.Finish(), list_key);
}

Result<FreezeList> FreezeList::Open(ByteSpan file, const sm2::PublicKey& list_key) {
  if (file.size() > kFreezeListBytesMax) return Fault(signed_file::kFileMalformed, "longer than a freeze list may be");
  YUKUAI_ASSIGN(const ByteSpan body, signed_file::CheckSignature(file, list_key));
  return ParseBody(body);
}

Result<FreezeList> FreezeList::ParseBody(ByteSpan body) {
  ByteReader reader(body);
  const bool magic = AsText(reader.Take(kMagic.size())) == kMagic;
  FreezeList list;
  list.edition_.version = reader.U64();
  list.clearing_group_ = reader.U16();
  list.edition_.issued_at = Instant{reader.I64()};
  list.edition_.expires_at = Instant{reader.I64()};
  list.salt_ = reader.TakeArray<16>();
  const size_t count = reader.U32();
  if (!reader.ok() || !magic || !signed_file::IsValid(list.edition_) || count % kFreezeListPadding != 0 ||
      count > kFreezeListEntriesMax || reader.remaining() != count * 8) {
    return Fault(signed_file::kFileMalformed, "no freeze list");
  }
  list.entries_.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const uint64_t entry = reader.U64();
    if (i > 0 && entry <= list.entries_.back()) return Fault(signed_file::kFileMalformed, "entries do not ascend");
    list.entries_.push_back(entry);
  }
  return list;
}

bool FreezeList::Contains(std::span<const uint8_t, 10> card_account) const {
  return std::ranges::binary_search(entries_, EntryOf(salt_, card_account));
}

}  // namespace yukuai::lists
