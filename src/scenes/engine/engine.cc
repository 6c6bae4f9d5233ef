// SPDX-License-Identifier: Apache-2.0
#include "scenes/engine/engine.h"

#include <algorithm>
#include <set>

#include "scenes/engine/loader.h"

namespace yukuai::engine {
namespace {

constexpr std::string_view kSceneToml = "scene.toml";
constexpr std::string_view kReadme = "README.md";
constexpr std::string_view kEarlier = "earlier/";
constexpr std::string_view kTables = "tables/";
constexpr std::string_view kToml = ".toml";
constexpr std::string_view kTrial = ".trial";

bool IsTrial(const std::string& path) { return path.find('/') == std::string::npos && path.ends_with(kTrial); }

// What an earlier version may not have had otherwise: a scene stays one scene.
void CheckSame(const LoadedVersion& earlier, const LoadedVersion& newest, const std::string& file,
               std::vector<Problem>& problems) {
  const auto check = [&](bool same, const std::string& key) {
    if (!same) problems.push_back({file, 0, "`" + key + "` is not what scene.toml has", "write the same `" + key + "`"});
  };
  check(earlier.about.id == newest.about.id, "id");
  check(earlier.clearing_group == newest.clearing_group, "clearing_group");
  check(earlier.day_starts_hour == newest.day_starts_hour, "day_starts_hour");
  check(earlier.about.scene_operator.id == newest.about.scene_operator.id, "operator");
}

// The number in "earlier/<number>.toml", or nothing.
std::optional<int64_t> NumberOf(const std::string& path) {
  const std::string digits = path.substr(kEarlier.size(), path.size() - kEarlier.size() - kToml.size());
  if (digits.empty() || digits.size() > 7 || digits.front() == '0') return std::nullopt;
  if (!std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  return std::stoll(digits);
}

bool IsEarlier(const std::string& path) {
  return path.starts_with(kEarlier) && path.ends_with(kToml) && path.size() > kEarlier.size() + kToml.size();
}

// All versions, ascending; the newest is the last.
std::vector<LoadedVersion> LoadVersions(const Folder& folder, std::vector<Problem>& problems) {
  std::map<int64_t, std::string> files;
  for (const auto& [path, text] : folder) {
    if (!IsEarlier(path)) continue;
    if (const auto number = NumberOf(path)) {
      files[*number] = path;
    } else {
      problems.push_back({path, 0, "an earlier version is named by its number", "rename it to earlier/<version>.toml"});
    }
  }
  LoadedVersion newest = LoadVersion(folder, std::string(kSceneToml), &problems);
  std::vector<LoadedVersion> versions;
  for (const auto& [number, file] : files) {
    versions.push_back(LoadVersion(folder, file, &problems));
    const scene_file::Version& version = versions.back().version;
    if (version.number != number) {
      problems.push_back(
          {file, 0, "`version` is " + std::to_string(version.number), "write `version = " + std::to_string(number) + "`"});
    }
    if (versions.size() > 1 && version.since < versions[versions.size() - 2].version.since) {
      problems.push_back({file, 0, "begins before the version before it", "write a later `since`"});
    }
    CheckSame(versions.back(), newest, file, problems);
  }
  if (!versions.empty()) {
    const scene_file::Version& before = versions.back().version;
    if (newest.version.number <= before.number) {
      problems.push_back({std::string(kSceneToml), 0,
                          "`version` is not higher than earlier/" + std::to_string(before.number) + ".toml",
                          "write `version = " + std::to_string(before.number + 1) + "`"});
    } else if (newest.version.since < before.since) {
      problems.push_back({std::string(kSceneToml), 0, "begins before the version before it", "write a later `since`"});
    }
  }
  versions.push_back(std::move(newest));
  return versions;
}

void CheckFiles(const Folder& folder, const std::vector<LoadedVersion>& versions, std::vector<Problem>& problems) {
  std::set<std::string> used;
  for (const LoadedVersion& version : versions) used.insert(version.tables.begin(), version.tables.end());
  bool has_trial = false;
  for (const auto& [path, text] : folder) {
    const bool table = path.starts_with(kTables) && path.ends_with(kToml);
    has_trial = has_trial || IsTrial(path);
    if (table && !used.contains(path)) {
      problems.push_back({path, 0, "no version uses this table", "name it in scene.toml or remove it"});
    } else if (!table && !IsTrial(path) && !IsEarlier(path) && path != kSceneToml && path != kReadme) {
      problems.push_back(
          {path, 0, "not a file of a scene", "a scene has scene.toml, README.md, *.trial, tables/*.toml, earlier/*.toml"});
    }
  }
  if (!has_trial)
    problems.push_back({"", 0, "a scene without a trial", "add a file <behaviour>.trial with a `clock` and what is expected"});
}

void CheckReadme(const Folder& folder, const About& about, std::vector<Problem>& problems) {
  const auto readme = folder.find(std::string(kReadme));
  if (readme == folder.end()) {
    problems.push_back(
        {std::string(kReadme), 0, "missing", "write who owns the scene and which clause of the order asks for it"});
    return;
  }
  for (const std::string& needed : {about.owner, about.order}) {
    if (needed.empty() || readme->second.find(needed) != std::string::npos) continue;
    problems.push_back(
        {std::string(kReadme), 0, "does not name `" + needed + "`", "name owner and clause of the order as scene.toml does"});
  }
}

scene_file::SceneFile Assemble(const std::vector<LoadedVersion>& versions) {
  const LoadedVersion& newest = versions.back();
  scene_file::SceneFile file{newest.about.id, newest.about.title, newest.clearing_group, newest.day_starts_hour, {}};
  for (const LoadedVersion& loaded : versions) file.versions.push_back(loaded.version);
  return file;
}

}  // namespace

std::string Problem::Text() const {
  std::string text = file;
  if (line > 0) text += (text.empty() ? "line " : ":") + std::to_string(line);
  if (!text.empty()) text += ": ";
  return text + message + "; " + instead;
}

bool Scene::CountsUnconfirmed(Instant at) const {
  const scene_file::Version* version = judged.InForce(at);
  const auto found = version == nullptr ? unconfirmed.end() : unconfirmed.find(version->number);
  return found == unconfirmed.end() || found->second;
}

Loaded Load(const Folder& folder, std::string_view name) {
  Loaded loaded;
  if (!folder.contains(std::string(kSceneToml))) {
    loaded.problems.push_back({std::string(kSceneToml), 0, "missing", "a scene's folder has a scene.toml"});
    return loaded;
  }
  const std::vector<LoadedVersion> versions = LoadVersions(folder, loaded.problems);
  const About& about = versions.back().about;
  if (!about.id.empty() && about.id != name) {
    loaded.problems.push_back(
        {std::string(kSceneToml), 0, "`id` is `" + about.id + "`, the folder `" + std::string(name) + "`", "give both one name"});
  }
  CheckFiles(folder, versions, loaded.problems);
  CheckReadme(folder, about, loaded.problems);
  if (!loaded.problems.empty()) return loaded;

  // Whatever passed so far must be what a terminal can read; a bound that only the whole exceeds is found here.
  auto file = scene_file::Parse(scene_file::Emit(Assemble(versions)));
  if (!file.ok()) {
    loaded.problems.push_back({std::string(kSceneToml), 0, std::string(file.error().reason.slug) + " " + file.error().detail,
                               "keep fewer versions, stations or texts"});
    return loaded;
  }
  auto judged = judgement::Scene::Make(std::move(file).value());
  if (!judged.ok()) {
    loaded.problems.push_back({std::string(kSceneToml), 0, judged.error().detail, "mend the rules"});
    return loaded;
  }
  Scene scene{about, std::move(judged).value(), {}, {}};
  for (const LoadedVersion& version : versions) scene.unconfirmed[version.version.number] = version.counts_unconfirmed;
  for (const auto& [path, text] : folder) {
    if (IsTrial(path)) scene.trials.emplace(path, text);
  }
  loaded.scene = std::move(scene);
  return loaded;
}

Result<Compiled> Compile(const Scene& scene, Instant at) {
  const scene_file::Version* in_force = scene.judged.InForce(at);
  scene_file::SceneFile file = scene.judged.file();
  if (in_force == nullptr) return Fault(kSceneNotYetInForce, file.id);
  const int64_t number = in_force->number;
  std::erase_if(file.versions, [number](const scene_file::Version& version) { return version.number < number; });
  return Compiled{file.versions.back().number, scene_file::Emit(file)};
}

}  // namespace yukuai::engine
