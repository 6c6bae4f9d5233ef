// SPDX-License-Identifier: Apache-2.0
#include "scenes/engine/loader.h"

#include <algorithm>

#include "rules/fare/fare.h"
#include "rules/judgement/judgement.h"

namespace yukuai::engine {
namespace {

const std::vector<std::string>& Modes() {
  static const std::vector<std::string> kModes{"tap", "scan", "pay_scan", "show"};
  return kModes;
}

const std::vector<std::string>& Assurances() {
  static const std::vector<std::string> kAssurances{"none", "real_name", "real_person", "present_with_pin"};
  return kAssurances;
}

// Fields that some part of the system can provide to an operator.
const std::vector<std::string>& Disclosable() {
  static const std::vector<std::string> kFields{"concession_class"};
  return kFields;
}

std::vector<std::string> RuleSetNames() {
  const auto names = judgement::RuleSets();
  return {names.begin(), names.end()};
}

std::vector<std::string> CarrierNames() {
  std::vector<std::string> names;
  for (const auto carrier : {scene_file::Carrier::kCode, scene_file::Carrier::kCard, scene_file::Carrier::kPrintedCode}) {
    names.emplace_back(scene_file::CarrierName(carrier));
  }
  return names;
}

std::vector<std::string> ConcessionNames() {
  std::vector<std::string> names;
  for (uint8_t type = 1; type <= 5; ++type) names.emplace_back(fare::ConcessionName(*fare::ConcessionOfAccountType(type)));
  return names;
}

std::vector<std::string> TextsOf(const std::vector<Item>& items) {
  std::vector<std::string> texts;
  for (const Item& item : items) texts.push_back(item.text);
  return texts;
}

void ReadAbout(Section& root, About& about) {
  about.id = root.Text("id");
  if (!about.id.empty() && !scene_file::IsSceneId(about.id)) {
    root.report().Add(root.LineOf("id"), "`" + about.id + "` is no scene id", "write lower-case letters, digits and '-'");
  }
  about.title = root.Bilingual("title");
  about.order = root.Text("order");
  about.owner = root.Text("owner");
  if (auto section = root.Table("operator")) {
    about.scene_operator.id = section->Text("id");
    about.scene_operator.name = {section->Text("zh"), section->Text("en")};
    section->Finish();
  }
  about.modes = TextsOf(root.Words("modes", Modes()));
  about.assurance = root.OneOf("assurance", Assurances());
  about.discloses = TextsOf(root.OptionalWords("discloses", Disclosable()));
}

scene_file::Offline ReadOffline(Section& section) {
  constexpr std::string_view kAcceptBelow = "accept_below_fen:";
  scene_file::Offline offline;
  offline.allowed = section.Boolean("allowed");
  offline.list_age_max_hours = section.Integer("list_age_max_hours", scene_file::kListAgeHoursRange);
  offline.loss_max = section.Price("loss_max_fen", scene_file::kLossFenRange);
  offline.loss_total_max = section.Price("loss_total_max_fen", scene_file::kLossFenRange);
  const std::string stale = section.Text("stale");
  if (stale.starts_with(kAcceptBelow) && stale.size() > kAcceptBelow.size() && stale.size() <= kAcceptBelow.size() + 7 &&
      std::all_of(stale.begin() + kAcceptBelow.size(), stale.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    const int64_t fen = std::stoll(stale.substr(kAcceptBelow.size()));
    if (scene_file::kPriceFenRange.Holds(fen)) {
      offline.stale_accept_below = Money::Fen(fen);
      return offline;
    }
  }
  if (!stale.empty() && stale != "refuse") {
    section.report().Add(section.LineOf("stale"), "unknown value `" + stale + "` of `stale`",
                         "write `refuse` or `accept_below_fen:500`");
  }
  return offline;
}

std::map<std::string, scene_file::Text> ReadRefusals(Section& section, const scene_file::Version& version) {
  std::vector<std::string> known;
  for (const Reason& reason : judgement::Refusals(version.rules)) known.emplace_back(reason.slug);
  std::map<std::string, scene_file::Text> refusals;
  for (const Item& key : section.Keys()) {
    if (std::find(known.begin(), known.end(), key.text) == known.end()) {
      section.report().Add(key.line, "unknown reason `" + key.text + "`", Suggestion(key.text, known));
    } else {
      refusals[key.text] = section.Bilingual(key.text);
    }
  }
  for (const Reason& reason : judgement::RefusalsReachable(version.rules, version.offline)) {
    const std::string slug(reason.slug);
    if (refusals.contains(slug)) continue;
    section.report().Add(section.LineOf(""), "no text for the refusal `" + slug + "`",
                         "write `" + slug + " = { zh = \"…\", en = \"…\" }`: what the person is to do");
  }
  return refusals;
}

scene_file::Fare ReadFare(const Folder& folder, Section& section, LoadedVersion& loaded) {
  scene_file::Fare fare;
  fare.daily_cap = section.Price("daily_cap_fen", scene_file::kPriceFenRange);
  fare.same_station_free_minutes = section.Integer("same_station_free_minutes", scene_file::kFreeMinutesRange);
  fare.duplicate_seconds = section.Integer("duplicate_seconds", scene_file::kDuplicateSecondsRange);
  fare.journey_max_minutes = section.Integer("journey_max_minutes", scene_file::kJourneyMinutesRange);
  fare.settle_after_hours = section.Integer("settle_after_hours", scene_file::kSettleHoursRange);
  if (fare.settle_after_hours * 60 < fare.journey_max_minutes) {
    section.report().Add(section.LineOf("settle_after_hours"), "settled before the longest journey can have ended",
                         "write at least " + std::to_string((fare.journey_max_minutes + 59) / 60));
  }
  if (auto concessions = section.OptionalTable("concessions")) {
    const std::vector<std::string> known = ConcessionNames();
    for (const Item& key : concessions->Keys()) {
      if (std::find(known.begin(), known.end(), key.text) == known.end()) {
        concessions->report().Add(key.line, "unknown concession class `" + key.text + "`", Suggestion(key.text, known));
      } else {
        fare.concessions[key.text] = concessions->Integer(key.text, scene_file::kPercentRange);
      }
    }
  }
  const std::string table = section.Text("table");
  section.Finish();
  if (table.empty()) return fare;
  const std::string file = "tables/" + table + ".toml";
  if (!folder.contains(file)) {
    std::vector<std::string> known;
    for (const auto& [path, text] : folder) {
      if (path.starts_with("tables/") && path.ends_with(".toml")) known.push_back(path.substr(7, path.size() - 12));
    }
    section.report().Add(section.LineOf("table"), "there is no " + file,
                         known.empty() ? "add the file" : Suggestion(table, known) + " or add the file");
    return fare;
  }
  loaded.tables.push_back(file);
  const size_t before = section.report().problems->size();
  LoadFareTable(folder, file, fare, section.report().problems);
  if (section.report().problems->size() != before) return fare;
  const auto rules = fare::Rules::Make(fare);
  if (!rules.ok())
    section.report().problems->push_back({file, 0, rules.error().detail, "mend the table so that every ride has a price"});
  return fare;
}

}  // namespace

std::optional<toml_document::Table> ReadRoot(const Folder& folder, const std::string& file, std::vector<Problem>* problems) {
  auto read = toml_document::Read(folder.at(file));
  if (const auto* problem = std::get_if<toml_document::Problem>(&read)) {
    problems->push_back({file, problem->place.line, problem->message, "mend the TOML at this place"});
    return std::nullopt;
  }
  return std::get<toml_document::Table>(std::move(read));
}

LoadedVersion LoadVersion(const Folder& folder, const std::string& file, std::vector<Problem>* problems) {
  LoadedVersion loaded;
  const auto table = ReadRoot(folder, file, problems);
  if (!table) return loaded;
  Section root({file, problems}, *table, "", 1);
  ReadAbout(root, loaded.about);
  loaded.clearing_group = root.Integer("clearing_group", scene_file::kClearingGroupRange);
  loaded.day_starts_hour = root.Integer("day_starts_hour", scene_file::kHourRange);
  scene_file::Version& version = loaded.version;
  version.number = root.Integer("version", scene_file::kVersionRange);
  version.since = root.Date("since");
  for (const Item& item : root.Words("carriers", CarrierNames()))
    version.carriers.push_back(*scene_file::CarrierNamed(item.text));
  std::sort(version.carriers.begin(), version.carriers.end());
  version.rules = TextsOf(root.Words("rules", RuleSetNames()));
  loaded.counts_unconfirmed = root.OptionalOneOf("unconfirmed", {"counts", "void"}, "counts") == "counts";
  if (auto section = root.Table("offline")) {
    version.offline = ReadOffline(*section);
    section->Finish();
  }
  if (auto section = root.Table("refusals")) version.refusals = ReadRefusals(*section, version);
  if (std::find(version.rules.begin(), version.rules.end(), "fare") != version.rules.end()) {
    if (auto section = root.Table("fare")) version.fare = ReadFare(folder, *section, loaded);
  }
  root.Finish();
  return loaded;
}

}  // namespace yukuai::engine
