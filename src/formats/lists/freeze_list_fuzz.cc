// SPDX-License-Identifier: Apache-2.0
// Any bytes as a freeze list, with and without its signature: refused, or whole and in order.
#include <algorithm>
#include <cstdint>

#include "formats/lists/freeze_list.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yukuai;
  static const sm2::PrivateKey key = [] {
    SeededEntropy entropy(1);
    return sm2::PrivateKey::Generate(entropy);
  }();
  const ByteSpan bytes(data, size);
  YUKUAI_CHECK(!lists::FreezeList::Open(bytes, key.public_key()).ok());  // Nobody forges the signature.
  const auto list = lists::FreezeList::ParseBody(bytes);
  if (!list.ok()) return 0;
  YUKUAI_CHECK(list->size() % lists::kFreezeListPadding == 0 && list->edition().version > 0);
  static_cast<void>(list->Contains(ByteArray<10>{}));

  // The accounts begin at the first entry: what was built is contained.
  lists::FreezeListContent content{
      list->edition().version, list->clearing_group(), list->edition().issued_at, list->edition().expires_at, {}};
  for (size_t at = lists::kFreezeListHeaderLength; at + 10 <= size; at += 10) {
    ByteArray<10> account;
    std::copy_n(data + at, account.size(), account.begin());
    content.card_accounts.push_back(account);
  }
  SeededEntropy entropy(2);
  const auto built = lists::BuildFreezeList(content, key, entropy);
  YUKUAI_CHECK(built.ok());
  const auto opened = lists::FreezeList::Open(*built, key.public_key());
  YUKUAI_CHECK(opened.ok());
  for (const auto& account : content.card_accounts) YUKUAI_CHECK(opened->Contains(account));
  return 0;
}
