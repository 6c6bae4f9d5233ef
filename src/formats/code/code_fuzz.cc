// SPDX-License-Identifier: Apache-2.0
// Any bytes as a code: verified, read and inspected. What is accepted reads back; what is inspected names each byte once.
#include <cstdint>

#include "formats/code/alias.h"
#include "formats/code/inspect.h"
#include "formats/code/verify.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yukuai;
  // The root and the time of tests/vectors/transit-code.json, and a profile for its third vector.
  static const code::Verifier verifier = [] {
    code::Profile profile;
    code::IdPolicy policy;
    policy.version = 0x81;
    policy.issuer = *code::ParseDecimal4("65000001");
    policy.certificate = {{code::IdPart::kService, code::IdPart::kRootIndex}, 2};
    policy.issuer_signature = {{code::IdPart::kIssuer, code::IdPart::kPlatform}, 2};
    policy.user_signature = {{code::IdPart::kCardAccount}, 1};
    profile.id_policies = {policy};
    profile.permitted = {{*code::ParseDecimal4("65000001"), *code::ParseDecimal4("65000001")}};
    const auto root = sm2::PublicKey::Parse(*FromHex("02e0f5ee486ef73cf5a4e749cc0d5f979925fe553899bca6373995b74463427a49"));
    return code::Verifier(std::move(profile), code::RootKeys::ByIndex({{1, *root, code::CertificateMonth{2040, 1}}}));
  }();
  const ByteSpan bytes(data, size);
  const Instant now = Instant::FromSeconds(1'893'400'000);

  const code::Verdict verdict = verifier.Verify(bytes, now);
  YUKUAI_CHECK(verdict.accepted() == (verdict.check == code::Check::kNone));
  const auto view = code::View::Parse(bytes);
  if (verdict.view) YUKUAI_CHECK(view.ok());
  if (view.ok()) {
    YUKUAI_CHECK(view->user_signed().size() + 65 == size && view->issuer_field().size() == size - code::kLengthFixed);
    static_cast<void>(code::ParseIssuerField(view->issuer_field()));
  }
  size_t shown = 0;
  for (const code::InspectedField& field : code::Inspect(bytes)) {
    if (field.number.find('.') == std::string::npos) shown += field.bytes.size();
  }
  YUKUAI_CHECK(shown == size);
  return 0;
}
