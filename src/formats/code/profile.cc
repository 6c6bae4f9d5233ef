// SPDX-License-Identifier: Apache-2.0
// Reading profiles; the only file that knows the TOML library. See profile.h for the keys.
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <algorithm>

#include "formats/code/profile.h"

namespace yukuai::code {
namespace {

constexpr int64_t kSkewSecondsMax = 3600;
constexpr size_t kNameBytesMax = 64;

Fault Malformed(const toml::node& at, std::string_view what) {
  return Fault(kProfileMalformed, "line " + std::to_string(at.source().begin.line) + ": " + std::string(what));
}

// Reads the keys of one table and finds those that nobody asked for.
class TableReader {
 public:
  explicit TableReader(const toml::table& table) : table_(table) {}

  const toml::node* Find(std::string_view key) {
    known_.push_back(key);
    return table_.get(key);
  }
  const toml::table& table() const { return table_; }

  // After every key was asked for.
  Result<void> RefuseUnknown() const {
    for (const auto& [key, node] : table_) {
      if (std::ranges::find(known_, key.str()) == known_.end()) return Malformed(node, "unknown key '" + std::string(key.str()) + "'");
    }
    return {};
  }

 private:
  const toml::table& table_;
  std::vector<std::string_view> known_;
};

Result<int64_t> IntegerBetween(const toml::node& node, int64_t low, int64_t high) {
  const auto* integer = node.as_integer();
  if (integer == nullptr || integer->get() < low || integer->get() > high) {
    return Malformed(node, "an integer from " + std::to_string(low) + " to " + std::to_string(high) + " is expected");
  }
  return integer->get();
}

Result<void> ReadSeconds(TableReader& reader, std::string_view key, int64_t high, int64_t& value) {
  const toml::node* node = reader.Find(key);
  if (node == nullptr) return {};
  YUKUAI_ASSIGN(value, IntegerBetween(*node, 0, high));
  return {};
}

Result<Decimal4> ReadDigits(TableReader& reader, std::string_view key) {
  const toml::node* node = reader.Find(key);
  if (node == nullptr) return Malformed(reader.table(), "'" + std::string(key) + "' is missing");
  const auto* text = node->as_string();
  const auto digits = text == nullptr ? std::nullopt : ParseDecimal4(text->get());
  if (!digits) return Malformed(*node, "'" + std::string(key) + "' must be a string of eight digits");
  return *digits;
}

Result<void> ReadAccountTypes(TableReader& reader, uint32_t& types) {
  const toml::node* node = reader.Find("account_types");
  if (node == nullptr) return {};
  const toml::array* list = node->as_array();
  if (list == nullptr) return Malformed(*node, "'account_types' must be a list");
  types = 0;
  for (const toml::node& entry : *list) {
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
  const toml::node* node = reader.Find(key);
  if (node == nullptr) return {};
  const toml::array* list = node->as_array();
  if (list == nullptr || list->empty() || list->size() > IdRule::kPartsMax) {
    return Malformed(*node, "'" + std::string(key) + "' must be a list of one to five fields");
  }
  for (const toml::node& entry : *list) {
    const auto* name = entry.as_string();
    const auto part = name == nullptr ? std::nullopt : PartNamed(name->get());
    if (!part) return Malformed(entry, "a field is one of service, root_index, issuer, platform, card_account");
    rule.parts[rule.count++] = *part;
  }
  return {};
}

Result<IdPolicy> ReadIdPolicy(const toml::table& table) {
  TableReader reader(table);
  IdPolicy policy;
  const toml::node* version = reader.Find("version");
  if (version == nullptr) return Malformed(table, "'version' is missing");
  YUKUAI_ASSIGN(const int64_t number, IntegerBetween(*version, kVersionInteroperable, 0xFF));
  policy.version = static_cast<uint8_t>(number);
  YUKUAI_ASSIGN(policy.issuer, ReadDigits(reader, "issuer"));
  YUKUAI_TRY(ReadIdRule(reader, "certificate", policy.certificate));
  YUKUAI_TRY(ReadIdRule(reader, "issuer_signature", policy.issuer_signature));
  YUKUAI_TRY(ReadIdRule(reader, "user_signature", policy.user_signature));
  YUKUAI_TRY(reader.RefuseUnknown());
  return policy;
}

Result<PermittedPair> ReadPermittedPair(const toml::table& table) {
  TableReader reader(table);
  PermittedPair pair;
  YUKUAI_ASSIGN(pair.issuer, ReadDigits(reader, "issuer"));
  YUKUAI_ASSIGN(pair.platform, ReadDigits(reader, "platform"));
  YUKUAI_TRY(reader.RefuseUnknown());
  return pair;
}

// [[key]]: each table through `read`, at most `max` of them.
template <typename T>
Result<void> ReadTables(TableReader& reader, std::string_view key, size_t max, Result<T> (*read)(const toml::table&), std::vector<T>& out) {
  const toml::node* node = reader.Find(key);
  if (node == nullptr) return {};
  const toml::array* list = node->as_array();
  if (list == nullptr || list->size() > max) {
    return Malformed(*node, "'" + std::string(key) + "' must be at most " + std::to_string(max) + " tables");
  }
  for (const toml::node& entry : *list) {
    const toml::table* table = entry.as_table();
    if (table == nullptr) return Malformed(entry, "a table is expected");
    YUKUAI_ASSIGN(T value, read(*table));
    out.push_back(std::move(value));
  }
  return {};
}

Result<Profile> ReadProfile(const toml::table& root) {
  TableReader reader(root);
  Profile profile;
  const toml::node* name = reader.Find("name");
  if (name == nullptr) return Malformed(root, "'name' is missing");
  const auto* text = name->as_string();
  if (text == nullptr || text->get().empty() || text->get().size() > kNameBytesMax) {
    return Malformed(*name, "'name' must be a string of 1 to 64 bytes");
  }
  profile.name = text->get();
  YUKUAI_TRY(ReadSeconds(reader, "skew_seconds", kSkewSecondsMax, profile.skew_seconds));
  YUKUAI_TRY(ReadSeconds(reader, "validity_seconds_max", 0xFFFF, profile.validity_seconds_max));
  YUKUAI_TRY(ReadAccountTypes(reader, profile.account_types));
  YUKUAI_TRY(ReadTables(reader, "id_policy", kIdPoliciesMax, &ReadIdPolicy, profile.id_policies));
  YUKUAI_TRY(ReadTables(reader, "permitted", kPermittedPairsMax, &ReadPermittedPair, profile.permitted));
  YUKUAI_TRY(reader.RefuseUnknown());
  for (auto policy = profile.id_policies.begin(); policy != profile.id_policies.end(); ++policy) {
    const bool twice = std::any_of(profile.id_policies.begin(), policy, [&](const IdPolicy& earlier) {
      return earlier.version == policy->version && earlier.issuer == policy->issuer;
    });
    // Which of the two holds would depend on their order.
    if (twice) return Fault(kProfileMalformed, "two id_policy tables for issuer " + DecimalText(policy->issuer) + " and one version");
  }
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
  const toml::parse_result parsed = toml::parse(toml);
  if (!parsed) {
    return Fault(kProfileMalformed, "line " + std::to_string(parsed.error().source().begin.line) + ": " +
                                        std::string(parsed.error().description()));
  }
  return ReadProfile(parsed.table());
}

}  // namespace yukuai::code
