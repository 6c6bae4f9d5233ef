// SPDX-License-Identifier: Apache-2.0
// Any bytes as a code: verified, read, resolved and inspected. What has the structure of a code is written again to the same
// bytes, up to the signatures; an account that resolves is made again to the same digits; inspection shows each byte once.
#include <algorithm>
#include <cstdint>

#include "base/entropy/entropy.h"
#include "formats/code/alias.h"
#include "formats/code/inspect.h"
#include "formats/code/verify.h"

namespace {

using namespace yukuai;

// The root of tests/vectors/transit-code.json; the time below is its time.
std::optional<sm2::PublicKey> RootKey() {
  return sm2::PublicKey::Parse(*FromHex("02e0f5ee486ef73cf5a4e749cc0d5f979925fe553899bca6373995b74463427a49"));
}

// With a profile for the third vector.
code::Verifier MakeVerifier() {
  code::Profile profile;
  code::IdPolicy policy;
  policy.version = 0x81;
  policy.issuer = *code::ParseDecimal4("65000001");
  policy.certificate = {{code::IdPart::kService, code::IdPart::kRootIndex}, 2};
  policy.issuer_signature = {{code::IdPart::kIssuer, code::IdPart::kPlatform}, 2};
  policy.user_signature = {{code::IdPart::kCardAccount}, 1};
  profile.id_policies = {policy};
  profile.permitted = {{*code::ParseDecimal4("65000001"), *code::ParseDecimal4("65000101")}};
  return code::Verifier(std::move(profile), code::RootKeys::ByIndex({{1, *RootKey(), code::CertificateMonth{2040, 1}}}));
}

template <size_t N>
ByteArray<N> ArrayOf(std::span<const uint8_t, N> bytes) {
  ByteArray<N> out;
  std::ranges::copy(bytes, out.begin());
  return out;
}

void WriteAgain(const code::View& view, const sm2::PrivateKey& key) {
  const ByteSpan id = AsBytes(sm2::kDefaultId);
  code::TemplateContent content;
  content.version = view.version();
  content.certificate = ArrayOf(view.certificate());
  content.payment_account = ArrayOf(view.payment_account());
  content.card_account = ArrayOf(view.card_account());
  content.issuer = ArrayOf(view.issuer());
  content.platform = ArrayOf(view.platform());
  content.account_type = static_cast<code::AccountType>(view.account_type());
  content.amount_cap = view.amount_cap();
  content.user_key = ArrayOf(view.user_key());
  content.authorisation_expiry = Instant::FromSeconds(view.authorisation_expiry_seconds());
  content.validity_seconds = static_cast<int>(view.validity_seconds());
  content.issuer_field.assign(view.issuer_field().begin(), view.issuer_field().end());
  const auto built = code::BuildTemplate(content, key, id);
  if (!built.ok()) return;
  const size_t unsigned_length = code::field::kIssuerField.offset + view.issuer_field_length();
  YUKUAI_CHECK(Equal(ByteSpan(*built).first(unsigned_length), view.bytes().first(unsigned_length)));
  const auto complete = code::CompleteCode(*built, Instant::FromSeconds(view.generated_at_seconds()), key, id);
  YUKUAI_CHECK(complete.ok() && code::View::Parse(*complete).ok());

  const auto month = code::ParseCertificateMonth(view.certificate_expiry());
  if (!month || !code::IsDecimal(view.institution())) return;
  const auto certificate =
      code::BuildCertificate({view.root_index(), ArrayOf(view.institution()), *month, {}, ArrayOf(view.issuer_key())}, key, id);
  YUKUAI_CHECK(certificate.ok());
  YUKUAI_CHECK(code::ParseCertificateMonth(std::span(*certificate).subspan<11, 2>()) == month);
}

void Resolve(const code::View& view) {
  static const code::Aliases aliases(Bytes(32, 1), Bytes(32, 2), {*code::ParseDecimal4("65000001"), "3104999", 1u << 27});
  const auto period = code::PeriodFromExpiry(view.authorisation_expiry_seconds(), code::ServiceDayRule{});
  if (period) {
    const auto expiry = code::AuthorisationExpiry(*period, code::ServiceDayRule{});
    YUKUAI_CHECK(expiry.seconds() == view.authorisation_expiry_seconds());
    YUKUAI_CHECK(code::ServiceDayOf(expiry.PlusSeconds(-4 * 3600 - 1), code::ServiceDayRule{}) == *period);
  }
  const code::ServiceDay day = period.value_or(0);
  if (const auto account = aliases.ResolveCardAccount(day, view.card_account())) {
    YUKUAI_CHECK(Equal(*aliases.MakeCardAccount(day, *account), view.card_account()));
    const auto payment = aliases.MakePaymentAccount(day, *account);
    YUKUAI_CHECK(payment && aliases.ResolvePaymentAccount(day, *payment) == account);
  }
  if (const auto account = aliases.ResolvePaymentAccount(day, view.payment_account())) {
    YUKUAI_CHECK(Equal(*aliases.MakePaymentAccount(day, *account), view.payment_account()));
  }
  auto field = code::ParseIssuerField(view.issuer_field());
  if (!field) return;
  YUKUAI_CHECK(Equal(code::EncodeIssuerField(*field), view.issuer_field()));
  static_cast<void>(aliases.ResolveTag(*field));
  const code::TagContent content{PersonIndex{static_cast<uint64_t>(view.amount_cap().fen())}, day};
  field->tag = aliases.MakeTag(*field, content);
  YUKUAI_CHECK(aliases.ResolveTag(*field) == content);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const code::Verifier verifier = MakeVerifier();
  static const sm2::PrivateKey key = [] {
    SeededEntropy entropy(1);
    return sm2::PrivateKey::Generate(entropy);
  }();
  const ByteSpan bytes(data, size);

  const code::Verdict verdict = verifier.Verify(bytes, Instant::FromSeconds(1'893'400'000));
  YUKUAI_CHECK(verdict.accepted() == (verdict.check == code::Check::kNone));
  const auto view = code::View::Parse(bytes);
  if (verdict.view) YUKUAI_CHECK(view.ok());
  // Whoever knows less refuses less: any root index, any pair of issuer and platform.
  static const code::Verifier lenient({}, code::RootKeys::AnyIndex(*RootKey()));
  const bool accepted_leniently = lenient.Verify(bytes, Instant::FromSeconds(1'893'400'000)).accepted();
  if (verdict.accepted() && data[0] == code::kVersionInteroperable) YUKUAI_CHECK(accepted_leniently);
  if (view.ok()) {
    WriteAgain(*view, key);
    Resolve(*view);
    constexpr std::string_view kPrefix = "https://city.example/c#";
    YUKUAI_CHECK(*code::FromTextForm(kPrefix, code::ToTextForm(kPrefix, bytes)) == Bytes(bytes.begin(), bytes.end()));
  }
  for (const code::Verifier* each : {&verifier, &lenient}) {
    for (const code::NotChecked what : each->not_checked()) YUKUAI_CHECK(!code::Slug(what).empty());
  }
  size_t shown = 0;
  for (const code::InspectedField& field : code::Inspect(bytes)) {
    if (field.number.find('.') == std::string::npos) shown += field.bytes.size();
  }
  YUKUAI_CHECK(shown == size);
  return 0;
}
