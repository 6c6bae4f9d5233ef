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

struct RevokeOptions {
  Place place;
  std::string id;
};

std::vector<cli::Option> PlaceOptions(Place& place) {
  return {{"--data", "The city's data folder", &place.data},
          {"--config", "The city's configuration file", &place.config},
          {"--seal-file", "File with the passphrase of the key files", &place.seal_file}};
}

Result<void> RunAdd(const AddOptions& options, Entropy& entropy, const Register& clerks, Streams streams) {
  // Before anything is registered: a clerk without a file could not sign, and nobody would know why.
  std::error_code error;
  if (std::filesystem::exists(options.out, error)) return Fault(keys::kKeysExist, options.out);
  const p256::KeyPair key = p256::Generate(entropy);
  YUKUAI_ASSIGN(const Registered registered, clerks.add(options.place, options.name, key.public_key));
  YUKUAI_TRY(keys::WriteStaffKey(options.out, {registered.id, key, registered.server_url}));
  streams.out << "clerk   " << registered.id.Text() << "\n"
              << "key     " << options.out << " (keep it on the clerk's machine)\n";
  return {};
}

int RunRevoke(const RevokeOptions& options, const Register& clerks, Streams streams) {
  const auto id = StaffId::Parse(options.id);
  if (!id) {
    streams.err << "yukuai: --id is the clerk's, stf_… and 26 digits, as `staff add` printed it and the key file says\n";
    return cli::kExitUsage;
  }
  const auto done = clerks.revoke(options.place, *id);
  if (!done.ok()) return cli::Report(done.error(), streams);
  streams.out << "clerk   " << id->Text() << " is revoked: nothing this key signs is taken any more\n";
  return cli::kExitOk;
}

cli::Command AddCommand(Entropy& entropy, const Register& clerks) {
  const auto options = std::make_shared<AddOptions>();
  auto listed = PlaceOptions(options->place);
  listed.push_back({"--name", "Name as residents will read it in their history", &options->name, true});
  listed.push_back({"--out", "The key file to write", &options->out});
  return {.name = "add",
          .summary = "Add a named clerk and write the clerk's signing key; also beside a running server",
          .examples = {"yukuai staff add --name 王芳 --out wangfang.key"},
          .options = std::move(listed),
          .run =
              [options, &entropy, clerks](Streams streams) {
                const auto done = RunAdd(*options, entropy, clerks, streams);
                return done ? int{cli::kExitOk} : cli::Report(done.error(), streams);
              },
          .subcommands = {}};
}

cli::Command RevokeCommand(const Register& clerks) {
  const auto options = std::make_shared<RevokeOptions>();
  auto listed = PlaceOptions(options->place);
  listed.push_back({"--id", "The clerk, as `staff add` printed it", &options->id, true});
  return {.name = "revoke",
          .summary = "Take nothing from a clerk's key any more, at once; also beside a running server",
          .examples = {"yukuai staff revoke --id stf_01hv0000000000000000000000"},
          .options = std::move(listed),
          .run = [options, clerks](Streams streams) { return RunRevoke(*options, clerks, streams); },
          .subcommands = {}};
}

}  // namespace

cli::Command Staff(Entropy& entropy, Register clerks) {
  return {.name = "staff",
          .summary = "The clerks of the counters",
          .examples = {},
          .options = {},
          .run = {},
          .subcommands = {AddCommand(entropy, clerks), RevokeCommand(clerks)}};
}

}  // namespace yukuai::staff_command
