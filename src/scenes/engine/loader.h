// SPDX-License-Identifier: Apache-2.0
// Reads one version of a scene (scene.toml or earlier/<number>.toml) and the tables it names. Private to this module.
#pragma once

#include "scenes/engine/section.h"

namespace yukuai::engine {

struct LoadedVersion {
  About about;
  int64_t clearing_group = 0;
  int64_t day_starts_hour = 0;
  scene_file::Version version;
  bool counts_unconfirmed = true;
  std::vector<std::string> tables;  // Files it used.
};

// Problems are added to `problems`; when none were, the version is whole and its rules make sense together.
LoadedVersion LoadVersion(const Folder& folder, const std::string& file, std::vector<Problem>* problems);

// Reads the table of the rule set "fare" into stations, segments, bands and the incomplete price.
void LoadFareTable(const Folder& folder, const std::string& file, scene_file::Fare& fare, std::vector<Problem>* problems);

// The root table of a file of the folder, or null with a problem.
std::optional<toml_document::Table> ReadRoot(const Folder& folder, const std::string& file, std::vector<Problem>* problems);

}  // namespace yukuai::engine
