// SPDX-License-Identifier: Apache-2.0
#include "app/serve/assembly.h"

#include "gateway/city/city.h"
#include "gateway/counter/counter.h"
#include "gateway/terminal_api/terminal_api.h"
#include "platform/host/boundary.h"
#include "registers/terminals/terminals.h"

namespace yukuai::serve {
namespace {

// "https://city.example:8443" -> "city.example:8443"; with the names this machine has for itself when it listens for itself.
std::vector<std::string> Authorities(const settings::Settings& settings) {
  const std::string& url = settings.server.url;
  const size_t at = url.find("://");
  std::vector<std::string> all = {at == std::string::npos ? url : url.substr(at + 3)};
  const std::string port = ":" + std::to_string(settings.server.port);
  if (settings.server.address == "127.0.0.1") {
    all.push_back("localhost" + port);
    all.push_back("127.0.0.1" + port);
  }
  return all;
}

routing::KeyDirectory MakeDirectory(const identity::Identity& identity) {
  // Whoever may not sign is unknown: why is the person's and the clerk's business, not the sender's.
  const auto unless_unfit = [](const Fault& fault) -> Result<std::optional<signing::Key>> {
    if (fault.reason.kind == Kind::kInternal || fault.reason.kind == Kind::kUnavailable) return fault;
    return std::optional<signing::Key>();
  };
  const auto p256_key = [](const p256::PublicKeyBytes& key) {
    return std::optional<signing::Key>(signing::Key{http_signature::Algorithm::kEcdsaP256Sha256, Bytes(key.begin(), key.end())});
  };
  routing::KeyDirectory directory;
  directory.device = [&identity, unless_unfit, p256_key](storage::Reader& reader, DeviceId id,
                                                         PersonId& person) -> Result<std::optional<signing::Key>> {
    const auto device = identity.LoadDevice(reader, id);
    if (!device.ok()) return unless_unfit(device.error());
    person = device->person;
    return p256_key(device->public_key);
  };
  directory.staff = [&identity, unless_unfit, p256_key](storage::Reader& reader,
                                                        StaffId id) -> Result<std::optional<signing::Key>> {
    const auto staff = identity.LoadStaff(reader, id);
    if (!staff.ok()) return unless_unfit(staff.error());
    return p256_key(staff->public_key);
  };
  directory.terminal = [unless_unfit](storage::Reader& reader, TerminalId id) -> Result<std::optional<signing::Key>> {
    const auto terminal = terminals::LoadEnrolled(reader, id);
    if (!terminal.ok()) return unless_unfit(terminal.error());
    const auto& key = terminal->public_key->compressed();
    return std::optional<signing::Key>(signing::Key{http_signature::Algorithm::kSm2Sm3, Bytes(key.begin(), key.end())});
  };
  return directory;
}

city::About AboutCity(const installation::Installation& city) {
  city::About about;
  about.name = {city.settings.city.name_zh, city.settings.city.name_en};
  for (const settings::ClearingGroup& group : city.settings.clearing_groups) {
    about.clearing_groups.push_back({group.number, {group.name_zh, group.name_en}});
  }
  about.root_index = city.root.index;
  about.root_key_hex = ToHex(city.root.key.compressed());
  about.code_text_prefix = city.settings.server.url + "/c#";
  about.refresh_seconds = city.settings.issuer.refresh_seconds;
  return about;
}

terminal_api::Parts TerminalParts(installation::Installation& city, Instant started_at, std::function<void()> arrived) {
  terminal_config::TerminalConfig config;
  config.city = {city.settings.city.name_zh, city.settings.city.name_en};
  config.root_keys = {{city.root.index, city.root.key.compressed(), std::nullopt}};
  config.profile = city.profile_text;
  config.list_key = city.keys.list().public_key().compressed();
  config.rules_key = city.keys.rules().public_key().compressed();
  return {city.persons,      city.codes,        city.verifier, city.engine, city.log,
          city.keys.list(),  city.keys.rules(), config,        started_at,  city.verifier.profile().skew_seconds,
          std::move(arrived)};
}

}  // namespace

Assembly::Assembly(Parts parts)
    : parts_(std::move(parts)),
      started_at_(parts_.city.clock.Now()),
      resident_parts_{parts_.city.persons,
                      parts_.city.identity,
                      parts_.city.codes,
                      parts_.city.log,
                      parts_.city.engine,
                      hub_,
                      parts_.city.settings.issuer.refresh_seconds},
      arrivals_({*parts_.city.database, parts_.writer, parts_.city.clock, parts_.city.persons, parts_.city.codes,
                 parts_.city.passages,
                 [this](PersonId person, const std::vector<JourneyId>& changed) { Passed(person, changed); },
                 parts_.passages_wait, parts_.passages_ready == nullptr}),
      settling_({*parts_.city.database, parts_.writer, parts_.city.persons, parts_.city.engine, parts_.city.passages,
                 [this](PersonId person, const std::vector<JourneyId>& changed) { Passed(person, changed); },
                 parts_.halves_wait}),
      authenticator_({Authorities(parts_.city.settings), started_at_}),
      router_(std::make_unique<routing::Router>(
          Routes(),
          routing::Parts{*parts_.city.database, parts_.writer, parts_.city.clock, MakeDirectory(parts_.city.identity),
                         authenticator_, sealing::DeriveKey(parts_.city.keys.data(), "kept answers"), parts_.city.entropy,
                         parts_.pages, parts_.failed, [] { host::Boundary("server.answer.before"); }})) {}

Result<std::unique_ptr<Assembly>> Assembly::Start(Parts parts) {
  std::unique_ptr<Assembly> assembly(new Assembly(std::move(parts)));
  YUKUAI_ASSIGN(const auto reader, assembly->parts_.city.database->Read());
  YUKUAI_TRY(assembly->authenticator_.Recall(*reader));
  return assembly;
}

std::vector<routing::Route> Assembly::Routes() {
  installation::Installation& city = parts_.city;
  std::vector<routing::Route> routes;
  const auto add = [&](std::vector<routing::Route> more) {
    for (routing::Route& route : more) routes.push_back(std::move(route));
  };
  add(city::Routes({AboutCity(city), city.engine, city.log}));
  add(resident::Routes(resident_parts_));
  add(counter::Routes({city.persons, city.identity, city.registration, [this](PersonId person) { FreezeChanged(person); }}));
  add(terminal_api::Routes(TerminalParts(city, started_at_, [this] {
    arrivals_.Wake();
    if (parts_.passages_ready) parts_.passages_ready();
  })));
  return routes;
}

void Assembly::Passed(PersonId person, const std::vector<JourneyId>& changed) {
  if (const auto reader = parts_.city.database->Read(); reader.ok()) {
    resident::TellRides(resident_parts_, **reader, person, changed);
  }
}

void Assembly::FreezeChanged(PersonId person) {
  if (const auto reader = parts_.city.database->Read(); reader.ok()) {
    resident::TellFreeze(resident_parts_, **reader, person, parts_.city.clock.Now());
  }
}

}  // namespace yukuai::serve
