// SPDX-License-Identifier: Apache-2.0
// Reading profiles; see profile.h for the keys.
#include "formats/code/profile.h"

#include <algorithm>

#include "formats/toml_document/toml_document.h"

namespace yukuai::code {
namespace {

using toml_document::Place;
using toml_document::Table;
using toml_document::Value;

constexpr int64_t kSkewSecondsMax = 3600;
constexpr size_t kNameBytesMax = 64;

Fault Malformed(Place at, std::string_view what) {
  return Fault(kProfileMalformed, "line " + std::to_string(at.line) + ": " + std::string(what));
}

// Reads the keys of one table and finds those that nobody asked for.
class TableReader {
 public:
  TableReader(const Table& table, Place place) : table_(table), place_(place) {}

  // Null when the table has no such key.
  const Value* Find(std::string_view key) {
    known_.push_back(key);
    const auto found = table_.find(key);
    return found == table_.end() ? nullptr : &*found->second;
  }
  Place place() const { return place_; }

  // After every key was asked for.
  Result<void> RefuseUnknown() const {
    for (const auto& [key, member] : table_) {
      if (std::ranges::find(known_, key) == known_.end()) return Malformed(member.place, "unknown key '" + key + "'");
    }
    return {};
  }

 private:
  const Table& table_;
  Place place_;
  std::vector<std::string_view> known_;
};

Result<int64_t> IntegerBetween(const Value& value, int64_t low, int64_t high) {
  const int64_t* integer = value.AsInteger();
  if (integer == nullptr || *integer < low || *integer > high) {
    return Malformed(value.place, "an integer from " + std::to_string(low) + " to " + std::to_string(high) + " is expected");
  }
  return *integer;
}

Result<void> ReadSeconds(TableReader& reader, std::string_view key, int64_t high, int64_t& seconds) {
  const Value* value = reader.Find(key);
  if (value == nullptr) return {};
  YUKUAI_ASSIGN(seconds, IntegerBetween(*value, 0, high));
  return {};
}

Result<Decimal4> ReadDigits(TableReader& reader, std::string_view key) {
  const Value* value = reader.Find(key);
  if (value == nullptr) return Malformed(reader.place(), "'" + std::string(key) + "' is missing");
  const std::string* text = value->AsString();
  const auto digits = text == nullptr ? std::nullopt : ParseDecimal4(*text);
  if (!digits) return Malformed(value->place, "'" + std::string(key) + "' must be a string of eight digits");
  return *digits;
}

Result<void> ReadAccountTypes(TableReader& reader, uint32_t& types) {
  const Value* value = reader.Find("account_types");
  if (value == nullptr) return {};
  const auto* list = value->AsArray();
  if (list == nullptr) return Malformed(value->place, "'account_types' must be a list");
  types = 0;
  for (const Value& entry : *list) {
    YUKUAI_ASSIGN(const int64_t type, IntegerBetween(entry, 0, 31));
    types |= uint32_t{1} << type;
  }
  return {};
}

std::optional<IdPart> PartNamed(std::string_view name) {
  if (name == "service") return IdPart::kService;
  if (name == "root_index") return IdPart::kRootIndex;
  if (name == "issuer") return IdPart::kIssuer;
  if (name == "platform") return IdPart::kPlatform;
  if (name == "card_account") return IdPart::kCardAccount;
  return std::nullopt;
}

Result<void> ReadIdRule(TableReader& reader, std::string_view key, IdRule& rule) {
  const Value* value = reader.Find(key);
  if (value == nullptr) return {};
  const auto* list = value->AsArray();
  if (list == nullptr || list->empty() || list->size() > IdRule::kPartsMax) {
    return Malformed(value->place, "'" + std::string(key) + "' must be a list of one to five fields");
  }
  for (const Value& entry : *list) {
    const std::string* name = entry.AsString();
    const auto part = name == nullptr ? std::nullopt : PartNamed(*name);
    if (!part) return Malformed(entry.place, "a field is one of service, root_index, issuer, platform, card_account");
    rule.parts[rule.count++] = *part;
  }
  return {};
}

Result<IdPolicy> ReadIdPolicy(const Table& table, Place place) {
  TableReader reader(table, place);
  IdPolicy policy;
  const Value* version = reader.Find("version");
  if (version == nullptr) return Malformed(place, "'version' is missing");
  YUKUAI_ASSIGN(const int64_t number, IntegerBetween(*version, kVersionInteroperable, 0xFF));
  policy.version = static_cast<uint8_t>(number);
  YUKUAI_ASSIGN(policy.issuer, ReadDigits(reader, "issuer"));
  YUKUAI_TRY(ReadIdRule(reader, "certificate", policy.certificate));
  YUKUAI_TRY(ReadIdRule(reader, "issuer_signature", policy.issuer_signature));
  YUKUAI_TRY(ReadIdRule(reader, "user_signature", policy.user_signature));
  YUKUAI_TRY(reader.RefuseUnknown());
  return policy;
}

Result<PermittedPair> ReadPermittedPair(const Table& table, Place place) {
  TableReader reader(table, place);
  PermittedPair pair;
  YUKUAI_ASSIGN(pair.issuer, ReadDigits(reader, "issuer"));
  YUKUAI_ASSIGN(pair.platform, ReadDigits(reader, "platform"));
  YUKUAI_TRY(reader.RefuseUnknown());
  return pair;
}

// [[key]]: each table through `read`, at most `max` of them.
template <typename T>
Result<void> ReadTables(TableReader& reader, std::string_view key, size_t max, Result<T> (*read)(const Table&, Place),
                        std::vector<T>& out) {
  const Value* value = reader.Find(key);
  if (value == nullptr) return {};
  const auto* list = value->AsArray();
  if (list == nullptr || list->size() > max) {
    return Malformed(value->place, "'" + std::string(key) + "' must be at most " + std::to_string(max) + " tables");
  }
  for (const Value& entry : *list) {
    const Table* table = entry.AsTable();
    if (table == nullptr) return Malformed(entry.place, "a table is expected");
    YUKUAI_ASSIGN(T content, read(*table, entry.place));
    out.push_back(std::move(content));
  }
  return {};
}

Result<void> RefuseTwice(const std::vector<IdPolicy>& policies) {
  for (auto policy = policies.begin(); policy != policies.end(); ++policy) {
    const bool twice = std::any_of(policies.begin(), policy, [&](const IdPolicy& earlier) {
      return earlier.version == policy->version && earlier.issuer == policy->issuer;
    });
    // Which of the two holds would depend on their order.
    if (twice)
      return Fault(kProfileMalformed, "two id_policy tables for issuer " + DecimalText(policy->issuer) + " and one version");
  }
  return {};
}

Result<Profile> ReadProfile(const Table& root) {
  TableReader reader(root, Place{1, 1});
  Profile profile;
  const Value* name = reader.Find("name");
  if (name == nullptr) return Malformed(reader.place(), "'name' is missing");
  const std::string* text = name->AsString();
  if (text == nullptr || text->empty() || text->size() > kNameBytesMax) {
    return Malformed(name->place, "'name' must be a string of 1 to 64 bytes");
  }
  profile.name = *text;
  YUKUAI_TRY(ReadSeconds(reader, "skew_seconds", kSkewSecondsMax, profile.skew_seconds));
  YUKUAI_TRY(ReadSeconds(reader, "validity_seconds_max", 0xFFFF, profile.validity_seconds_max));
  YUKUAI_TRY(ReadAccountTypes(reader, profile.account_types));
  YUKUAI_TRY(ReadTables(reader, "id_policy", kIdPoliciesMax, &ReadIdPolicy, profile.id_policies));
  YUKUAI_TRY(ReadTables(reader, "permitted", kPermittedPairsMax, &ReadPermittedPair, profile.permitted));
  YUKUAI_TRY(reader.RefuseUnknown());
  YUKUAI_TRY(RefuseTwice(profile.id_policies));
  return profile;
}

}  // namespace

const IdPolicy* Profile::FindIdPolicy(uint8_t version, std::span<const uint8_t, 4> issuer) const {
  const auto found = std::ranges::find_if(
      id_policies, [&](const IdPolicy& policy) { return policy.version == version && Equal(policy.issuer, issuer); });
  return found == id_policies.end() ? nullptr : &*found;
}

bool Profile::PermitsPair(std::span<const uint8_t, 4> issuer, std::span<const uint8_t, 4> platform) const {
  if (permitted.empty()) return true;
  return std::ranges::any_of(
      permitted, [&](const PermittedPair& pair) { return Equal(pair.issuer, issuer) && Equal(pair.platform, platform); });
}

Result<Profile> ParseProfile(std::string_view toml) {
  if (toml.size() > kProfileBytesMax) return Fault(kProfileMalformed, "longer than 256 KiB");
  const auto document = toml_document::Read(toml);
  if (const auto* problem = std::get_if<toml_document::Problem>(&document)) return Malformed(problem->place, problem->message);
  return ReadProfile(std::get<Table>(document));
}

}  // namespace yukuai::code
