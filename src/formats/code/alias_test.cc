// SPDX-License-Identifier: Apache-2.0
// Aliases against the vectors of an independent computation, and their two promises: each resolves to the one it was made of,
// and no two of a period are the same.
#include "formats/code/alias.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>

#include "formats/code/sample_codes_test.h"

namespace yukuai::code {
namespace {

constexpr uint64_t kSeed = 20260301;

Aliases MakeAliases(uint64_t capacity, std::string prefix = "3104999") {
  return Aliases(Bytes(32, 0x11), Bytes(32, 0x22), {*ParseDecimal4("65000001"), std::move(prefix), capacity});
}

IssuerField FieldOf(GrantKind kind, uint8_t epoch, uint16_t scope) { return {kind, epoch, scope, {}}; }

TEST(Alias, IsWhatTheVectorsSay) {
  const auto json = boost::json::parse(ReadTextFile("tests/vectors/alias.json")).as_object();
  const auto text = [](const boost::json::object& object, std::string_view key) {
    return std::string(object.at(key).as_string());
  };
  const CardRange range{*ParseDecimal4(text(json, "issuer")), text(json, "prefix"), json.at("capacity").to_number<uint64_t>()};
  const Aliases aliases(*FromHex(text(json, "alias_key")), *FromHex(text(json, "card_number_key")), range);
  const auto& cases = json.at("cases").as_array();
  ASSERT_GE(cases.size(), 7u);
  for (const auto& entry : cases) {
    const auto& object = entry.as_object();
    const auto number = [&object](std::string_view key) { return object.at(key).to_number<uint64_t>(); };
    const PersonIndex person{number("person_index")};
    const auto day = static_cast<ServiceDay>(number("service_day"));
    IssuerField field = FieldOf(static_cast<GrantKind>(number("kind")), static_cast<uint8_t>(number("epoch")),
                                static_cast<uint16_t>(number("scope")));
    const AccountContent account{person, number("account_counter")};

    field.tag = aliases.MakeTag(field, {person, day});
    EXPECT_EQ(ToHex(field.tag), text(object, "tag"));
    EXPECT_EQ(aliases.ResolveTag(field), (TagContent{person, day}));
    const auto card = aliases.MakeCardAccount(day, account);
    EXPECT_EQ(DecimalText(*card), text(object, "card_account"));
    EXPECT_EQ(aliases.ResolveCardAccount(day, *card), account);
    const auto payment = aliases.MakePaymentAccount(day, account);
    EXPECT_EQ(AsText(*payment), text(object, "payment_account"));
    EXPECT_EQ(aliases.ResolvePaymentAccount(day, *payment), account);
  }
}

TEST(Alias, ResolvesToWhatItWasMadeOf) {
  SeededEntropy entropy(kSeed);
  for (const uint64_t capacity : {uint64_t{1} << 10, uint64_t{1} << 27, uint64_t{1} << 36, uint64_t{130'000'000}}) {
    const Aliases aliases = MakeAliases(capacity);
    const uint64_t counter_end = aliases.range().CounterEnd();
    for (int i = 0; i < 200; ++i) {
      const AccountContent account{PersonIndex{entropy.Below(capacity)}, entropy.Below(counter_end)};
      const auto period = static_cast<ServiceDay>(entropy.Below(40'000));
      const auto card = aliases.MakeCardAccount(period, account);
      const auto payment = aliases.MakePaymentAccount(period, account);
      ASSERT_TRUE(card && payment) << "seed " << kSeed;
      EXPECT_TRUE(IsDecimal(*card));
      EXPECT_TRUE(DecimalText(*card).starts_with("3104999"));
      EXPECT_EQ(aliases.ResolveCardAccount(period, *card), account) << "seed " << kSeed;
      EXPECT_EQ(aliases.ResolvePaymentAccount(period, *payment), account) << "seed " << kSeed;

      IssuerField field = FieldOf(static_cast<GrantKind>(1 + entropy.Below(3)), static_cast<uint8_t>(entropy.Below(256)),
                                  static_cast<uint16_t>(entropy.Below(65536)));
      const TagContent content{PersonIndex{entropy.Below(uint64_t{1} << 48)}, static_cast<uint32_t>(entropy.Next())};
      field.tag = aliases.MakeTag(field, content);
      EXPECT_EQ(aliases.ResolveTag(field), content) << "seed " << kSeed;
    }
  }
}

TEST(Alias, IsOfOnePersonWithinAPeriod) {
  const Aliases aliases = MakeAliases(uint64_t{1} << 27);
  std::set<Decimal10> cards;
  std::set<PaymentAccount> payments;
  std::set<Tag> tags;
  size_t made = 0;
  for (uint64_t group = 1; group <= 3; ++group) {
    for (uint64_t person = 0; person < 2000; ++person, ++made) {
      const AccountContent account{PersonIndex{person}, group};
      cards.insert(*aliases.MakeCardAccount(20513, account));
      payments.insert(*aliases.MakePaymentAccount(20513, account));
      tags.insert(aliases.MakeTag(FieldOf(GrantKind::kRide, 0, static_cast<uint16_t>(group)), {PersonIndex{person}, 20513}));
    }
  }
  EXPECT_EQ(cards.size(), made);
  EXPECT_EQ(payments.size(), made);
  EXPECT_EQ(tags.size(), made);
}

TEST(Alias, FillsASmallRangeWithoutMeetingItself) {
  // Six free digits and room for 10^6 numbers: every number of the range is somebody's exactly once.
  const Aliases aliases = MakeAliases(1000, "31049990000000");
  ASSERT_EQ(aliases.range().CounterEnd(), 1000u);
  std::set<Decimal10> cards;
  for (uint64_t counter = 0; counter < 20; ++counter) {
    for (uint64_t person = 0; person < 1000; ++person) cards.insert(*aliases.MakeCardAccount(1, {PersonIndex{person}, counter}));
  }
  EXPECT_EQ(cards.size(), 20'000u);
}

TEST(Alias, MeansNothingElsewhere) {
  const Aliases aliases = MakeAliases(uint64_t{1} << 27);
  const TagContent content{PersonIndex{4711}, 20513};
  IssuerField field = FieldOf(GrantKind::kRide, 3, 1);
  field.tag = aliases.MakeTag(field, content);
  for (const IssuerField& other :
       {FieldOf(GrantKind::kRide, 3, 2), FieldOf(GrantKind::kRide, 4, 1), FieldOf(GrantKind::kMember, 3, 1)}) {
    IssuerField moved = other;
    moved.tag = field.tag;
    EXPECT_EQ(aliases.ResolveTag(moved), std::nullopt);
  }
  const Aliases foreign(Bytes(32, 0x12), Bytes(32, 0x22), aliases.range());
  EXPECT_EQ(foreign.ResolveTag(field), std::nullopt);
  field.tag[5] = static_cast<uint8_t>(field.tag[5] ^ 1);
  EXPECT_EQ(aliases.ResolveTag(field), std::nullopt);

  const AccountContent account{PersonIndex{4711}, 1};
  const auto card = aliases.MakeCardAccount(20513, account);
  EXPECT_NE(aliases.MakeCardAccount(20514, account), card);
  EXPECT_NE(aliases.ResolveCardAccount(20514, *card), account);
}

TEST(Alias, IsNotMadeOutsideTheRange) {
  const Aliases aliases = MakeAliases(uint64_t{1} << 36);
  EXPECT_EQ(aliases.range().CounterEnd(), 145u);
  EXPECT_TRUE(aliases.MakeCardAccount(1, {PersonIndex{(uint64_t{1} << 36) - 1}, 144}).has_value());
  EXPECT_FALSE(aliases.MakeCardAccount(1, {PersonIndex{(uint64_t{1} << 36) - 1}, 145}).has_value());
  EXPECT_FALSE(aliases.MakeCardAccount(1, {PersonIndex{uint64_t{1} << 36}, 0}).has_value());
  EXPECT_FALSE(aliases.MakePaymentAccount(1, {PersonIndex{uint64_t{1} << 36}, 0}).has_value());
  EXPECT_EQ(MakeAliases(uint64_t{1} << 27).range().CounterEnd(), 74505u);
}

TEST(Alias, RefusesNumbersThatAreNotItsOwn) {
  const Aliases aliases = MakeAliases(uint64_t{1} << 27);
  const auto card = *aliases.MakeCardAccount(1, {PersonIndex{1}, 1});
  auto other_prefix = card;
  other_prefix[0] = 0x32;
  EXPECT_FALSE(aliases.ResolveCardAccount(1, other_prefix).has_value());
  auto letters = card;
  letters[9] = 0xAB;
  EXPECT_FALSE(aliases.ResolveCardAccount(1, letters).has_value());
  EXPECT_FALSE(aliases.ResolveCardAccount(1, ByteSpan(card).first(9)).has_value());
  const auto payment = *aliases.MakePaymentAccount(1, {PersonIndex{1}, 1});
  auto lower = payment;
  lower[0] = 'u';  // U is no Crockford digit, and lower case is not written.
  EXPECT_FALSE(aliases.ResolvePaymentAccount(1, lower).has_value());
  EXPECT_FALSE(aliases.ResolvePaymentAccount(1, ByteSpan(payment).first(15)).has_value());
  // Of 2^80 payment accounts fewer than 2^44 belong to a person: a made-up one resolves to nobody.
  PaymentAccount made_up;
  made_up.fill('7');
  EXPECT_FALSE(aliases.ResolvePaymentAccount(1, made_up).has_value());
}

TEST(CardRange, MustBeDigitsWithRoom) {
  const Decimal4 issuer = *ParseDecimal4("65000001");
  EXPECT_TRUE((CardRange{issuer, "3", 1}.IsValid()));
  EXPECT_TRUE((CardRange{issuer, "31049999999999", 1'000'000}.IsValid()));
  EXPECT_FALSE((CardRange{issuer, "31049999999999", 1'000'001}.IsValid()));
  EXPECT_FALSE((CardRange{issuer, "310499999999999", 1}.IsValid()));
  EXPECT_FALSE((CardRange{issuer, "", 1}.IsValid()));
  EXPECT_FALSE((CardRange{issuer, "31x", 1}.IsValid()));
  EXPECT_FALSE((CardRange{issuer, "31", 0}.IsValid()));
  EXPECT_FALSE((CardRange{Decimal4{0xA0, 0, 0, 0}, "31", 1}.IsValid()));
}

TEST(ServiceDay, EndsAtFourInTheMorning) {
  const ServiceDayRule rule;
  const auto day_at = [&rule](std::string_view time) { return ToText(CivilFromDays(ServiceDayOf(*ParseRfc3339(time), rule))); };
  EXPECT_EQ(day_at("2026-03-01T03:59:59+08:00"), "2026-02-28");
  EXPECT_EQ(day_at("2026-03-01T04:00:00+08:00"), "2026-03-01");
  EXPECT_EQ(day_at("2026-03-02T03:59:59+08:00"), "2026-03-01");
  const ServiceDay day = ServiceDayOf(*ParseRfc3339("2026-03-01T12:00:00+08:00"), rule);
  EXPECT_EQ(ToRfc3339(ServiceDayEnd(day, rule)), "2026-03-02T04:00:00+08:00");
  EXPECT_EQ(ToRfc3339(AuthorisationExpiry(day, rule)), "2026-03-02T08:00:00+08:00");
  EXPECT_EQ(ServiceDayOf(Instant{-1}, rule), 0u);
}

TEST(ServiceDay, IsReadBackFromTheExpiry) {
  for (const ServiceDayRule rule : {ServiceDayRule{}, ServiceDayRule{0, 0}, ServiceDayRule{23, 23}, ServiceDayRule{3, 6}}) {
    for (const ServiceDay day : {ServiceDay{0}, ServiceDay{1}, ServiceDay{20513}, ServiceDay{49709}}) {
      const int64_t expiry = AuthorisationExpiry(day, rule).seconds();
      EXPECT_EQ(PeriodFromExpiry(expiry, rule), day);
      EXPECT_EQ(PeriodFromExpiry(expiry + 1, rule), std::nullopt);
      EXPECT_EQ(PeriodFromExpiry(expiry - 3600, rule), std::nullopt);
    }
    EXPECT_EQ(PeriodFromExpiry(0, rule).value_or(0), 0u);
  }
  EXPECT_FALSE((ServiceDayRule{24, 0}.IsValid()));
  EXPECT_FALSE((ServiceDayRule{4, -1}.IsValid()));
}

TEST(IssuerField, ReadsWhatItWrites) {
  for (const GrantKind kind : {GrantKind::kRide, GrantKind::kGeneral, GrantKind::kMember}) {
    IssuerField field = FieldOf(kind, 9, kind == GrantKind::kGeneral ? 0 : 0x1234);
    field.tag.fill(0x5B);
    const auto bytes = EncodeIssuerField(field);
    EXPECT_EQ(bytes[0] & 0x78, 0) << "Readers of operator bitmaps must see nothing enabled";
    EXPECT_EQ(bytes[0] & 0x80, 0);
    const auto read = ParseIssuerField(bytes);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->kind, field.kind);
    EXPECT_EQ(read->epoch, field.epoch);
    EXPECT_EQ(read->scope, field.scope);
    EXPECT_EQ(read->tag, field.tag);
  }
}

TEST(IssuerField, LeavesOtherIssuersFieldsAlone) {
  Bytes bytes(20, 0);
  for (const int kind : {0, 4, 0x40, 0x78, 0x80, 0x81, 0xFF}) {
    bytes[0] = static_cast<uint8_t>(kind);
    EXPECT_FALSE(ParseIssuerField(bytes).has_value()) << kind;
  }
  bytes[0] = 2;
  EXPECT_TRUE(ParseIssuerField(bytes).has_value());
  bytes[3] = 1;
  EXPECT_FALSE(ParseIssuerField(bytes).has_value()) << "A general grant has no scope";
  bytes[0] = 1;
  EXPECT_TRUE(ParseIssuerField(bytes).has_value());
  bytes.push_back(0);
  EXPECT_FALSE(ParseIssuerField(bytes).has_value());
  EXPECT_FALSE(ParseIssuerField({}).has_value());
}

}  // namespace
}  // namespace yukuai::code
