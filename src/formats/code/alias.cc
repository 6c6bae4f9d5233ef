// SPDX-License-Identifier: Apache-2.0
// Computing aliases and resolving them; the arithmetic is in docs/formats/code.md.
#include "formats/code/alias.h"

#include <algorithm>

#include "crypto/sm3/sm3.h"
#include "crypto/sm4/sm4.h"

namespace yukuai::code {
namespace {

constexpr int64_t kHourSeconds = 3600;
constexpr int64_t kDaySeconds = 24 * kHourSeconds;
constexpr int64_t kChinaOffsetSeconds = 8 * kHourSeconds;

constexpr size_t kCardDigits = 20;
constexpr size_t kPrefixMax = 14;  // FF1 asks for at least a million numbers: six free digits.
constexpr size_t kKeyBytesMin = 16;
constexpr uint64_t kTagPersonEnd = uint64_t{1} << 48;
constexpr std::string_view kUpperBase32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

uint64_t PowerOfTen(size_t exponent) {
  uint64_t value = 1;
  for (size_t i = 0; i < exponent; ++i) value *= 10;
  return value;
}

sm4::Key DeriveKey(ByteSpan key, std::initializer_list<ByteSpan> label) {
  sm3::Digest digest = sm3::Hmac(key, label);
  sm4::Key derived;
  std::copy_n(digest.begin(), derived.size(), derived.begin());
  Wipe(digest);
  return derived;
}

int64_t DayEndSeconds(int64_t day, const ServiceDayRule& rule) {
  return (day + 1) * kDaySeconds + rule.day_end_hour * kHourSeconds - kChinaOffsetSeconds;
}

}  // namespace

ServiceDay ServiceDayOf(Instant at, const ServiceDayRule& rule) {
  YUKUAI_CHECK(rule.IsValid());
  const int64_t local = at.seconds() + kChinaOffsetSeconds - rule.day_end_hour * kHourSeconds;
  // Before 1970 there were no rides; the first day stands for all of it.
  return static_cast<ServiceDay>(std::clamp<int64_t>(local < 0 ? 0 : local / kDaySeconds, 0, UINT32_MAX));
}

Instant ServiceDayEnd(ServiceDay day, const ServiceDayRule& rule) {
  YUKUAI_CHECK(rule.IsValid());
  return Instant::FromSeconds(DayEndSeconds(day, rule));
}

Instant AuthorisationExpiry(ServiceDay day, const ServiceDayRule& rule) {
  return ServiceDayEnd(day, rule).PlusSeconds(rule.journey_hours_max * kHourSeconds);
}

std::optional<ServiceDay> PeriodFromExpiry(int64_t authorisation_expiry_seconds, const ServiceDayRule& rule) {
  YUKUAI_CHECK(rule.IsValid());
  const int64_t end = authorisation_expiry_seconds - rule.journey_hours_max * kHourSeconds;
  const int64_t midnight = end - rule.day_end_hour * kHourSeconds + kChinaOffsetSeconds;
  if (midnight < kDaySeconds || midnight % kDaySeconds != 0) return std::nullopt;
  return static_cast<ServiceDay>(midnight / kDaySeconds - 1);
}

ByteArray<IssuerField::kLength> EncodeIssuerField(const IssuerField& content) {
  ByteArray<IssuerField::kLength> bytes{};
  bytes[0] = static_cast<uint8_t>(content.kind);
  bytes[1] = content.epoch;
  bytes[2] = static_cast<uint8_t>(content.scope >> 8);
  bytes[3] = static_cast<uint8_t>(content.scope);
  std::ranges::copy(content.tag, bytes.begin() + IssuerField::kTagOffset);
  return bytes;
}

std::optional<IssuerField> ParseIssuerField(ByteSpan issuer_field) {
  if (issuer_field.size() != IssuerField::kLength) return std::nullopt;
  ByteReader reader(issuer_field);
  IssuerField content;
  const uint8_t kind = reader.U8();
  if (kind < static_cast<uint8_t>(GrantKind::kRide) || kind > static_cast<uint8_t>(GrantKind::kMember)) return std::nullopt;
  content.kind = static_cast<GrantKind>(kind);
  content.epoch = reader.U8();
  content.scope = reader.U16();
  if (content.kind == GrantKind::kGeneral && content.scope != 0) return std::nullopt;
  content.tag = reader.TakeArray<16>();
  return content;
}

bool CardRange::IsValid() const {
  return IsDecimal(issuer) && !prefix.empty() && prefix.size() <= kPrefixMax &&
         std::ranges::all_of(prefix, [](char c) { return c >= '0' && c <= '9'; }) && capacity > 0 && CounterEnd() > 0;
}

uint64_t CardRange::CounterEnd() const {
  YUKUAI_CHECK(capacity > 0 && !prefix.empty() && prefix.size() <= kPrefixMax);
  return PowerOfTen(kCardDigits - prefix.size()) / capacity;
}

Aliases::Aliases(ByteSpan alias_key, ByteSpan card_number_key, CardRange range)
    : alias_key_(Bytes(alias_key.begin(), alias_key.end())),
      range_(std::move(range)),
      card_numbers_(DeriveKey(card_number_key, {AsBytes("card")}), 10, static_cast<int>(kCardDigits - range_.prefix.size())),
      payment_numbers_(DeriveKey(card_number_key, {AsBytes("pay")}), 32, 16) {
  YUKUAI_CHECK(range_.IsValid());
  YUKUAI_CHECK(alias_key.size() >= kKeyBytesMin && card_number_key.size() >= kKeyBytesMin);
}

sm4::Key Aliases::TagKey(const IssuerField& field) const {
  // Kind, epoch and scope as they stand in the field.
  const auto encoded = EncodeIssuerField(field);
  return DeriveKey(alias_key_.Expose(), {AsBytes("tag"), ByteSpan(encoded).first(IssuerField::kTagOffset)});
}

Tag Aliases::MakeTag(const IssuerField& field, const TagContent& content) const {
  YUKUAI_CHECK(content.person.value < kTagPersonEnd);
  sm4::Block plain{};
  for (size_t i = 0; i < 6; ++i) plain[i] = static_cast<uint8_t>(content.person.value >> (40 - 8 * i));
  for (size_t i = 0; i < 4; ++i) plain[6 + i] = static_cast<uint8_t>(content.counter >> (24 - 8 * i));
  return sm4::Cipher(TagKey(field)).Encrypt(plain);
}

std::optional<TagContent> Aliases::ResolveTag(const IssuerField& field) const {
  const sm4::Block plain = sm4::Cipher(TagKey(field)).Decrypt(field.tag);
  ByteReader reader(plain);
  TagContent content;
  const uint64_t high = reader.U16();
  content.person = PersonIndex{high << 32 | reader.U32()};
  content.counter = reader.U32();
  if (!std::ranges::all_of(reader.Take(6), [](uint8_t byte) { return byte == 0; })) return std::nullopt;
  return content;
}

std::optional<uint64_t> Aliases::NumberOf(const AccountContent& content) const {
  if (content.person.value >= range_.capacity || content.counter >= range_.CounterEnd()) return std::nullopt;
  return content.counter * range_.capacity + content.person.value;
}

std::optional<AccountContent> Aliases::ContentOf(uint64_t number) const {
  const AccountContent content{PersonIndex{number % range_.capacity}, number / range_.capacity};
  if (content.counter >= range_.CounterEnd()) return std::nullopt;
  return content;
}

Bytes Aliases::CardTweak(ServiceDay period) const {
  return ByteWriter().AppendText("card").Append(range_.issuer).AppendText(range_.prefix).U32(period).Finish();
}

Bytes Aliases::PaymentTweak(ServiceDay period) const {
  return ByteWriter().AppendText("pay").Append(range_.issuer).U32(period).Finish();
}

std::optional<Decimal10> Aliases::MakeCardAccount(ServiceDay period, const AccountContent& content) const {
  const auto number = NumberOf(content);
  if (!number) return std::nullopt;
  std::string digits = range_.prefix;
  for (const uint16_t digit : card_numbers_.Apply(*number, CardTweak(period))) digits.push_back(static_cast<char>('0' + digit));
  return ParseDecimal10(digits);
}

std::optional<AccountContent> Aliases::ResolveCardAccount(ServiceDay period, ByteSpan card_account) const {
  if (card_account.size() != kCardDigits / 2 || !IsDecimal(card_account)) return std::nullopt;
  const std::string digits = DecimalText(card_account);
  if (!digits.starts_with(range_.prefix)) return std::nullopt;
  permutation::Digits numerals;
  for (const char c : std::string_view(digits).substr(range_.prefix.size())) numerals.push_back(static_cast<uint16_t>(c - '0'));
  const auto number = card_numbers_.Invert(numerals, CardTweak(period));
  return number ? ContentOf(*number) : std::nullopt;
}

std::optional<PaymentAccount> Aliases::MakePaymentAccount(ServiceDay period, const AccountContent& content) const {
  const auto number = NumberOf(content);
  if (!number) return std::nullopt;
  const permutation::Digits numerals = payment_numbers_.Apply(*number, PaymentTweak(period));
  PaymentAccount account{};
  YUKUAI_CHECK(numerals.size() == account.size());
  std::ranges::transform(numerals, account.begin(), [](uint16_t digit) { return static_cast<uint8_t>(kUpperBase32[digit]); });
  return account;
}

std::optional<AccountContent> Aliases::ResolvePaymentAccount(ServiceDay period, ByteSpan payment_account) const {
  if (payment_account.size() != PaymentAccount{}.size()) return std::nullopt;
  permutation::Digits numerals;
  for (const uint8_t byte : payment_account) {
    const size_t digit = kUpperBase32.find(static_cast<char>(byte));
    if (digit == std::string_view::npos) return std::nullopt;
    numerals.push_back(static_cast<uint16_t>(digit));
  }
  const auto number = payment_numbers_.Invert(numerals, PaymentTweak(period));
  return number ? ContentOf(*number) : std::nullopt;
}

}  // namespace yukuai::code
