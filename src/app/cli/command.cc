// SPDX-License-Identifier: Apache-2.0
#include "app/cli/command.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>

#include "formats/reason_text/reason_text.h"

namespace yukuai::cli {
namespace {

std::string Footer(const Command& command) {
  std::string text;
  if (!command.examples.empty()) text += "Examples:\n";
  for (const std::string& example : command.examples) text += "  " + example + "\n";
  return text;
}

void AddOption(CLI::App& app, const Option& option) {
  CLI::Option* added = std::visit(
      [&](auto* target) -> CLI::Option* {
        using T = std::remove_pointer_t<decltype(target)>;
        if constexpr (std::is_same_v<T, bool>) {
          return app.add_flag(option.name, *target, option.help);
        } else if constexpr (std::is_same_v<T, std::optional<std::string>>) {
          return app.add_option_function<std::string>(
              option.name, [target](const std::string& value) { *target = value; }, option.help);
        } else {
          return app.add_option(option.name, *target, option.help)->capture_default_str();
        }
      },
      option.target);
  added->required(option.required);
}

// Fills app from command; the chosen leaf is left in *chosen.
void Build(CLI::App& app, const Command& command, const Command** chosen) {
  app.footer(Footer(command));
  app.set_help_flag("-h,--help", "Print this help and end");
  for (const Option& option : command.options) AddOption(app, option);
  if (!command.subcommands.empty()) app.require_subcommand(1);
  for (const Command& subcommand : command.subcommands) {
    Build(*app.add_subcommand(subcommand.name, subcommand.summary), subcommand, chosen);
  }
  if (command.run) app.callback([chosen, &command] { *chosen = &command; });
}

}  // namespace

int Run(const Command& program, int argc, const char* const* argv, Streams streams) {
  CLI::App app(program.summary, program.name);
  app.set_version_flag("--version", "yukuai " YUKUAI_VERSION);
  const Command* chosen = nullptr;
  Build(app, program, &chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    app.exit(success, streams.out, streams.err);
    return kExitOk;
  } catch (const CLI::ParseError& error) {
    streams.err << program.name << ": " << error.what() << "\nRun \"" << program.name
                << " --help\", or a subcommand with --help, for what is understood.\n";
    return kExitUsage;
  }
  if (chosen == nullptr) return kExitUsage;
  return chosen->run(streams);
}

int Report(const Fault& fault, Streams streams) {
  streams.err << "yukuai: " << fault.reason.slug;
  if (!fault.detail.empty()) streams.err << ": " << fault.detail;
  streams.err << "\n";
  if (const auto* text = reason_text::Find(fault.reason.slug)) {
    streams.err << "  " << text->title_en << ". " << text->next_en << "\n  " << text->title_zh << "。" << text->next_zh << "\n";
  }
  switch (fault.reason.kind) {
    case Kind::kMalformed: return kExitDataErr;
    case Kind::kUnauthenticated:
    case Kind::kForbidden: return kExitNoPermission;
    case Kind::kNotFound: return kExitNoInput;
    case Kind::kConflict:
    case Kind::kRefused: return kExitRefused;
    case Kind::kLimited:
    case Kind::kUnknownOutcome: return kExitTempFail;
    case Kind::kUnavailable: return kExitUnavailable;
    case Kind::kInternal: return kExitSoftware;
  }
  return kExitSoftware;
}

}  // namespace yukuai::cli
