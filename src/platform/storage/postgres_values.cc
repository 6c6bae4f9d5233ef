// SPDX-License-Identifier: Apache-2.0
#include "platform/storage/postgres_values.h"

namespace yukuai::storage {
namespace {

// From pg_type.dat: these never change.
constexpr unsigned kBool = 16;
constexpr unsigned kBytea = 17;
constexpr unsigned kName = 19;
constexpr unsigned kInt8 = 20;
constexpr unsigned kInt2 = 21;
constexpr unsigned kInt4 = 23;
constexpr unsigned kText = 25;
constexpr unsigned kVarchar = 1043;
constexpr unsigned kNumeric = 1700;

constexpr int kBinary = 1;
constexpr int kDecimal = 0;

// What SUM over BIGINT gives. Digits to the base of 10,000, `weight` the power of the first one; the signs are 0x0000 and 0x4000.
//   12345678 = 00 02 | 00 01 | 00 00 | 00 00 | 04 D2 | 16 2E     (count, weight, sign, scale, 1234, 5678)
std::optional<Value> FromNumeric(ByteSpan bytes) {
  ByteReader reader(bytes);
  const int count = reader.U16();
  const int weight = static_cast<int16_t>(reader.U16());
  const uint16_t sign = reader.U16();
  const uint16_t scale = reader.U16();
  if (!reader.ok() || (sign != 0 && sign != 0x4000) || scale != 0) return std::nullopt;
  int64_t value = 0;
  for (int i = 0; i <= weight; ++i) {
    const int64_t digit = i < count ? reader.U16() : 0;  // Zeros at the end are not sent.
    // Counted downwards, because the lowest number has no positive counterpart.
    if (__builtin_mul_overflow(value, int64_t{10'000}, &value) || __builtin_sub_overflow(value, digit, &value))
      return std::nullopt;
  }
  if (!reader.AtEnd()) return std::nullopt;
  if (sign == 0 && __builtin_mul_overflow(value, int64_t{-1}, &value)) return std::nullopt;
  return Value(value);
}

}  // namespace

PostgresParameters::PostgresParameters(const Parameters& parameters) {
  values_.reserve(parameters.size());
  lengths_.reserve(parameters.size());
  formats_.reserve(parameters.size());
  const auto add = [this](const char* value, size_t length, int format) {
    values_.push_back(value);
    lengths_.push_back(static_cast<int>(length));
    formats_.push_back(format);
  };
  for (const Value& parameter : parameters) {
    const auto& value = parameter.variant();
    if (const auto* number = std::get_if<int64_t>(&value)) {
      add(numbers_.emplace_back(std::to_string(*number)).c_str(), 0, kDecimal);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      add(text->data(), text->size(), kBinary);
    } else if (const auto* blob = std::get_if<Bytes>(&value)) {
      // A null pointer would be NULL.
      add(blob->empty() ? "" : reinterpret_cast<const char*>(blob->data()), blob->size(), kBinary);
    } else {
      add(nullptr, 0, kDecimal);
    }
  }
}

std::optional<Value> FromPostgres(unsigned type, ByteSpan bytes) {
  ByteReader reader(bytes);
  switch (type) {
    case kBool: return Value(int64_t{reader.U8()});
    case kInt2: return Value(int64_t{static_cast<int16_t>(reader.U16())});
    case kInt4: return Value(int64_t{static_cast<int32_t>(reader.U32())});
    case kInt8: return Value(static_cast<int64_t>(reader.U64()));
    case kNumeric: return FromNumeric(bytes);
    case kText:
    case kVarchar:
    case kName: return Value(AsText(bytes));
    case kBytea: return Value(Bytes(bytes.begin(), bytes.end()));
    default: return std::nullopt;
  }
}

}  // namespace yukuai::storage
