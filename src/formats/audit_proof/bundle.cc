// SPDX-License-Identifier: Apache-2.0
// The JSON of bundles and of what is remembered. The judgement over them is in judge.cc.
#include "formats/audit_proof/bundle.h"

#include <boost/json/serialize.hpp>

#include "formats/audit_proof/json_fields.h"

namespace yukuai::audit_proof {
namespace json = boost::json;
namespace {

constexpr std::string_view kBundleForm = "yukuai-audit-bundle-1";
constexpr std::string_view kRememberedForm = "yukuai-audit-remembered-1";
constexpr size_t kTreeProofMax = 64;
constexpr size_t kMapProofMax = 256;

SignedRoot TakeRoot(Fields& fields, std::string_view name) {
  const auto root = DecodeRoot(fields.Array<kSignedRootSize>(name));
  if (!root || root->root.number > kNumberMax) fields.Trouble(name);
  return root.value_or(SignedRoot{});
}

void ReadShard(Fields fields, Bundle& bundle) {
  bundle.shard = static_cast<Shard>(fields.Number("number", kShardCount - 1));
  bundle.head.size = fields.Number("size", kNumberMax);
  bundle.head.log_root = fields.Array<32>("log_root");
  bundle.head.map_root = fields.Array<32>("map_root");
  bundle.shard_proof = fields.Arrays<32>("proof", kTreeProofMax);
  fields.End();
}

void ReadMap(Fields fields, Bundle& bundle) {
  bundle.subject = fields.Array<32>("subject");
  bundle.count = fields.Number("count", kNumberMax);
  if (bundle.count > 0) {
    bundle.newest = fields.Array<32>("head");
    bundle.blind = fields.Array<16>("blind");
  }
  bundle.map_proof.siblings = fields.Arrays<32>("proof", kMapProofMax);
  if (bundle.count == 0 && fields.Has("other")) {
    Fields other = fields.Object("other");
    const auto subject = other.Array<32>("subject");
    bundle.map_proof.other.emplace(subject, other.Array<32>("value"));
    other.End();
  }
  fields.End();
}

BundleEntry ReadEntry(Fields fields) {
  BundleEntry entry;
  entry.salt = fields.Array<16>("salt");
  entry.content = fields.Binary("content", kContentMax);
  entry.index = fields.Number("index", kNumberMax);
  entry.proof = fields.Arrays<32>("proof", kTreeProofMax);
  auto decoded = DecodeContent(entry.content);
  if (!decoded)
    fields.Trouble("content");
  else
    entry.decoded = *std::move(decoded);
  fields.End();
  return entry;
}

template <size_t N>
json::string Binary(const ByteArray<N>& bytes) {
  return json::string(ToBase64Url(bytes));
}

json::array Hashes(const std::vector<sm3::Digest>& hashes) {
  json::array out;
  for (const sm3::Digest& hash : hashes) out.emplace_back(Binary(hash));
  return out;
}

}  // namespace

Result<Bundle> ParseBundle(std::string_view text) {
  if (text.size() > kBundleBytesMax) return Fault(kBundleMalformed, "larger than 64 MiB");
  const auto object = ParseObject(text);
  if (!object) return Fault(kBundleMalformed, "not a JSON object");
  std::string trouble;
  Bundle bundle;
  Fields fields(*object, "", trouble);
  if (fields.Text("form") != kBundleForm) fields.Trouble("form");
  bundle.root = TakeRoot(fields, "root");
  ReadShard(fields.Object("shard"), bundle);
  ReadMap(fields.Object("map"), bundle);
  if (const json::array* entries = fields.List("entries", kEntriesMax)) {
    bundle.entries.reserve(entries->size());
    for (size_t i = 0; i < entries->size() && trouble.empty(); ++i) {
      bundle.entries.push_back(ReadEntry(Fields(&(*entries)[i], "entries[" + std::to_string(i) + "]", trouble)));
    }
  }
  fields.End();
  if (!trouble.empty()) return Fault(kBundleMalformed, trouble);
  return bundle;
}

std::string WriteBundle(const Bundle& bundle) {
  json::object map{{"subject", Binary(bundle.subject)}, {"count", bundle.count}};
  if (bundle.count > 0) {
    map["head"] = Binary(bundle.newest);
    map["blind"] = Binary(bundle.blind.value_or(ByteArray<16>{}));
  }
  map["proof"] = Hashes(bundle.map_proof.siblings);
  if (bundle.map_proof.other) {
    map["other"] =
        json::object{{"subject", Binary(bundle.map_proof.other->first)}, {"value", Binary(bundle.map_proof.other->second)}};
  }
  json::array entries;
  entries.reserve(bundle.entries.size());
  for (const BundleEntry& entry : bundle.entries) {
    entries.emplace_back(json::object{{"salt", Binary(entry.salt)},
                                      {"content", ToBase64Url(entry.content)},
                                      {"index", entry.index},
                                      {"proof", Hashes(entry.proof)}});
  }
  const json::object shard{{"number", bundle.shard},
                           {"size", bundle.head.size},
                           {"log_root", Binary(bundle.head.log_root)},
                           {"map_root", Binary(bundle.head.map_root)},
                           {"proof", Hashes(bundle.shard_proof)}};
  return json::serialize(json::object{{"form", kBundleForm},
                                      {"root", Binary(EncodeRoot(bundle.root))},
                                      {"shard", shard},
                                      {"map", std::move(map)},
                                      {"entries", std::move(entries)}});
}

Result<Remembered> ParseRemembered(std::string_view text) {
  if (text.size() > kRememberedBytesMax) return Fault(kRememberedMalformed, "larger than 4 KiB");
  const auto object = ParseObject(text);
  if (!object) return Fault(kRememberedMalformed, "not a JSON object");
  std::string trouble;
  Fields fields(*object, "", trouble);
  Remembered out;
  if (fields.Text("form") != kRememberedForm) fields.Trouble("form");
  out.root = TakeRoot(fields, "root");
  if (fields.Number("root_number", kNumberMax) != out.root.root.number) fields.Trouble("root_number");
  out.count = fields.Number("count", kNumberMax);
  out.head = fields.Array<32>("head");
  if (out.count == 0 && out.head != sm3::Digest{}) fields.Trouble("head");
  fields.End();
  if (!trouble.empty()) return Fault(kRememberedMalformed, trouble);
  return out;
}

std::string WriteRemembered(const Remembered& remembered) {
  return json::serialize(json::object{{"form", kRememberedForm},
                                      {"root_number", remembered.root.root.number},
                                      {"root", Binary(EncodeRoot(remembered.root))},
                                      {"count", remembered.count},
                                      {"head", Binary(remembered.head)}});
}

Remembered ToRemember(const Bundle& bundle) { return {bundle.root, bundle.count, bundle.newest}; }

}  // namespace yukuai::audit_proof
