// SPDX-License-Identifier: Apache-2.0
// Adding clerks, see staff_command.h.
#include "app/staff_command/staff_command.h"

#include <filesystem>
#include <memory>
#include <ostream>

#include "platform/keys/keys.h"
#include "platform/keys/staff_key.h"

namespace yukuai::staff_command {
namespace {

using cli::Streams;

struct AddOptions {
  Place place;
  std::string name;
  std::string out = "clerk.key";
};

Result<void> RunAdd(const AddOptions& options, Entropy& entropy, const Register& register_clerk, Streams streams) {
  // Before anything is registered: a clerk without a file could not sign, and nobody would know why.
  std::error_code error;
  if (std::filesystem::exists(options.out, error)) return Fault(keys::kKeysExist, options.out);
  const p256::KeyPair key = p256::Generate(entropy);
  YUKUAI_ASSIGN(const Registered registered, register_clerk(options.place, options.name, key.public_key));
  YUKUAI_TRY(keys::WriteStaffKey(options.out, {registered.id, key, registered.server_url}));
  streams.out << "clerk   " << registered.id.Text() << "\n"
              << "key     " << options.out << " (keep it on the clerk's machine)\n";
  return {};
}

}  // namespace

cli::Command Staff(Entropy& entropy, Register register_clerk) {
  const auto options = std::make_shared<AddOptions>();
  cli::Command add{.name = "add",
                   .summary = "Add a named clerk and write the clerk's signing key; also beside a running server",
                   .examples = {"yukuai staff add --name 王芳 --out wangfang.key"},
                   .options = {{"--data", "The city's data folder", &options->place.data},
                               {"--config", "The city's configuration file", &options->place.config},
                               {"--seal-file", "File with the passphrase of the key files", &options->place.seal_file},
                               {"--name", "Name as residents will read it in their history", &options->name, true},
                               {"--out", "The key file to write", &options->out}},
                   .run =
                       [options, &entropy, register_clerk = std::move(register_clerk)](Streams streams) {
                         const auto done = RunAdd(*options, entropy, register_clerk, streams);
                         return done ? int{cli::kExitOk} : cli::Report(done.error(), streams);
                       },
                   .subcommands = {}};
  return {.name = "staff",
          .summary = "The clerks of the counters",
          .examples = {},
          .options = {},
          .run = {},
          .subcommands = {std::move(add)}};
}

}  // namespace yukuai::staff_command
