// SPDX-License-Identifier: Apache-2.0
// Any text is parsed or refused; what is parsed is judged and written back to a text that reads as the same,
// down to the bytes of each entry.
#include "base/result/check.h"
#include "formats/audit_proof/bundle.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yukuai;
  const auto bundle = audit_proof::ParseBundle(AsText({data, size}));
  if (!bundle.ok()) return 0;
  // The generator of the curve: a public key that needs no random source.
  const auto key = sm2::PublicKey::Parse(*FromHex("0232c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"));
  YUKUAI_CHECK(key);
  const audit_proof::Remembered remembered = audit_proof::ToRemember(*bundle);
  for (const auto& memory : {std::optional<audit_proof::Remembered>(), std::optional(remembered)}) {
    YUKUAI_CHECK(audit_proof::Judge(*bundle, *key, memory).checks.size() == 9);
  }
  for (const audit_proof::BundleEntry& entry : bundle->entries)
    YUKUAI_CHECK(audit_proof::EncodeContent(entry.decoded) == entry.content);
  const auto kept = audit_proof::ParseRemembered(audit_proof::WriteRemembered(remembered));
  YUKUAI_CHECK(kept.ok() && *kept == remembered);
  const std::string text = audit_proof::WriteBundle(*bundle);
  const auto again = audit_proof::ParseBundle(text);
  YUKUAI_CHECK(again.ok() && audit_proof::WriteBundle(*again) == text);
  return 0;
}
