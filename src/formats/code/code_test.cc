// SPDX-License-Identifier: Apache-2.0
// Writing and reading codes, their text form, and what inspection says of them.
#include "formats/code/code.h"

#include <gtest/gtest.h>

#include "formats/code/alias.h"
#include "formats/code/inspect.h"
#include "formats/code/sample_codes_test.h"

namespace yukuai::code {
namespace {

constexpr std::string_view kPrefix = "https://city.example/c#";

TEST(BuildCode, PutsEveryFieldWhereTheTableSays) {
  const SampleCity city;
  TemplateContent content = city.template_content();
  content.account_type = AccountType::kSenior;
  content.issuer_field = {1, 2, 3};
  const Bytes code = city.Complete(content);
  const auto parsed = View::Parse(code);
  ASSERT_TRUE(parsed.ok());
  const View& view = *parsed;
  EXPECT_EQ(view.version(), 0x80);
  EXPECT_EQ(view.length_field(), code.size() - 3);
  EXPECT_TRUE(Equal(view.certificate(), content.certificate));
  EXPECT_EQ(view.root_index(), SampleCity::kRootIndex);
  EXPECT_EQ(DecimalText(view.institution()), "65000001");
  EXPECT_EQ(ToHex(view.certificate_expiry()), "0626");
  EXPECT_TRUE(Equal(view.issuer_key(), city.issuer.public_key().compressed()));
  EXPECT_EQ(AsText(view.payment_account()), "0000000000ABCDEF");
  EXPECT_EQ(DecimalText(view.card_account()), "31049990000000000017");
  EXPECT_EQ(DecimalText(view.issuer()), "65000001");
  EXPECT_EQ(DecimalText(view.platform()), "65000101");
  EXPECT_EQ(view.account_type(), 3);
  EXPECT_EQ(view.amount_cap(), Money::Fen(2000));
  EXPECT_TRUE(Equal(view.user_key(), city.user.public_key().compressed()));
  EXPECT_EQ(view.authorisation_expiry_seconds(), SampleCity::kNow + 3600);
  EXPECT_EQ(view.validity_seconds(), 60);
  EXPECT_TRUE(Equal(view.issuer_field(), Bytes{1, 2, 3}));
  EXPECT_EQ(view.generated_at_seconds(), SampleCity::kNow);
  EXPECT_EQ(view.expires_at_seconds(), SampleCity::kNow + 60);
  EXPECT_EQ(view.code_template().size(), kTemplateLengthFixed + 3);
  EXPECT_EQ(ToHex(ByteSpan(code).first(4)), "80014c24");
}

TEST(BuildCode, RefusesWhatHasNoRoom) {
  const SampleCity city;
  struct Row {
    std::string_view what;
    void (*spoil)(TemplateContent&);
    Reason reason;
  };
  const Row rows[] = {
      {"payment account", [](TemplateContent& c) { c.payment_account[3] = 0x7F; }, kPaymentAccount},
      {"33 bytes of issuer field", [](TemplateContent& c) { c.issuer_field.resize(33); }, kIssuerFieldLength},
      {"card account", [](TemplateContent& c) { c.card_account[0] = 0x0A; }, kNotDecimal},
      {"issuer", [](TemplateContent& c) { c.issuer[0] = 0xA0; }, kNotDecimal},
      {"platform", [](TemplateContent& c) { c.platform[3] = 0xFF; }, kNotDecimal},
      {"version", [](TemplateContent& c) { c.version = 0x7F; }, kFieldRange},
      {"cap of 2^24 fen", [](TemplateContent& c) { c.amount_cap = Money::Fen(1 << 24); }, kFieldRange},
      {"cap below zero", [](TemplateContent& c) { c.amount_cap = Money::Fen(-1); }, kFieldRange},
      {"expiry in 2106", [](TemplateContent& c) { c.authorisation_expiry = Instant::FromSeconds(int64_t{1} << 32); },
       kFieldRange},
      {"expiry before 1970", [](TemplateContent& c) { c.authorisation_expiry = Instant{-1}; }, kFieldRange},
      {"validity", [](TemplateContent& c) { c.validity_seconds = 0x10000; }, kFieldRange},
      {"validity below zero", [](TemplateContent& c) { c.validity_seconds = -1; }, kFieldRange},
  };
  for (const Row& row : rows) {
    TemplateContent content = city.template_content();
    row.spoil(content);
    const auto built = BuildTemplate(content, city.issuer, city.id);
    ASSERT_FALSE(built.ok()) << row.what;
    EXPECT_EQ(built.error().reason, row.reason) << row.what;
  }
}

TEST(BuildCode, RefusesCertificatesThatAreNone) {
  const SampleCity city;
  for (const CertificateMonth month : {CertificateMonth{1999, 12}, {2100, 1}, {2026, 0}, {2026, 13}}) {
    CertificateContent content = city.certificate_content();
    content.expiry = month;
    EXPECT_EQ(BuildCertificate(content, city.root, city.id).error().reason, kFieldRange);
  }
  CertificateContent content = city.certificate_content();
  content.institution[0] = 0xF0;
  EXPECT_EQ(BuildCertificate(content, city.root, city.id).error().reason, kNotDecimal);
}

TEST(CompleteCode, TakesTemplatesAlone) {
  const SampleCity city;
  const Bytes good = *BuildTemplate(city.template_content(), city.issuer, city.id);
  const auto complete = [&](ByteSpan bytes, int64_t at) {
    return CompleteCode(bytes, Instant::FromSeconds(at), city.user, city.id);
  };
  EXPECT_TRUE(complete(good, 0).ok());
  EXPECT_TRUE(complete(good, 0xFFFFFFFF).ok());
  EXPECT_EQ(complete(good, 0x100000000).error().reason, kFieldRange);
  EXPECT_EQ(complete(good, -1).error().reason, kFieldRange);
  EXPECT_EQ(complete(ByteSpan(good).first(262), 0).error().reason, kCodeLength);
  EXPECT_EQ(complete({}, 0).error().reason, kCodeLength);
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(complete(longer, 0).error().reason, kCodeLength);
}

TEST(ViewParse, LooksAtTheStructureInOrder) {
  const SampleCity city;
  Bytes code = city.CodeWithField(5);
  EXPECT_TRUE(View::Parse(code).ok());
  code[197] = 6;
  EXPECT_EQ(View::Parse(code).error().reason, kIssuerFieldLength);
  code[2] = 0;
  EXPECT_EQ(View::Parse(code).error().reason, kCodeLengthField);
  EXPECT_EQ(View::Parse(ByteSpan(code).first(331)).error().reason, kCodeLength);
  code.resize(365);
  EXPECT_EQ(View::Parse(code).error().reason, kCodeLength);
}

TEST(Decimal, IsDigitsOnly) {
  EXPECT_EQ(ToHex(*ParseDecimal4("65000001")), "65000001");
  for (const std::string_view text : {"6500000", "650000011", "6500000a", "6500000 ", ""})
    EXPECT_FALSE(ParseDecimal4(text)) << text;
  EXPECT_EQ(DecimalText(*ParseDecimal10("31049990000000000017")), "31049990000000000017");
  EXPECT_FALSE(ParseDecimal10("3104999000000000001"));
}

TEST(TextForm, ReadsWhatItWrites) {
  const SampleCity city;
  for (size_t n = 0; n <= 32; ++n) {
    const Bytes code = city.CodeWithField(n);
    const std::string text = ToTextForm(kPrefix, code);
    EXPECT_TRUE(text.starts_with(kPrefix));
    const auto read = FromTextForm(kPrefix, text);
    ASSERT_TRUE(read.ok()) << n;
    EXPECT_EQ(*read, code);
  }
}

TEST(TextForm, RefusesOtherTexts) {
  const SampleCity city;
  const std::string text = ToTextForm(kPrefix, city.Code());
  struct Row {
    std::string text;
    Reason reason;
  };
  const Row rows[] = {
      {"", kTextPrefix},
      {"http" + text.substr(5), kTextPrefix},
      {"https://other.example/c#" + text.substr(kPrefix.size()), kTextPrefix},
      {std::string(kPrefix), kCodeLength},
      {text.substr(0, text.size() - 4), kCodeLength},
      {text + std::string(48, 'A'), kCodeLength},
      {text.substr(0, text.size() - 1) + "=", kTextEncoding},
      {text.substr(0, text.size() - 1) + "+", kTextEncoding},
      {text + "AA", kTextEncoding},  // A length that no byte string has.
  };
  for (const Row& row : rows) {
    const auto read = FromTextForm(kPrefix, row.text);
    ASSERT_FALSE(read.ok()) << row.text;
    EXPECT_EQ(read.error().reason, row.reason) << row.text;
  }
}

const InspectedField* FieldNumbered(const std::vector<InspectedField>& fields, std::string_view number) {
  const auto found = std::ranges::find(fields, number, &InspectedField::number);
  return found == fields.end() ? nullptr : &*found;
}

TEST(Inspect, NamesEveryByteOnce) {
  const SampleCity city;
  TemplateContent content = city.template_content();
  IssuerField field{GrantKind::kRide, 4, 1, {}};
  const auto field_bytes = EncodeIssuerField(field);
  content.issuer_field.assign(field_bytes.begin(), field_bytes.end());
  const Bytes code = city.Complete(content);
  const auto fields = Inspect(code);
  size_t at = 0;
  for (const InspectedField& each : fields) {
    if (each.number.find('.') != std::string::npos) continue;  // A part of the field before it.
    EXPECT_EQ(each.offset, at) << each.number;
    EXPECT_EQ(each.bytes.size(), each.length) << each.number;
    at += each.length;
  }
  EXPECT_EQ(at, code.size());
  const std::pair<std::string_view, std::string_view> meanings[] = {
      {"1", "interoperable"},
      {"2", "349 bytes"},
      {"3", "13 items"},
      {"3.1", "as specified"},
      {"3.3", "7"},
      {"3.5", "65000001"},
      {"3.6", "valid until 2026-06-30T23:59:59+08:00"},
      {"3.8", "as specified"},
      {"3.11", "as specified"},
      {"3.12", "a point of the SM2 curve"},
      {"3.13", "r and s"},
      {"4", "\"0000000000ABCDEF\""},
      {"5", "31049990000000000017"},
      {"8", "ordinary"},
      {"9", "20.00 yuan"},
      {"11", "2026-05-29T05:26:40+08:00"},
      {"12", "60 s"},
      {"13", "20 bytes"},
      {"14", "of a 渝快码"},
      {"14.1", "ride"},
      {"14.2", "4"},
      {"14.3", "1"},
      {"15", "mark 15, then r and s"},
      {"16", "2026-05-29T04:26:40+08:00"},
  };
  for (const auto& [number, meaning] : meanings) {
    const InspectedField* found = FieldNumbered(fields, number);
    ASSERT_NE(found, nullptr) << number;
    EXPECT_EQ(found->meaning, meaning) << number;
  }
}

TEST(Inspect, SaysWhatIsWrong) {
  const SampleCity city;
  Bytes code = city.Code();
  const std::tuple<size_t, uint8_t, std::string_view, std::string_view> spoils[] = {
      {0, 0x00, "1", "not a transport code"}, {2, 0x00, "2", "256 bytes, the code has 329"},
      {3, 0x00, "3.1", "should be 24"},       {4, 0xFF, "3.2", "should be 01010000"},
      {9, 0xFF, "3.4", "should be 12"},       {14, 0xFF, "3.6", "not a month"},
      {21, 0xFF, "3.10", "should be 00"},     {23, 0x04, "3.12", "no point of the SM2 curve"},
      {120, 0x00, "4", "not printable"},      {136, 0xFF, "5", "not decimal"},
      {154, 0x00, "8", "not specified"},      {198, 0x00, "15", "the mark is not 15"},
  };
  for (const auto& [offset, value, number, meaning] : spoils) code[offset] = value;
  const auto fields = Inspect(code);
  for (const auto& [offset, value, number, meaning] : spoils) EXPECT_EQ(FieldNumbered(fields, number)->meaning, meaning);
  for (const auto& [type, name] : {std::pair(2, "student"), {3, "senior"}, {4, "test"}, {5, "soldier"}}) {
    code[154] = static_cast<uint8_t>(type);
    EXPECT_EQ(FieldNumbered(Inspect(code), "8")->meaning, name);
  }
  code[0] = 0x81;
  EXPECT_EQ(FieldNumbered(Inspect(code), "1")->meaning, "local");
}

TEST(Inspect, TakesCodesThatAreCutOffOrTooLong) {
  const SampleCity city;
  const Bytes code = city.CodeWithField(32);
  for (size_t length = 0; length <= code.size(); ++length) {
    const auto fields = Inspect(ByteSpan(code).first(length));
    size_t shown = 0;
    for (const InspectedField& field : fields) {
      if (field.number.find('.') == std::string::npos) shown += field.bytes.size();
      const bool whole = field.bytes.size() == field.length;
      EXPECT_EQ(field.meaning == "missing" || field.meaning == "cut off", !whole) << field.number;
    }
    EXPECT_EQ(shown, length);
  }
  Bytes longer = code;
  longer.insert(longer.end(), {1, 2, 3});
  const auto fields = Inspect(longer);
  EXPECT_EQ(fields.back().name_en, "bytes after the end");
  EXPECT_EQ(ToHex(fields.back().bytes), "010203");
}

}  // namespace
}  // namespace yukuai::code
