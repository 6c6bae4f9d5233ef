// SPDX-License-Identifier: Apache-2.0
// Scenes from disk: folders into memory, and all scenes of an installation.
#include <algorithm>

#include "platform/host/host.h"
#include "scenes/engine/engine.h"

namespace yukuai::engine {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFileBytesMax = size_t{4} << 20;

}  // namespace

Result<Folder> ReadFolder(const fs::path& path) {
  Folder folder;
  std::error_code error;
  fs::recursive_directory_iterator entries(path, error);
  if (error) return Fault(kSceneUnreadable, path.string() + ": " + error.message());
  for (const fs::recursive_directory_iterator end; entries != end; entries.increment(error)) {
    if (error) return Fault(kSceneUnreadable, path.string() + ": " + error.message());
    const bool hidden = entries->path().filename().string().starts_with('.');
    if (hidden && entries->is_directory(error)) entries.disable_recursion_pending();
    if (hidden || !entries->is_regular_file(error)) continue;
    if (folder.size() == kFolderFilesMax)
      return Fault(kSceneUnreadable, path.string() + ": more than " + std::to_string(kFolderFilesMax) + " files");
    auto content = host::ReadFile(entries->path(), kFileBytesMax);
    if (!content.ok()) return Fault(kSceneUnreadable, entries->path().string() + ": " + std::string(content.error().reason.slug));
    folder[entries->path().lexically_relative(path).generic_string()] = AsText(*content);
  }
  return folder;
}

Result<Engine> Engine::LoadAll(const fs::path& scenes) {
  std::error_code error;
  std::vector<fs::path> folders;
  fs::directory_iterator entries(scenes, error);
  for (const fs::directory_iterator end; !error && entries != end; entries.increment(error)) {
    if (entries->is_directory(error) && !entries->path().filename().string().starts_with('.')) folders.push_back(entries->path());
  }
  if (error) return Fault(kSceneUnreadable, scenes.string() + ": " + error.message());
  std::sort(folders.begin(), folders.end());
  Engine engine;
  for (const fs::path& path : folders) {
    YUKUAI_ASSIGN(const Folder folder, ReadFolder(path));
    Loaded loaded = Load(folder, path.filename().string());
    if (!loaded.scene) return Fault(kSceneInvalid, path.string() + "/" + loaded.problems.front().Text());
    engine.scenes_.emplace(loaded.scene->about.id, *std::move(loaded.scene));
  }
  return engine;
}

const Scene* Engine::Find(std::string_view id) const {
  const auto found = scenes_.find(std::string(id));
  return found == scenes_.end() ? nullptr : &found->second;
}

Result<decision::Decision> Engine::Decide(std::string_view scene, const decision::Event& event,
                                          const judgement::Facts& facts) const {
  const Scene* found = Find(scene);
  if (found == nullptr) return Fault(kSceneUnknown, std::string(scene));
  return judgement::Decide(found->judged, event, facts);
}

}  // namespace yukuai::engine
