// SPDX-License-Identifier: Apache-2.0
// Scenes as data: reads scenes/<id>/ (scene.toml, tables/, earlier/), says precisely what is wrong with them, compiles them
// for terminals and judges events by them. Adding a scene touches no source file.
//
// Versions: scene.toml is the newest; each earlier one stays as earlier/<number>.toml, because an act is judged, and judged
// again later, by the version in force at its time.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result/result.h"
#include "base/time/time.h"
#include "formats/scene_file/scene_file.h"
#include "rules/decision/decision.h"
#include "rules/judgement/judgement.h"

namespace yukuai::engine {

inline constexpr Reason kSceneInvalid{Kind::kMalformed, "scene_invalid"};  // Detail: the first problem, as text.
inline constexpr Reason kSceneUnknown{Kind::kNotFound, "scene_unknown"};
inline constexpr Reason kSceneUnreadable{Kind::kUnavailable, "scene_unreadable"};
inline constexpr Reason kSceneNotYetInForce{Kind::kUnavailable, "scene_not_yet_in_force"};

// A scene's folder in memory: path relative to the folder -> content.
using Folder = std::map<std::string, std::string>;
inline constexpr size_t kFolderFilesMax = 500;
// Fault kSceneUnreadable. Files whose names begin with a dot are left out.
Result<Folder> ReadFolder(const std::filesystem::path& path);

// What is wrong, where, and what to write instead.
struct Problem {
  std::string file;
  int line = 0;  // 0: the file as a whole.
  std::string message;
  std::string instead;
  std::string Text() const;  // "scene.toml:12: unknown key `tabel`; write `table`"
};

struct Operator {
  std::string id;  // Ledger account "operator:<id>".
  scene_file::Text name;
};

// What people, not terminals, need of one scene; of its newest version.
struct About {
  std::string id;
  scene_file::Text title;
  std::string order;
  std::string owner;
  Operator scene_operator;
  std::vector<std::string> modes;
  std::string assurance;
  std::vector<std::string> discloses;
};

struct Scene {
  About about;
  judgement::Scene judged;                    // All versions.
  std::map<std::string, std::string> trials;  // Path -> text, not parsed here.
  std::map<int64_t, bool> unconfirmed;        // By version number: whether what CountsUnconfirmed asks counts.

  // Whether a passage counts whose gate opened and cannot say whether somebody went through.
  bool CountsUnconfirmed(Instant at) const;
};

// The scene, or every problem found (at least one). `name` is the folder's own name; the scene's id must be the same.
struct Loaded {
  std::optional<Scene> scene;
  std::vector<Problem> problems;
};
Loaded Load(const Folder& folder, std::string_view name);

// A body for terminals: the version in force at `at` and all later ones.
struct Compiled {
  int64_t version = 0;  // The highest number in the body; the rule file's version.
  std::string body;
};
Result<Compiled> Compile(const Scene& scene, Instant at);

// All scenes of an installation. Immutable after loading; any number of threads may use one.
class Engine {
 public:
  // Every folder below `scenes`. Fault kSceneInvalid or kSceneUnreadable names the first folder that fails.
  static Result<Engine> LoadAll(const std::filesystem::path& scenes);

  const std::map<std::string, Scene>& scenes() const { return scenes_; }
  const Scene* Find(std::string_view id) const;
  Result<decision::Decision> Decide(std::string_view scene, const decision::Event& event, const judgement::Facts& facts) const;

 private:
  std::map<std::string, Scene> scenes_;
};

}  // namespace yukuai::engine
