// SPDX-License-Identifier: Apache-2.0
// The program: its subcommands, and the real clock and random source they are given.
#include <chrono>
#include <cstdlib>
#include <iostream>

#include "app/audit_command/audit_command.h"
#include "app/bench_command/bench_command.h"
#include "app/city_command/city_command.h"
#include "app/cli/command.h"
#include "app/code_command/code_command.h"
#include "app/counter_command/counter_command.h"
#include "app/gate/gate_command.h"
#include "app/installation/installation.h"
#include "app/keys_command/keys_command.h"
#include "app/scene_command/scene_command.h"
#include "app/serve/serve.h"
#include "app/staff_command/staff_command.h"
#include "platform/host/boundary.h"
#include "platform/host/host.h"
#include "platform/http/client.h"

namespace {

using namespace yukuai;

cli::Command Boundaries() {
  return {.name = "boundaries",
          .summary = "List the places where YUKUAI_CRASH_AT=<name>[:<nth>] can end the program",
          .examples = {"yukuai boundaries", "YUKUAI_CRASH_AT=server.commit.before yukuai serve"},
          .options = {},
          .run =
              [](cli::Streams streams) {
                for (const std::string_view name : host::BoundaryNames()) streams.out << name << "\n";
                return static_cast<int>(cli::kExitOk);
              },
          .subcommands = {}};
}

audit_command::OpenData OpenDataWith(const Clock& clock) {
  return [&clock](const audit_command::DataPlace& from) -> Result<audit_command::OpenedData> {
    const installation::Place place{from.folder, from.config, from.seal_file};
    YUKUAI_ASSIGN(const auto settings, installation::ReadToolSettings(place));
    YUKUAI_ASSIGN(const auto keys, installation::OpenKeys(settings, place));
    YUKUAI_ASSIGN(auto database, installation::OpenDatabase(settings, place, clock.Now()));
    return audit_command::OpenedData{std::move(database), audit::Keys{keys.map(), keys.log()}};
  };
}

keys_command::FindSealFile FindSealFile() {
  return [](const keys_command::Place& from) -> Result<std::filesystem::path> {
    const installation::Place place{from.data, from.config, from.seal_file};
    YUKUAI_ASSIGN(const auto settings, installation::ReadToolSettings(place));
    return installation::SealFileOf(settings, place);
  };
}

Result<std::unique_ptr<installation::Installation>> OpenCity(const staff_command::Place& from, const Clock& clock,
                                                             Entropy& entropy) {
  const installation::Place place{from.data, from.config, from.seal_file};
  YUKUAI_ASSIGN(const auto settings, installation::ReadToolSettings(place));
  return installation::Installation::Open(settings, place, clock, entropy);
}

staff_command::Register Clerks(const Clock& clock, Entropy& entropy) {
  const auto add = [&clock, &entropy](const staff_command::Place& from, const std::string& name,
                                      const p256::PublicKeyBytes& key) -> Result<staff_command::Registered> {
    YUKUAI_ASSIGN(const auto city, OpenCity(from, clock, entropy));
    staff_command::Registered registered;
    registered.server_url = city->settings.server.url;
    YUKUAI_TRY(city->database->Transact([&](storage::Transaction& transaction) -> Result<void> {
      YUKUAI_ASSIGN(const auto staff, city->identity.AddStaff(transaction, name, key, clock.Now()));
      registered.id = staff.id;
      return {};
    }));
    return registered;
  };
  const auto revoke = [&clock, &entropy](const staff_command::Place& from, StaffId id) -> Result<void> {
    YUKUAI_ASSIGN(const auto city, OpenCity(from, clock, entropy));
    return city->database->Transact(
        [&](storage::Transaction& transaction) { return city->identity.RevokeStaff(transaction, id, clock.Now()); });
  };
  return {add, revoke};
}

}  // namespace

int main(int argc, char** argv) {
  const cli::Streams streams{std::cout, std::cerr};
  const char* crash_at = std::getenv("YUKUAI_CRASH_AT");
  const auto armed = host::ArmBoundaries(crash_at == nullptr ? std::nullopt : std::optional<std::string_view>(crash_at));
  if (!armed.ok()) return cli::Report(armed.error(), streams);

  const host::SystemClock clock;
  host::SystemEntropy entropy;
  cli::Command program;
  program.name = "yukuai";
  program.summary = "One card and one code for every resident of a city";
  program.subcommands = {serve::Serve(clock, entropy),
                         gate::Gate(clock, entropy),
                         code_command::Code(clock),
                         city_command::City(clock, entropy),
                         city_command::Ledger(clock),
                         city_command::Terminal(clock, entropy),
                         audit_command::Audit(clock, entropy, OpenDataWith(clock)),
                         keys_command::Keys({clock, entropy, FindSealFile()}),
                         staff_command::Staff(entropy, Clerks(clock, entropy)),
                         counter_command::Person(clock, entropy, http::MakeClient),
                         counter_command::CounterCode(clock, entropy, http::MakeClient),
                         scene_command::Scene(clock),
                         bench_command::Bench(entropy, [] { return std::chrono::steady_clock::now().time_since_epoch(); }),
                         Boundaries()};
  return cli::Run(program, argc, argv, streams);
}
