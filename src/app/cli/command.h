// SPDX-License-Identifier: Apache-2.0
// What a subcommand is: a name, what it is for, examples, options and a function. The tree of commands is data; one source
// file turns it into a command line (CLI11 stays there).
//
// Exit codes follow sysexits.h, with two of our own: 0 done or accepted, 1 judged and refused.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result/result.h"

namespace yukuai::cli {

enum ExitCode : int {
  kExitOk = 0,
  kExitRefused = 1,        // The thing was judged, and the answer is no.
  kExitUsage = 64,         // The command line itself is wrong.
  kExitDataErr = 65,       // The input file's content is wrong.
  kExitNoInput = 66,       // The input file cannot be read.
  kExitUnavailable = 69,   // Something needed is not there (a server, a lease).
  kExitSoftware = 70,      // A defect.
  kExitCantCreate = 73,    // The output cannot be written.
  kExitTempFail = 75,      // Try again.
  kExitNoPermission = 77,  // A key, passphrase or signature does not fit.
  kExitConfig = 78,        // The configuration is wrong.
};

struct Streams {
  std::ostream& out;
  std::ostream& err;
};

// Where an option's value goes. The pointee lives as long as the command (usually in a shared_ptr the run function holds).
using Target = std::variant<bool*, std::string*, std::optional<std::string>*, int64_t*, std::vector<std::string>*>;

struct Option {
  std::string name;  // "--hex", or "FOLDER" for a positional argument.
  std::string help;
  Target target;
  bool required = false;
};

struct Command {
  std::string name;
  std::string summary;
  std::vector<std::string> examples;  // Whole command lines, shown under --help.
  std::vector<Option> options;
  std::function<int(Streams)> run;  // Empty for a group of subcommands.
  std::vector<Command> subcommands;
};

// Parses the line and runs what it names. Prints usage errors with what to do next; returns the exit code.
int Run(const Command& program, int argc, const char* const* argv, Streams streams);

// Prints "slug: detail" and, in both languages, what api/reasons.toml says of it: what happened and what to do now. Gives the
// exit code that fits the kind.
int Report(const Fault& fault, Streams streams);

}  // namespace yukuai::cli
