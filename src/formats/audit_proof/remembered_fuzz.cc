// SPDX-License-Identifier: Apache-2.0
// Any text is parsed or refused; what is parsed is written back to a text that reads as the same.
#include "base/result/check.h"
#include "formats/audit_proof/bundle.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yukuai;
  const auto remembered = audit_proof::ParseRemembered(AsText({data, size}));
  if (!remembered.ok()) return 0;
  const auto again = audit_proof::ParseRemembered(audit_proof::WriteRemembered(*remembered));
  YUKUAI_CHECK(again.ok() && *again == *remembered);
  return 0;
}
