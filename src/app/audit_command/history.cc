// SPDX-License-Identifier: Apache-2.0
// `yukuai audit history`: the history of a clerk or a terminal, for whoever has to find out who could act in whose name. A
// person's history is the person's own, and is asked for with the person's device.
#include <boost/json.hpp>
#include <memory>
#include <ostream>

#include "app/audit_command/audit_command.h"

namespace yukuai::audit_command {
namespace {

namespace json = boost::json;

constexpr size_t kPage = 200;

struct Options {
  DataPlace place;
  std::string of;
  bool as_json = false;
};

std::optional<audit::Whose> ParseWhose(const std::string& text) {
  if (const auto clerk = StaffId::Parse(text)) return *clerk;
  if (const auto terminal = TerminalId::Parse(text)) return *terminal;
  return std::nullopt;
}

void Print(const audit::HistoryItem& item, bool as_json, std::ostream& out) {
  if (as_json) {
    out << json::serialize(json::object{{"sequence", item.sequence},
                                        {"at", ToRfc3339(item.at)},
                                        {"action", item.action},
                                        {"actor", item.actor},
                                        {"scene", item.scene},
                                        {"details", item.details}})
        << "\n";
  } else {
    out << ToRfc3339(item.at) << "  " << item.action << "  by " << item.actor << (item.scene.empty() ? "" : "  in ") << item.scene
        << (item.details.empty() ? "" : "  ") << item.details << "\n";
  }
}

Result<int> Run(const Options& options, Entropy& entropy, const OpenData& open, cli::Streams streams) {
  const auto whose = ParseWhose(options.of);
  if (!whose) {
    streams.err << "yukuai: --of is a clerk's or a terminal's id: stf_… or ter_… and 26 digits\n";
    return static_cast<int>(cli::kExitUsage);
  }
  YUKUAI_ASSIGN(auto data, open(options.place));
  const audit::Log log(std::move(data.keys), entropy);
  YUKUAI_ASSIGN(const auto reader, data.database->Read());
  audit::HistoryPage page;
  page.size = kPage;
  for (;;) {
    YUKUAI_ASSIGN(const auto items, log.History(*reader, *whose, page));
    for (const audit::HistoryItem& item : items) Print(item, options.as_json, streams.out);
    if (items.size() < kPage) return static_cast<int>(cli::kExitOk);
    page.before = items.back().sequence;
  }
}

}  // namespace

cli::Command History(Entropy& entropy, OpenData open) {
  const auto options = std::make_shared<Options>();
  return {.name = "history",
          .summary = "What is recorded of a clerk or a terminal, newest first; also beside a running server",
          .examples = {"yukuai audit history --data ./yukuai-data --of ter_01hv0000000000000000000000"},
          .options = {{"--data", "The city's data folder", &options->place.folder},
                      {"--config", "Configuration file", &options->place.config},
                      {"--seal-file", "File with the passphrase of the key files", &options->place.seal_file},
                      {"--of", "The clerk or terminal: stf_… or ter_…", &options->of, true},
                      {"--json", "Print one JSON object per line", &options->as_json}},
          .run =
              [options, &entropy, open = std::move(open)](cli::Streams streams) {
                const auto done = Run(*options, entropy, open, streams);
                return done.ok() ? *done : cli::Report(done.error(), streams);
              },
          .subcommands = {}};
}

}  // namespace yukuai::audit_command
