// SPDX-License-Identifier: Apache-2.0
#include "gateway/city/city.h"

#include <boost/json.hpp>

#include "formats/audit_proof/records.h"
#include "formats/reason_text/reason_text.h"

namespace yukuai::city {
namespace {

namespace json = boost::json;
using routing::Answer;
using routing::Call;

json::object Bilingual(std::string_view zh, std::string_view en) { return {{"zh", zh}, {"en", en}}; }

std::string CityJson(const Parts& parts, Instant now) {
  json::array groups;
  for (const ClearingGroup& group : parts.about.clearing_groups) {
    groups.push_back({{"number", group.number}, {"name", Bilingual(group.name.zh, group.name.en)}});
  }
  const json::object root = {{"index", parts.about.root_index}, {"key", parts.about.root_key_hex}};
  return json::serialize(json::object{{"name", Bilingual(parts.about.name.zh, parts.about.name.en)},
                                      {"server_time", ToRfc3339(now)},
                                      {"clearing_groups", groups},
                                      {"log_key", ToHex(parts.log.public_key().compressed())},
                                      {"root_keys", json::array{root}},
                                      {"code_text_prefix", parts.about.code_text_prefix},
                                      {"refresh_seconds", parts.about.refresh_seconds}});
}

std::string ScenesJson(const engine::Engine& engine) {
  json::array scenes;
  for (const auto& [id, scene] : engine.scenes()) {
    const scene_file::Version& version = scene.judged.file().versions.back();
    json::array carriers;
    for (const scene_file::Carrier carrier : version.carriers) carriers.push_back(json::value(scene_file::CarrierName(carrier)));
    json::array modes;
    for (const std::string& mode : scene.about.modes) modes.push_back(json::value(mode));
    scenes.push_back({{"id", id},
                      {"title", Bilingual(scene.about.title.zh, scene.about.title.en)},
                      {"order", scene.about.order},
                      {"rule_version", id + "@" + std::to_string(version.number)},
                      {"carriers", carriers},
                      {"modes", modes},
                      {"offline", version.offline.allowed}});
  }
  return json::serialize(json::object{{"scenes", scenes}});
}

std::string ReasonsJson() {
  json::array reasons;
  for (const reason_text::ReasonText& text : reason_text::All()) {
    reasons.push_back({{"code", text.slug},
                       {"title", Bilingual(text.title_zh, text.title_en)},
                       {"next_step", Bilingual(text.next_zh, text.next_en)}});
  }
  return json::serialize(json::object{{"reasons", reasons}});
}

}  // namespace

std::vector<routing::Route> Routes(Parts parts) {
  const auto shared = std::make_shared<const Parts>(std::move(parts));
  const auto get = [](std::string_view name, std::string_view path, routing::Read read) {
    return routing::Route{name, "GET", path, routing::Access::kAnyone, std::move(read)};
  };
  return {
      get("get_city", "/v1/city",
          [shared](const Call& call, storage::Reader&) -> Result<Answer> {
            return Answer{200, CityJson(*shared, call.now)};
          }),
      get("list_scenes", "/v1/scenes",
          [shared](const Call&, storage::Reader&) -> Result<Answer> {
            return Answer{200, ScenesJson(shared->engine)};
          }),
      get("list_reasons", "/v1/reasons",
          [](const Call&, storage::Reader&) -> Result<Answer> {
            return Answer{200, ReasonsJson()};
          }),
      get("get_latest_audit_root", "/v1/audit-roots/latest",
          [shared](const Call&, storage::Reader& reader) -> Result<Answer> {
            YUKUAI_ASSIGN(const auto root, shared->log.LatestRoot(reader));
            return Answer{200, json::serialize(json::object{{"root_number", root.root.number},
                                                            {"time", ToRfc3339(root.root.at)},
                                                            {"root", ToBase64Url(audit_proof::EncodeRoot(root))},
                                                            {"root_hash", ToHex(audit_proof::RootHashOf(root))}})};
          }),
  };
}

}  // namespace yukuai::city
