// SPDX-License-Identifier: Apache-2.0
#include "app/scene_command/scene_command.h"

#include <boost/json.hpp>
#include <memory>
#include <ostream>

#include "platform/host/host.h"
#include "scenes/engine/engine.h"
#include "scenes/trials/trial.h"

namespace yukuai::scene_command {
namespace json = boost::json;
namespace {

namespace fs = std::filesystem;
using cli::Streams;

struct Options {
  std::vector<std::string> folders;
  std::string folder;
  bool as_json = false;
  std::optional<std::string> at;
  std::optional<std::string> out;
};

// The folder's own name, also of "scenes/x/" and ".".
std::string NameOf(const fs::path& folder) {
  const fs::path whole = fs::absolute(folder).lexically_normal();
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

Result<engine::Loaded> LoadFrom(const std::string& folder) {
  YUKUAI_ASSIGN(const engine::Folder files, engine::ReadFolder(folder));
  return engine::Load(files, NameOf(folder));
}

json::array ProblemsJson(const std::vector<engine::Problem>& problems) {
  json::array out;
  for (const engine::Problem& problem : problems) {
    out.push_back({{"file", problem.file}, {"line", problem.line}, {"message", problem.message}, {"instead", problem.instead}});
  }
  return out;
}

void PrintProblems(const std::string& folder, const std::vector<engine::Problem>& problems, std::ostream& out) {
  for (const engine::Problem& problem : problems) {
    const std::string joint = problem.file.empty() ? ": " : "/";
    out << (folder.ends_with('/') ? folder.substr(0, folder.size() - 1) : folder) << joint << problem.Text() << "\n";
  }
}

// What one folder was found to be.
struct Finding {
  json::object as_json;
  std::string line;  // When all is well.
  std::vector<engine::Problem> problems;
};
using Look = Finding (*)(const engine::Scene& scene);

std::string VersionText(const engine::Scene& scene) {
  const scene_file::SceneFile& file = scene.judged.file();
  return file.id + "@" + std::to_string(file.versions.back().number);
}

Finding LookChecked(const engine::Scene& scene) {
  const size_t versions = scene.judged.file().versions.size();
  return {{{"versions", versions}, {"trials", scene.trials.size()}},
          VersionText(scene) + ": no problems; versions " + std::to_string(versions) + ", trials " +
              std::to_string(scene.trials.size()),
          {}};
}

Finding LookTried(const engine::Scene& scene) {
  trials::Report report = trials::RunAll(scene);
  return {{{"trials", report.trials}, {"expectations", report.expectations}},
          VersionText(scene) + ": " + std::to_string(report.trials) + " trials, " + std::to_string(report.expectations) +
              " expectations, all held",
          std::move(report.problems)};
}

int Judge(const Options& options, Look look, Streams streams) {
  bool all_well = true;
  json::array out;
  for (const std::string& folder : options.folders) {
    auto loaded = LoadFrom(folder);
    if (!loaded.ok()) return cli::Report(loaded.error(), streams);
    Finding finding = loaded->scene ? look(*loaded->scene) : Finding{{}, {}, loaded->problems};
    all_well = all_well && finding.problems.empty();
    if (options.as_json) {
      finding.as_json["folder"] = folder;
      finding.as_json["problems"] = ProblemsJson(finding.problems);
      out.push_back(std::move(finding.as_json));
    } else if (finding.problems.empty()) {
      streams.out << finding.line << "\n";
    } else {
      PrintProblems(folder, finding.problems, streams.out);
    }
  }
  if (options.as_json) streams.out << json::serialize(out) << "\n";
  return all_well ? cli::kExitOk : cli::kExitRefused;
}

cli::Command Judging(std::string name, std::string summary, std::vector<std::string> examples, Look look) {
  auto options = std::make_shared<Options>();
  return {.name = std::move(name),
          .summary = std::move(summary),
          .examples = std::move(examples),
          .options = {{"FOLDER", "Folders of scenes", &options->folders, true},
                      {"--json", "Print the findings as JSON", &options->as_json}},
          .run = [options, look](Streams streams) { return Judge(*options, look, streams); },
          .subcommands = {}};
}

int RunCompile(const Options& options, const Clock& clock, Streams streams) {
  const auto at = options.at ? ParseRfc3339(*options.at) : std::optional<Instant>(clock.Now());
  if (!at) {
    streams.err << "yukuai: --at is no time: write one like 2026-03-01T08:00:00+08:00\n";
    return cli::kExitUsage;
  }
  const auto loaded = LoadFrom(options.folder);
  if (!loaded.ok()) return cli::Report(loaded.error(), streams);
  if (!loaded->scene) {
    PrintProblems(options.folder, loaded->problems, streams.err);
    return cli::kExitDataErr;
  }
  const auto compiled = engine::Compile(*loaded->scene, *at);
  if (!compiled.ok()) return cli::Report(compiled.error(), streams);
  if (!options.out) {
    streams.out << compiled->body << "\n";
    return cli::kExitOk;
  }
  const auto written = host::WriteFileDurably(*options.out, AsBytes(compiled->body), 0644);
  if (!written.ok()) {
    cli::Report(written.error(), streams);
    return cli::kExitCantCreate;
  }
  streams.out << options.out.value() << ": version " << compiled->version << ", " << compiled->body.size() << " bytes\n";
  return cli::kExitOk;
}

cli::Command Compiling(const Clock& clock) {
  auto options = std::make_shared<Options>();
  return {.name = "compile",
          .summary = "Print the body of the scene's rule file: what terminals hold, not yet signed",
          .examples = {"yukuai scene compile scenes/SCENE --out scene.json",
                       "yukuai scene compile scenes/SCENE --at 2026-06-01T04:00:00+08:00"},
          .options = {{"FOLDER", "Folder of the scene", &options->folder, true},
                      {"--at", "The version in force at this time (RFC 3339) and all later ones; now if left out", &options->at},
                      {"--out", "Write to this file instead of the standard output", &options->out}},
          .run = [options, &clock](Streams streams) { return RunCompile(*options, clock, streams); },
          .subcommands = {}};
}

}  // namespace

cli::Command Scene(const Clock& clock) {
  return {.name = "scene",
          .summary = "Check, test and compile scenes",
          .examples = {"yukuai scene test scenes/*"},
          .options = {},
          .run = {},
          .subcommands = {Judging("check", "Say what is wrong with scenes: file, line, and what to write instead",
                                  {"yukuai scene check scenes/SCENE"}, LookChecked),
                          Judging("test", "Run the trials of scenes",
                                  {"yukuai scene test scenes/SCENE", "yukuai scene test scenes/* --json"}, LookTried),
                          Compiling(clock)}};
}

}  // namespace yukuai::scene_command
