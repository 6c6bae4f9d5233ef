// SPDX-License-Identifier: Apache-2.0
#include "app/city_command/city_command.h"

#include <boost/json.hpp>
#include <filesystem>
#include <memory>
#include <ostream>

#include "app/city_command/residents.h"
#include "app/installation/installation.h"
#include "platform/host/host.h"
#include "platform/keys/staff_key.h"
#include "registers/ledger/invariants.h"
#include "registers/ledger/ledger.h"
#include "registers/terminals/terminals.h"

namespace yukuai::city_command {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr int64_t kOpeningFen = 5000;
constexpr int64_t kResidentsMax = 1'000'000;
constexpr uint64_t kPersonsPerCommit = 500;
constexpr std::string_view kClerkName = "示范窗口经办人";

struct Arguments {
  std::string data = "yukuai-data";
  std::optional<std::string> config;
  std::optional<std::string> seal_file;
  int64_t residents = 10'000;
  int64_t seed = 1;
  std::string scene;
  std::string point;
  std::string directions = "both";
  std::string id;
  bool json = false;

  installation::Place place() const { return {data, config, seal_file}; }
};

// A resident with accounts, the opening balance and the audit entry; running it again changes nothing.
Result<persons::Created> Settle(const installation::Installation& city, audit::Log& log, storage::Transaction& transaction,
                                const persons::NewPerson& resident, Instant now) {
  YUKUAI_ASSIGN(const auto created, city.persons.Create(transaction, resident, now));
  if (!created.is_new) return created;
  YUKUAI_TRY(ledger::OpenPersonAccounts(transaction, created.id, now));
  YUKUAI_TRY(ledger::OpenShardAccounts(transaction, created.id.shard(), now));
  ledger::Transfer transfer;
  transfer.id = ledger::TransferFor("opening", created.id);
  transfer.from = ledger::OpeningOf(created.id.shard());
  transfer.to = ledger::BalanceOf(created.id);
  transfer.amount = Money::Fen(kOpeningFen);
  transfer.purpose = "opening";
  transfer.reference = created.id.bytes();
  YUKUAI_TRY(ledger::PostOne(transaction, now, transfer));
  audit::Entry entry;
  entry.whose = created.id;
  entry.action = "account_opened";
  entry.actor = "system";
  entry.details = "{\"amount_fen\":" + std::to_string(kOpeningFen) + "}";
  YUKUAI_TRY(log.Append(transaction, entry, now));
  return created;
}

Result<void> SettleAll(installation::Installation& city, const Arguments& arguments, Instant now, cli::Streams streams) {
  SeededEntropy entropy(static_cast<uint64_t>(arguments.seed));
  const uint64_t count = static_cast<uint64_t>(arguments.residents);
  for (uint64_t from = 0; from < count; from += kPersonsPerCommit) {
    std::vector<persons::NewPerson> batch;
    for (uint64_t n = from; n < std::min(count, from + kPersonsPerCommit); ++n) batch.push_back(MakeResident(n, entropy));
    YUKUAI_TRY(city.database->Transact([&](storage::Transaction& transaction) -> Result<void> {
      for (const persons::NewPerson& resident : batch) YUKUAI_TRY(Settle(city, city.log, transaction, resident, now));
      return {};
    }));
    if (!arguments.json) streams.err << "\rresidents " << from + batch.size() << "/" << count << std::flush;
  }
  if (!arguments.json) streams.err << "\n";
  return {};
}

// The clerk of the demo: the one that the key file names, or a new one.
Result<StaffId> MakeClerk(installation::Installation& city, const fs::path& file, Instant now) {
  if (fs::exists(file)) {
    YUKUAI_ASSIGN(const auto key, keys::ReadStaffKey(file));
    return key.id;
  }
  const p256::KeyPair pair = p256::Generate(city.entropy);
  std::optional<identity::Staff> staff;
  YUKUAI_TRY(city.database->Transact([&](storage::Transaction& transaction) -> Result<void> {
    YUKUAI_ASSIGN(staff, city.identity.AddStaff(transaction, kClerkName, pair.public_key, now));
    return {};
  }));
  YUKUAI_TRY(keys::WriteStaffKey(file, {staff->id, pair, city.settings.server.url}));
  return staff->id;
}

Result<terminals::Added> AddTerminal(installation::Installation& city, const terminals::Place& place, Instant now) {
  std::optional<terminals::Added> added;
  YUKUAI_TRY(city.database->Transact([&](storage::Transaction& transaction) -> Result<void> {
    YUKUAI_ASSIGN(added, terminals::Add(transaction, place, now, city.entropy));
    audit::Entry entry;
    entry.whose = added->id;
    entry.action = "terminal_added";
    entry.actor = "system";
    entry.scene = place.scene;
    entry.details = json::serialize(json::object{{"point", place.point}});
    YUKUAI_TRY(city.log.Append(transaction, entry, now));
    return {};
  }));
  return *std::move(added);
}

// The first scene that has stations gives the demo's two gates: one in at its first station, one out at its last.
Result<json::array> MakeGates(installation::Installation& city, Instant now) {
  json::array gates;
  for (const auto& [id, scene] : city.engine.scenes()) {
    const scene_file::Version& version = scene.judged.file().versions.back();
    if (!version.fare || version.fare->stations.empty()) continue;
    const auto& stations = version.fare->stations;
    for (const auto& [station, direction] : {std::pair(stations.front(), "in"), std::pair(stations.back(), "out")}) {
      terminals::Place place{id, station.code,
                             std::string_view(direction) == "in" ? terminals::Directions::kIn : terminals::Directions::kOut,
                             static_cast<uint16_t>(scene.judged.file().clearing_group)};
      YUKUAI_ASSIGN(const auto added, AddTerminal(city, place, now));
      gates.push_back({{"terminal_id", added.id.Text()},
                       {"scene", id},
                       {"point", station.code},
                       {"name_zh", station.name.zh},
                       {"name_en", station.name.en},
                       {"direction", direction},
                       {"token", added.token.Text()},
                       {"token_expires_at", ToRfc3339(added.token_expires_at)}});
    }
    break;
  }
  return gates;
}

int Usage(const std::string& what, cli::Streams streams) {
  streams.err << "yukuai: " << what << "\n";
  return cli::kExitUsage;
}

Result<int> Generate(const Arguments& arguments, const Clock& clock, Entropy& entropy, cli::Streams streams) {
  if (arguments.residents < 1 || arguments.residents > kResidentsMax) {
    return Usage("--residents is 1 to " + std::to_string(kResidentsMax), streams);
  }
  YUKUAI_ASSIGN(const auto settings, installation::ReadToolSettings(arguments.place()));
  YUKUAI_TRY(installation::PrepareDemo(settings, arguments.place(), clock, entropy));
  // A demo has its root beside it. Made-up residents with made-up money have no place in the books of a real city.
  if (!fs::exists(fs::path(arguments.data) / "root")) return Fault(kCityNotDemo, arguments.data);
  YUKUAI_ASSIGN(const auto city, installation::Installation::Open(settings, arguments.place(), clock, entropy));
  YUKUAI_TRY(installation::PrepareTls(settings, arguments.place(), clock, entropy));
  const Instant now = clock.Now();
  YUKUAI_TRY(SettleAll(*city, arguments, now, streams));

  const fs::path clerk_file = fs::path(arguments.data) / "clerk.key";
  YUKUAI_ASSIGN(const StaffId clerk, MakeClerk(*city, clerk_file, now));
  SeededEntropy first_entropy(static_cast<uint64_t>(arguments.seed));
  const persons::NewPerson first = MakeResident(0, first_entropy);
  std::optional<identity::CounterCode> code;
  YUKUAI_TRY(city->database->Transact([&](storage::Transaction& transaction) -> Result<void> {
    YUKUAI_ASSIGN(code, city->identity.IssueCounterCode(transaction, clerk, first.document, first.name, now));
    return {};
  }));
  YUKUAI_ASSIGN(auto gates, MakeGates(*city, now));
  YUKUAI_TRY(city->log.SealDurably(*city->database, now));

  const json::object made = {
      {"residents", arguments.residents},
      {"resident", {{"name", first.name.text()}, {"number", first.document.number()}, {"counter_code", code->text}}},
      {"terminals", std::move(gates)},
      {"staff_key_file", fs::absolute(clerk_file).string()},
      {"ca_file", fs::absolute(fs::path(arguments.data) / "tls" / "authority.pem").string()},
      {"list_key", ToHex(city->keys.list().public_key().compressed())},
      {"log_key", ToHex(city->keys.log().public_key().compressed())},
      {"root_key", ToHex(city->root.key.compressed())},
      {"url", settings.server.url}};
  if (arguments.json) {
    streams.out << json::serialize(made) << "\n";
  } else {
    streams.out << "A synthetic city of " << arguments.residents << " residents is in " << arguments.data << ".\n"
                << "Test resident: " << first.name.text() << "  " << first.document.number() << "  counter code " << code->text
                << "\n";
    for (const json::value& gate : made.at("terminals").as_array()) {
      streams.out << "Gate " << gate.at("point").as_string().c_str() << " (" << gate.at("direction").as_string().c_str()
                  << "): token " << gate.at("token").as_string().c_str() << "\n";
    }
  }
  return static_cast<int>(cli::kExitOk);
}

Result<int> VerifyLedger(const Arguments& arguments, const Clock& clock, cli::Streams streams) {
  YUKUAI_ASSIGN(const auto settings, installation::ReadToolSettings(arguments.place()));
  YUKUAI_ASSIGN(const auto database, installation::OpenDatabase(settings, arguments.place(), clock.Now()));
  YUKUAI_ASSIGN(const auto reader, database->Read());
  YUKUAI_ASSIGN(const auto verification, ledger::VerifyAll(*reader));
  json::array breaches;
  for (const ledger::Breach& breach : verification.breaches) {
    breaches.push_back({{"rule", breach.rule}, {"shard", breach.shard}, {"id", ToHex(breach.id)}});
  }
  const bool clean = verification.breaches.empty();
  if (arguments.json) {
    streams.out << json::serialize(json::object{{"accounts", verification.accounts},
                                                {"transfers", verification.transfers},
                                                {"entries", verification.entries},
                                                {"breaches", std::move(breaches)}})
                << "\n";
  } else {
    streams.out << verification.accounts << " accounts, " << verification.transfers << " transfers, " << verification.entries
                << " entries: "
                << (clean ? "every shard sums to zero and every balance is its entries" : "the books contradict themselves")
                << "\n";
    for (const ledger::Breach& breach : verification.breaches) {
      streams.out << "  " << breach.rule << " in shard " << breach.shard << "\n";
    }
  }
  return static_cast<int>(clean ? cli::kExitOk : cli::kExitRefused);
}

std::optional<terminals::Directions> ParseDirections(std::string_view text) {
  if (text == "in") return terminals::Directions::kIn;
  if (text == "out") return terminals::Directions::kOut;
  if (text == "both") return terminals::Directions::kBoth;
  return std::nullopt;
}

// The stations of a scene that has some, "SPB, LJB": a gate elsewhere would write passages that no fare can price.
std::optional<std::string> PointsUnless(const engine::Scene& scene, const std::string& point) {
  const scene_file::Version& version = scene.judged.file().versions.back();
  if (!version.fare || version.fare->stations.empty()) return std::nullopt;
  std::string known;
  for (const auto& station : version.fare->stations) {
    if (station.code == point) return std::nullopt;
    known += (known.empty() ? "" : ", ") + station.code;
  }
  return known;
}

Result<int> AddOneTerminal(const Arguments& arguments, const Clock& clock, Entropy& entropy, cli::Streams streams) {
  const auto directions = ParseDirections(arguments.directions);
  if (!directions) return Usage("--direction is in, out or both", streams);
  YUKUAI_ASSIGN(const auto settings, installation::ReadToolSettings(arguments.place()));
  YUKUAI_ASSIGN(const auto city, installation::Installation::Open(settings, arguments.place(), clock, entropy));
  const engine::Scene* scene = city->engine.Find(arguments.scene);
  if (scene == nullptr) {
    std::string known;
    for (const auto& [id, one] : city->engine.scenes()) known += (known.empty() ? "" : ", ") + id;
    return Usage("--scene is one of: " + known, streams);
  }
  if (const auto points = PointsUnless(*scene, arguments.point)) {
    return Usage("--point is, in scene " + arguments.scene + ", one of: " + *points, streams);
  }
  terminals::Place place;
  place.scene = arguments.scene;
  place.point = arguments.point;
  place.clearing_group = static_cast<uint16_t>(scene->judged.file().clearing_group);
  place.directions = *directions;
  YUKUAI_ASSIGN(const auto added, AddTerminal(*city, place, clock.Now()));
  const std::string list_key = ToHex(city->keys.list().public_key().compressed());
  if (arguments.json) {
    streams.out << json::serialize(json::object{{"terminal_id", added.id.Text()},
                                                {"token", added.token.Text()},
                                                {"token_expires_at", ToRfc3339(added.token_expires_at)},
                                                {"list_key", list_key}})
                << "\n";
  } else {
    streams.out << "Token (once, until " << ToRfc3339(added.token_expires_at) << "): " << added.token.Text()
                << "\nList key: " << list_key << "\n";
  }
  return static_cast<int>(cli::kExitOk);
}

Result<int> SetTerminal(const Arguments& arguments, bool enabled, const Clock& clock, Entropy& entropy, cli::Streams streams) {
  const auto id = TerminalId::Parse(arguments.id);
  if (!id) return Usage("--id is the terminal's, ter_… and 26 digits, as `yukuai gate status` prints it", streams);
  YUKUAI_ASSIGN(const auto settings, installation::ReadToolSettings(arguments.place()));
  YUKUAI_ASSIGN(const auto city, installation::Installation::Open(settings, arguments.place(), clock, entropy));
  YUKUAI_TRY(city->database->Transact([&](storage::Transaction& transaction) -> Result<void> {
    YUKUAI_ASSIGN(const auto terminal, terminals::Load(transaction, *id));
    if (terminal.enabled == enabled) return {};
    YUKUAI_TRY(terminals::SetEnabled(transaction, *id, enabled));
    audit::Entry entry;
    entry.whose = *id;
    entry.action = enabled ? "terminal_enabled" : "terminal_disabled";
    entry.actor = "system";
    entry.scene = terminal.place.scene;
    YUKUAI_TRY(city->log.Append(transaction, entry, clock.Now()));
    return {};
  }));
  if (arguments.json) {
    streams.out << json::serialize(json::object{{"terminal_id", id->Text()}, {"enabled", enabled}}) << "\n";
  } else {
    streams.out << id->Text() << (enabled ? " is enabled again\n" : " is disabled: the server takes nothing from it any more\n");
  }
  return static_cast<int>(cli::kExitOk);
}

template <typename Work>
std::function<int(cli::Streams)> Reporting(Work work) {
  return [work](cli::Streams streams) {
    const Result<int> done = work(streams);
    return done.ok() ? *done : cli::Report(done.error(), streams);
  };
}

std::vector<cli::Option> DataOptions(Arguments& arguments) {
  return {{"--data", "The city's data folder", &arguments.data},
          {"--config", "Configuration file", &arguments.config},
          {"--seal-file", "File with the passphrase of the key files", &arguments.seal_file},
          {"--json", "Print facts as JSON", &arguments.json}};
}

}  // namespace

cli::Command City(const Clock& clock, Entropy& entropy) {
  const auto arguments = std::make_shared<Arguments>();
  auto options = DataOptions(*arguments);
  options.push_back({"--residents", "How many residents, 1 to 1000000", &arguments->residents});
  options.push_back({"--seed", "The same seed makes the same city", &arguments->seed});
  cli::Command generate{
      .name = "generate",
      .summary = "Make a synthetic city: residents with 50.00 each, a clerk, two gates",
      .examples = {"yukuai city generate --residents 10000 --seed 1", "yukuai city generate --data /tmp/city --json"},
      .options = std::move(options),
      .run = Reporting([arguments, &clock, &entropy](cli::Streams s) { return Generate(*arguments, clock, entropy, s); }),
      .subcommands = {}};
  return {.name = "city",
          .summary = "A synthetic city to try everything on",
          .examples = {},
          .options = {},
          .run = {},
          .subcommands = {generate}};
}

cli::Command Ledger(const Clock& clock) {
  const auto arguments = std::make_shared<Arguments>();
  cli::Command verify{.name = "verify",
                      .summary = "Check every account, transfer and entry, by code that moves no money",
                      .examples = {"yukuai ledger verify --data /var/lib/yukuai --json"},
                      .options = DataOptions(*arguments),
                      .run = Reporting([arguments, &clock](cli::Streams s) { return VerifyLedger(*arguments, clock, s); }),
                      .subcommands = {}};
  return {.name = "ledger", .summary = "Look at the books", .examples = {}, .options = {}, .run = {}, .subcommands = {verify}};
}

cli::Command Terminal(const Clock& clock, Entropy& entropy) {
  const auto arguments = std::make_shared<Arguments>();
  auto options = DataOptions(*arguments);
  options.push_back({"--scene", "Which scene the terminal serves", &arguments->scene, true});
  options.push_back({"--point", "Station or door, as the scene names it", &arguments->point, true});
  options.push_back({"--direction", "in, out or both", &arguments->directions});
  cli::Command add{
      .name = "add",
      .summary = "Register a terminal and print its one-time token",
      .examples = {"yukuai terminal add --data /var/lib/yukuai --scene SCENE --point STATION --direction in"},
      .options = std::move(options),
      .run = Reporting([arguments, &clock, &entropy](cli::Streams s) { return AddOneTerminal(*arguments, clock, entropy, s); }),
      .subcommands = {}};
  cli::Command terminal{
      .name = "terminal", .summary = "Terminals of the city", .examples = {}, .options = {}, .run = {}, .subcommands = {add}};
  for (const bool enabled : {false, true}) {
    const auto chosen = std::make_shared<Arguments>();
    auto listed = DataOptions(*chosen);
    listed.push_back({"--id", "The terminal, as `yukuai gate status` prints it", &chosen->id, true});
    terminal.subcommands.push_back(
        {.name = enabled ? "enable" : "disable",
         .summary = enabled ? "Take a terminal's requests and records again" : "Take nothing from a terminal, at once",
         .examples = {"yukuai terminal " + std::string(enabled ? "enable" : "disable") + " --id ter_01hv0000000000000000000000"},
         .options = std::move(listed),
         .run = Reporting(
             [chosen, enabled, &clock, &entropy](cli::Streams s) { return SetTerminal(*chosen, enabled, clock, entropy, s); }),
         .subcommands = {}});
  }
  return terminal;
}

}  // namespace yukuai::city_command
