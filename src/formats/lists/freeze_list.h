// SPDX-License-Identifier: Apache-2.0
// Freeze lists: which card accounts of a clearing group must not be admitted, so that a gate without network knows it and
// nobody who reads the list learns a number. Layout: docs/formats/terminal.md.
//
//   59 4b 46 31 | version 8 | group 2 | issued 8 | expires 8 | salt 16 | count 4 | entries 8 each, ascending | r s 64
//
// An entry is the first 8 bytes of SM3(salt || card account); the salt is new in every version. Random entries fill the
// list to a multiple of 64, so its length does not tell how many people are frozen. A random entry, or another account's,
// meets an account that is not frozen with a chance of count / 2^64.
#pragma once

#include <vector>

#include "base/entropy/entropy.h"
#include "formats/signed_file/signed_file.h"

namespace yukuai::lists {

// What a person hears who is on the list.
inline constexpr Reason kFrozen{Kind::kRefused, "frozen"};
// Building: more accounts than a list has room for.
inline constexpr Reason kFreezeListFull{Kind::kLimited, "freeze_list_full"};

inline constexpr size_t kFreezeListPadding = 64;
inline constexpr size_t kFreezeListEntriesMax = size_t{1} << 20;
inline constexpr size_t kFreezeListHeaderLength = 50;
inline constexpr size_t kFreezeListBytesMax = kFreezeListHeaderLength + kFreezeListEntriesMax * 8 + signed_file::kSignatureLength;

struct FreezeListContent {
  uint64_t version = 0;
  uint16_t clearing_group = 0;
  Instant issued_at;
  Instant expires_at;
  std::vector<ByteArray<10>> card_accounts;  // In any order; twice the same counts once.
};
// Salt and padding come from `entropy`. Faults: freeze_list_full, file_malformed (version 0, times out of order).
Result<Bytes> BuildFreezeList(const FreezeListContent& content, const sm2::PrivateKey& list_key, Entropy& entropy);

class FreezeList {
 public:
  // Signature first, then the content; says nothing about version and age (signed_file::CheckEdition does). Faults:
  // file_malformed (longer than kFreezeListBytesMax, or too short), file_signature, file_malformed.
  static Result<FreezeList> Open(ByteSpan file, const sm2::PublicKey& list_key);
  // The bytes before the signature, whoever signed them: for Open() and for tools that show a list.
  static Result<FreezeList> ParseBody(ByteSpan body);

  const signed_file::Edition& edition() const { return edition_; }
  uint16_t clearing_group() const { return clearing_group_; }
  size_t size() const { return entries_.size(); }  // With the padding.
  // One SM3 block and a binary search.
  bool Contains(std::span<const uint8_t, 10> card_account) const;

 private:
  FreezeList() = default;
  signed_file::Edition edition_;
  uint16_t clearing_group_ = 0;
  ByteArray<16> salt_{};
  std::vector<uint64_t> entries_;  // Ascending.
};

}  // namespace yukuai::lists
