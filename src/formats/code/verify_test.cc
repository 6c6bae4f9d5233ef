// SPDX-License-Identifier: Apache-2.0
// Each check of the verifier with both sides of its boundary, and the order in which they are made.
#include "formats/code/verify.h"

#include <gtest/gtest.h>

#include "formats/code/sample_codes_test.h"

namespace yukuai::code {
namespace {

constexpr int64_t kNow = SampleCity::kNow;

std::string Answer(const Verdict& verdict) { return verdict.accepted() ? "accepted" : std::string(verdict.reason->slug); }

class VerifyTest : public testing::Test {
 protected:
  std::string Answer(ByteSpan code, int64_t now = kNow) const {
    return code::Answer(verifier_.Verify(code, Instant::FromSeconds(now)));
  }
  // A good code with bytes changed and everything signed again.
  Bytes Changed(size_t offset, ByteSpan bytes) const {
    Bytes code = city_.Code();
    SampleCity::Put(code, offset, bytes);
    city_.SignAgain(code);
    return code;
  }

  SampleCity city_;
  Verifier verifier_{Profile{}, city_.roots()};
};

TEST_F(VerifyTest, AcceptsIssuerFieldsUpTo32Bytes) {
  for (const size_t n : {0, 1, 20, 31, 32}) {
    const Bytes code = city_.CodeWithField(n);
    ASSERT_EQ(code.size(), 332 + n);
    const Verdict verdict = verifier_.Verify(code, Instant::FromSeconds(kNow));
    ASSERT_TRUE(verdict.accepted()) << n << " " << verdict.reason->slug;
    EXPECT_EQ(verdict.view->issuer_field().size(), n);
  }
}

TEST_F(VerifyTest, RefusesAnIssuerFieldOf33Bytes) {
  // Made by hand, because the encoder refuses: a code of N = 32 with one byte more, N and the length field counted up.
  Bytes code = city_.CodeWithField(32);
  code.insert(code.begin() + 198 + 32, 0xA5);
  code[197] = 33;
  code[2] = static_cast<uint8_t>(code[2] + 1);
  city_.SignAgain(code, 33);
  EXPECT_EQ(Answer(code), "code_length");
}

TEST_F(VerifyTest, LooksAtTheLengthFirst) {
  for (size_t length = 0; length < 800; ++length) {
    const std::string answer = Answer(Bytes(length, 0xFF));
    EXPECT_EQ(answer == "code_length", length < 332 || length > 364) << length << " " << answer;
  }
  Bytes longer = city_.Code();
  longer.push_back(0);
  EXPECT_EQ(Answer(longer), "code_length_field");
  Bytes shorter = city_.CodeWithField(1);
  shorter.pop_back();
  EXPECT_EQ(Answer(shorter), "code_length_field");
}

TEST_F(VerifyTest, ComparesNWithTheLength) {
  for (const int n : {0, 1, 19, 21, 32, 33, 255}) {
    Bytes code = city_.CodeWithField(20);
    code[197] = static_cast<uint8_t>(n);
    city_.SignTemplateAgain(code, 20);
    EXPECT_EQ(Answer(code), "issuer_field_length") << n;
  }
}

TEST_F(VerifyTest, TimesHoldInTheirLastSecond) {
  struct Row {
    std::string_view what;
    int64_t generated_at, authorisation_expiry;
    int validity;
    int64_t now;
    std::string_view answer;
  };
  const Row rows[] = {
      {"expiry, last second", kNow, kNow + 3600, 60, kNow + 60, "accepted"},
      {"expiry, one later", kNow, kNow + 3600, 60, kNow + 61, "code_expired"},
      {"no validity at all", kNow, kNow + 3600, 0, kNow, "accepted"},
      {"no validity at all, one later", kNow, kNow + 3600, 0, kNow + 1, "code_expired"},
      {"phone ahead by the skew", kNow + 20, kNow + 3600, 60, kNow, "accepted"},
      {"phone ahead by one more", kNow + 21, kNow + 3600, 60, kNow, "generated_in_future"},
      {"authorisation, last second", kNow, kNow, 60, kNow, "accepted"},
      {"authorisation, one later", kNow, kNow, 60, kNow + 1, "authorisation_expired"},
      {"generated with the authorisation's end", kNow + 1, kNow + 1, 60, kNow, "accepted"},
      {"generated after it", kNow + 2, kNow + 1, 60, kNow, "generated_after_authorisation"},
      {"longest validity", kNow, kNow + 3600, 1200, kNow, "accepted"},
      {"one second longer", kNow, kNow + 3600, 1201, kNow, "validity_too_long"},
  };
  for (const Row& row : rows) {
    TemplateContent content = city_.template_content();
    content.authorisation_expiry = Instant::FromSeconds(row.authorisation_expiry);
    content.validity_seconds = row.validity;
    EXPECT_EQ(Answer(city_.Complete(content, row.generated_at), row.now), row.answer) << row.what;
  }
}

TEST_F(VerifyTest, FractionsOfASecondDoNotCount) {
  const Bytes code = city_.Code();
  const Instant last{(kNow + 60) * 1'000'000 + 999'999};
  EXPECT_TRUE(verifier_.Verify(code, last).accepted());
  EXPECT_FALSE(verifier_.Verify(code, Instant{last.us + 1}).accepted());
}

TEST_F(VerifyTest, TheCertificateEndsWithItsMonthInChina) {
  const int64_t end = ParseRfc3339("2026-07-01T00:00:00+08:00")->seconds();
  TemplateContent content = city_.template_content();
  content.authorisation_expiry = Instant::FromSeconds(end + 3600);
  EXPECT_EQ(Answer(city_.Complete(content, end - 1), end - 1), "accepted");
  EXPECT_EQ(Answer(city_.Complete(content, end), end), "certificate_expired");
}

TEST_F(VerifyTest, ADecemberCertificateEndsWithTheYear) {
  CertificateContent certificate = city_.certificate_content();
  certificate.expiry = {2026, 12};
  TemplateContent content = city_.template_content();
  content.certificate = *BuildCertificate(certificate, city_.root, city_.id);
  const int64_t end = ParseRfc3339("2027-01-01T00:00:00+08:00")->seconds();
  content.authorisation_expiry = Instant::FromSeconds(end + 3600);
  EXPECT_EQ(Answer(city_.Complete(content, end - 1), end - 1), "accepted");
  EXPECT_EQ(Answer(city_.Complete(content, end), end), "certificate_expired");
}

TEST_F(VerifyTest, CertificateDatesMustBeMonths) {
  for (const ByteArray<2> date : {ByteArray<2>{0x00, 0x30}, {0x13, 0x30}, {0x1A, 0x30}, {0x06, 0x3A}, {0xF6, 0x30}}) {
    EXPECT_EQ(Answer(Changed(14, date)), "certificate_date") << ToHex(date);
  }
}

TEST_F(VerifyTest, TheRootRecordExpiresToo) {
  const Verifier verifier({}, RootKeys::ByIndex({{SampleCity::kRootIndex, city_.root.public_key(), CertificateMonth{2026, 5}}}));
  const int64_t end = ParseRfc3339("2026-06-01T00:00:00+08:00")->seconds();
  TemplateContent content = city_.template_content();
  content.authorisation_expiry = Instant::FromSeconds(end + 3600);
  const auto answer_at = [&](int64_t now) {
    return code::Answer(verifier.Verify(city_.Complete(content, now), Instant::FromSeconds(now)));
  };
  EXPECT_EQ(answer_at(end - 1), "accepted");
  EXPECT_EQ(answer_at(end), "root_expired");
}

TEST_F(VerifyTest, TheRootIsFoundByItsIndexUnlessAnyIsGood) {
  const ByteArray<1> other{8};
  EXPECT_EQ(Answer(Changed(8, other)), "root_unknown");
  const Verifier any({}, RootKeys::AnyIndex(city_.root.public_key()));
  EXPECT_TRUE(any.Verify(Changed(8, other), Instant::FromSeconds(kNow)).accepted());
}

TEST_F(VerifyTest, FieldsAreJudgedBothSidesOfTheirBoundary) {
  struct Row {
    std::string_view what;
    size_t offset;
    Bytes bytes;
    std::string_view answer;
  };
  const Row rows[] = {
      {"payment account below printable", 127, {0x1F}, "payment_account"},
      {"lowest printable", 127, {0x20}, "accepted"},
      {"highest printable", 127, {0x7E}, "accepted"},
      {"payment account above printable", 127, {0x7F}, "payment_account"},
      {"account type 00", 154, {0x00}, "account_type"},
      {"account type 01", 154, {0x01}, "accepted"},
      {"account type 05", 154, {0x05}, "accepted"},
      {"account type 06", 154, {0x06}, "account_type"},
      {"account type 21, whose low bits are 1", 154, {0x21}, "account_type"},
      {"card account with a letter", 145, {0x1A}, "not_decimal"},
      {"issuer with a letter", 149, {0x0F}, "not_decimal"},
      {"platform with a letter", 150, {0xA5}, "not_decimal"},
      {"institution with a letter", 10, {0xC5}, "not_decimal"},
      {"version 7f", 0, {0x7F}, "code_version"},
      {"version 81 without a profile", 0, {0x81}, "code_version"},
      {"certificate header", 3, {0x25}, "certificate_header"},
      {"service", 4, {0x02}, "certificate_format"},
      {"certificate format", 9, {0x11}, "certificate_format"},
      {"signature algorithm", 19, {0x00}, "certificate_format"},
      {"encryption algorithm", 20, {0x00}, "certificate_format"},
      {"key parameter", 21, {0x01}, "certificate_format"},
      {"key length", 22, {0x20}, "certificate_format"},
      {"issuer key that is no point, though signed", 23, {0x04}, "certificate_format"},
      {"user key prefix 04, though signed", 158, {0x04}, "user_key"},
      {"user key prefix 00, though signed", 158, {0x00}, "user_key"},
      {"user key with X = 2^256 - 1, though signed", 159, Bytes(32, 0xFF), "user_key"},
  };
  for (const Row& row : rows) EXPECT_EQ(Answer(Changed(row.offset, row.bytes)), row.answer) << row.what;
}

TEST_F(VerifyTest, BothMarksAreCompared) {
  Bytes code = city_.Code();
  code[198] = 0x14;
  city_.SignShowingAgain(code);  // The first mark is inside what the user signs.
  EXPECT_EQ(Answer(code), "signature_format");
  code = city_.Code();
  code[267] = 0x14;  // No signature covers the second.
  EXPECT_EQ(Answer(code), "signature_format");
}

// n - s, big-endian: where ECDSA would still hold, SM2 must not.
void Negate(std::span<uint8_t> s) {
  const Bytes n = *FromHex("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123");
  int borrow = 0;
  for (size_t i = s.size(); i-- > 0;) {
    const int difference = n[i] - s[i] - borrow;
    borrow = difference < 0 ? 1 : 0;
    s[i] = static_cast<uint8_t>(difference + (borrow << 8));
  }
}

TEST_F(VerifyTest, SignaturesAreNotMalleable) {
  struct Row {
    size_t r_offset;
    std::string_view answer;
  };
  for (const Row& row : {Row{56, "certificate_signature"}, {199, "issuer_signature"}, {268, "user_signature"}}) {
    const Bytes good = city_.Code();
    ASSERT_EQ(Answer(good), "accepted");
    const auto broken = [&](auto&& change) {
      Bytes code = good;
      change(std::span(code).subspan(row.r_offset, 32), std::span(code).subspan(row.r_offset + 32, 32));
      // What is signed later covers what is signed earlier.
      if (row.r_offset == 56) city_.SignTemplateAgain(code);
      if (row.r_offset == 199) city_.SignShowingAgain(code);
      return Answer(code);
    };
    EXPECT_EQ(broken([](auto, auto s) { Negate(s); }), row.answer);
    EXPECT_EQ(broken([](auto r, auto) { std::ranges::fill(r, uint8_t{0}); }), row.answer);
    EXPECT_EQ(broken([](auto, auto s) { std::ranges::fill(s, uint8_t{0}); }), row.answer);
    EXPECT_EQ(broken([](auto r, auto) { std::ranges::fill(r, uint8_t{0xFF}); }), row.answer);
    EXPECT_EQ(broken([](auto r, auto s) { std::swap_ranges(r.begin(), r.end(), s.begin()); }), row.answer);
  }
}

TEST_F(VerifyTest, EverySignatureHasItsUserId) {
  // Version 81 of this issuer: three IDs put together from fields, as in Shanghai.
  IdPolicy policy;
  policy.version = 0x81;
  policy.issuer = *ParseDecimal4("65000001");
  policy.certificate = {{IdPart::kService, IdPart::kRootIndex}, 2};
  policy.issuer_signature = {{IdPart::kIssuer, IdPart::kPlatform}, 2};
  policy.user_signature = {{IdPart::kCardAccount}, 1};
  Profile profile;
  profile.id_policies = {policy};
  const Verifier verifier(profile, city_.roots());

  const Bytes ids[3] = {*FromHex("0101000007"), *FromHex("6500000165000101"), *FromHex("31049990000000000017")};
  const std::string_view answers[] = {"certificate_signature", "issuer_signature", "user_signature"};
  for (int wrong = -1; wrong < 3; ++wrong) {
    const auto id_of = [&](int which) { return which == wrong ? city_.id : ByteSpan(ids[which]); };
    TemplateContent content = city_.template_content();
    content.version = 0x81;
    content.certificate = *BuildCertificate(city_.certificate_content(), city_.root, id_of(0));
    const Bytes code =
        *CompleteCode(*BuildTemplate(content, city_.issuer, id_of(1)), Instant::FromSeconds(kNow), city_.user, id_of(2));
    const std::string answer = code::Answer(verifier.Verify(code, Instant::FromSeconds(kNow)));
    EXPECT_EQ(answer, wrong < 0 ? "accepted" : answers[wrong]);
    EXPECT_EQ(Answer(code), "code_version") << "without the profile";
  }
  // The same bytes of a certificate under another ID are another certificate: the cache must keep them apart.
  EXPECT_TRUE(verifier.Verify(city_.Code(), Instant::FromSeconds(kNow)).accepted());
}

TEST_F(VerifyTest, OnlyPermittedPairsPass) {
  Profile profile;
  profile.permitted = {{*ParseDecimal4("65000001"), *ParseDecimal4("65000101")},
                       {*ParseDecimal4("65000002"), *ParseDecimal4("65000102")}};
  const Verifier verifier(profile, city_.roots());
  EXPECT_TRUE(verifier.Verify(city_.Code(), Instant::FromSeconds(kNow)).accepted());
  TemplateContent mixed = city_.template_content();
  mixed.platform = *ParseDecimal4("65000102");
  EXPECT_EQ(verifier.Verify(city_.Complete(mixed), Instant::FromSeconds(kNow)).reason, kIssuerNotPermitted);
}

TEST_F(VerifyTest, ChecksAreMadeInTheOrderOfTheTable) {
  // Everything is wrong at once; then one thing after the other is mended, and the next check answers.
  struct Mend {
    std::string_view answer;  // Before it is mended.
    Check check;
    size_t offset;
    Bytes right;
  };
  const Bytes good = city_.Code();
  const auto from_good = [&good](size_t offset, size_t length) {
    return Bytes(good.begin() + static_cast<std::ptrdiff_t>(offset), good.begin() + static_cast<std::ptrdiff_t>(offset + length));
  };
  const Mend mends[] = {
      {"code_version", Check::kVersion, 0, {0x80}},
      {"code_length_field", Check::kLengthField, 1, from_good(1, 2)},
      {"certificate_header", Check::kCertificateHeader, 3, {0x24}},
      {"certificate_date", Check::kCertificateExpiry, 14, {0x01, 0x20}},
      {"certificate_expired", Check::kCertificateExpiry, 14, from_good(14, 2)},
      {"root_unknown", Check::kRootKey, 8, {SampleCity::kRootIndex}},
      {"payment_account", Check::kPaymentAccount, 120, from_good(120, 16)},
      {"account_type", Check::kAccountType, 154, {0x01}},
      {"authorisation_expired", Check::kAuthorisationExpiry, 191, from_good(191, 4)},
      {"issuer_field_length", Check::kIssuerFieldLength, 197, {0x00}},
      {"validity_too_long", Check::kValidity, 195, from_good(195, 2)},
      {"generated_in_future", Check::kGenerated, 263, {0, 0, 0, 1}},
      {"code_expired", Check::kExpiry, 263, from_good(263, 4)},
      {"not_decimal", Check::kPermitted, 136, from_good(136, 10)},
      {"not_decimal", Check::kPermitted, 146, {0x65, 0x00, 0x00, 0x02}},
      {"issuer_not_permitted", Check::kPermitted, 146, from_good(146, 4)},
      {"certificate_format", Check::kCertificate, 9, {0x12}},
      {"not_decimal", Check::kCertificate, 10, from_good(10, 4)},
      {"certificate_signature", Check::kCertificate, 56, from_good(56, 64)},
      {"signature_format", Check::kIssuerSignature, 198, {0x15}},
      {"issuer_signature", Check::kIssuerSignature, 199, from_good(199, 64)},
      {"signature_format", Check::kUserSignature, 267, {0x15}},
      {"user_signature", Check::kUserSignature, 268, from_good(268, 64)},
  };
  Profile profile;
  profile.permitted = {{*ParseDecimal4("65000001"), *ParseDecimal4("65000101")}};
  const Verifier verifier(profile, city_.roots());
  Bytes code(332, 0x00);
  const auto spoil = [&code](size_t offset, size_t length, uint8_t value) {
    std::fill_n(code.begin() + static_cast<std::ptrdiff_t>(offset), length, value);
  };
  code = good;
  spoil(0, 1, 0x00);
  spoil(1, 2, 0x00);
  spoil(3, 1, 0x00);
  spoil(8, 2, 0x00);
  spoil(10, 6, 0xFF);
  spoil(56, 64, 0x11);
  spoil(120, 16, 0x00);
  spoil(136, 14, 0xFF);
  spoil(154, 1, 0x00);
  spoil(191, 4, 0x00);
  spoil(195, 3, 0xFF);
  spoil(198, 1, 0x00);
  spoil(199, 64, 0x11);
  spoil(263, 4, 0xFF);
  spoil(267, 65, 0x11);
  for (const Mend& mend : mends) {
    const Verdict verdict = verifier.Verify(code, Instant::FromSeconds(kNow));
    EXPECT_EQ(code::Answer(verdict), mend.answer);
    EXPECT_EQ(verdict.check, mend.check) << mend.answer;
    SampleCity::Put(code, mend.offset, mend.right);
  }
  EXPECT_TRUE(verifier.Verify(code, Instant::FromSeconds(kNow)).accepted());
}

TEST_F(VerifyTest, GivesTheFieldsOnceTheStructureIsRight) {
  const Instant now = Instant::FromSeconds(kNow);
  const Bytes good = city_.Code();
  const Verdict accepted = verifier_.Verify(good, now);
  ASSERT_TRUE(accepted.view.has_value());
  EXPECT_EQ(accepted.view->bytes().data(), good.data()) << "A view into the caller's bytes, no copy";
  EXPECT_TRUE(verifier_.Verify(good, now.PlusSeconds(61)).view.has_value());
  Bytes version = good;
  version[0] = 0;
  EXPECT_FALSE(verifier_.Verify(version, now).view.has_value());
}

TEST_F(VerifyTest, ManyCertificatesDoNotUnlearnGoodOnes) {
  // More than the cache holds; then the first again, and one that was changed after it was remembered.
  std::vector<Bytes> codes;
  for (size_t i = 0; i < Verifier::kCertificateCacheMax + 3; ++i) {
    CertificateContent certificate = city_.certificate_content();
    certificate.serial = {0, 1, static_cast<uint8_t>(i)};
    TemplateContent content = city_.template_content();
    content.certificate = *BuildCertificate(certificate, city_.root, city_.id);
    codes.push_back(city_.Complete(content));
  }
  for (int round = 0; round < 2; ++round) {
    for (const Bytes& code : codes) EXPECT_EQ(Answer(code), "accepted");
  }
  Bytes changed = codes.back();
  changed[18] = static_cast<uint8_t>(changed[18] ^ 1);
  city_.SignTemplateAgain(changed);
  EXPECT_EQ(Answer(changed), "certificate_signature");
}

TEST_F(VerifyTest, SaysWhatItDidNotCheck) {
  const auto slugs = [](const Verifier& verifier) {
    std::string out;
    for (const NotChecked what : verifier.not_checked()) out += std::string(Slug(what)) + " ";
    return out;
  };
  EXPECT_EQ(slugs(verifier_), "whitelist replay freeze_list rules ");
  Profile profile;
  profile.permitted = {{}};
  EXPECT_EQ(slugs(Verifier(profile, RootKeys::AnyIndex(city_.root.public_key()))), "root_index replay freeze_list rules ");
}

}  // namespace
}  // namespace yukuai::code
