// SPDX-License-Identifier: Apache-2.0
#include "app/installation/installation.h"

#include <algorithm>
#include <cstdlib>

#include "gateway/routing/routing.h"
#include "gateway/signing/signing.h"
#include "platform/host/host.h"
#include "platform/http/certificate.h"
#include "registers/consents/consents.h"
#include "registers/journeys/journeys.h"
#include "registers/ledger/ledger.h"
#include "registers/records/records.h"
#include "registers/terminals/terminals.h"

namespace yukuai::installation {
namespace {

namespace fs = std::filesystem;

constexpr size_t kSettingsBytesMax = 256 * 1024;
constexpr size_t kPassphraseBytes = 16;
constexpr int kCertificateYears = 3;

// Every change is audited, so this is empty only where no city ever was.
constexpr storage::Sql kAnythingRecorded{"installation_anything_recorded", "SELECT shard FROM audit_shard LIMIT 1"};

Result<std::unique_ptr<storage::Database>> OpenEngine(const settings::Settings::Storage& wanted, const Place& place) {
  using Wanted = settings::Settings::Storage;
  if (wanted.engine == Wanted::Engine::kSqlite) return storage::OpenSqlite((place.data / "yukuai.db").string());
  storage::PostgresOptions options;
  options.conninfo = wanted.conninfo;
  options.schema = wanted.schema;
  options.readers_max = static_cast<size_t>(wanted.readers);
  options.answer_ms_max = static_cast<int>(wanted.answer_ms);
  options.wait_ms_max = static_cast<int>(wanted.wait_ms);
  options.isolation = wanted.isolation == Wanted::Isolation::kSerializable ? storage::PostgresOptions::Isolation::kSerializable
                                                                           : storage::PostgresOptions::Isolation::kReadCommitted;
  return storage::OpenPostgres(std::move(options));
}

Result<std::string> ReadText(const fs::path& path, size_t size_max) {
  YUKUAI_ASSIGN(const Bytes bytes, host::ReadFile(path, size_max));
  return std::string(AsText(bytes));
}

Result<void> MakeCertificate(const settings::Settings& settings, const Place& place, const keys::Passphrase& passphrase,
                             const Clock& clock, Entropy& entropy) {
  if (!keys::RootKey::Exists(place.data / "root")) {
    YUKUAI_TRY(keys::RootKey::Create(place.data / "root", static_cast<uint8_t>(settings.issuer.root_index), passphrase, entropy));
  }
  YUKUAI_ASSIGN(const auto root, keys::RootKey::Open(place.data / "root", passphrase));
  YUKUAI_ASSIGN(const auto store, keys::KeyStore::Open(place.data / "keys", passphrase));
  code::CertificateContent content;
  content.root_index = root.record().index;
  content.institution = *code::ParseDecimal4(settings.issuer.institution);
  const CivilDate today = ChinaDate(clock.Now());
  content.expiry = {today.year + kCertificateYears, today.month};
  content.serial = {0, 0, 1};
  content.issuer_key = store.issuer().public_key().compressed();
  YUKUAI_ASSIGN(const auto certificate, code::BuildCertificate(content, root.key(), AsBytes(sm2::kDefaultId)));
  YUKUAI_TRY(host::WriteFileDurably(place.data / "keys" / "root-record", AsBytes(keys::RootRecordText(root.record())), 0644));
  return host::WriteFileDurably(place.data / "keys" / "certificate", certificate, 0644);
}

// "https://city.example:8443" -> "city.example"
std::string HostOf(const std::string& url) {
  const size_t scheme = url.find("://");
  const std::string rest = scheme == std::string::npos ? url : url.substr(scheme + 3);
  return rest.substr(0, rest.find_first_of(":/"));
}

Result<void> MakeTls(const settings::Settings& settings, const Place& place, const Clock& clock, Entropy& entropy) {
  http::CertificateOrder order;
  order.names = {"localhost", "127.0.0.1"};
  const std::string host = HostOf(settings.server.url);
  if (std::ranges::count(order.names, host) == 0) order.names.push_back(host);
  order.now = clock.Now();
  order.days = 365;
  YUKUAI_ASSIGN(const auto made, http::MakeCertificates(order, entropy));
  const fs::path folder = place.data / "tls";
  fs::create_directories(folder);
  YUKUAI_TRY(host::WriteFileDurably(folder / "authority.pem", AsBytes(made.authority), 0644));
  YUKUAI_TRY(host::WriteFileDurably(folder / "key.pem", AsBytes(made.key), 0600));
  return host::WriteFileDurably(folder / "certificate.pem", AsBytes(made.certificate), 0644);
}

}  // namespace

std::vector<storage::Migration> Schema() {
  std::vector<storage::Migration> all;
  for (const auto* schema :
       {&persons::kSchema, &terminals::kSchema, &ledger::kSchema, &consents::kSchema, &identity::kSchema, &audit::kSchema,
        &codes::kSchema, &records::kSchema, &journeys::kSchema, &signing::kSchema, &routing::kSchema}) {
    all.insert(all.end(), schema->begin(), schema->end());
  }
  std::ranges::sort(all, {}, &storage::Migration::name);
  return all;
}

fs::path Shipped(const std::string& configured) {
  const fs::path packaged = fs::path("/usr/share/yukuai") / configured;
  return !fs::exists(configured) && fs::exists(packaged) ? packaged : fs::path(configured);
}

fs::path SealFileOf(const settings::Settings& settings, const Place& place) {
  if (place.seal_file) return *place.seal_file;
  if (const char* credentials = std::getenv("CREDENTIALS_DIRECTORY")) {
    const fs::path file = fs::path(credentials) / "yukuai-seal";
    if (fs::exists(file)) return file;
  }
  if (!settings.paths.seal_file.empty()) return settings.paths.seal_file;
  return place.data / "seal";
}

Result<settings::Settings> ReadToolSettings(const Place& place) {
  YUKUAI_ASSIGN(settings::Settings settings, ReadSettings(place));
  settings.storage.answer_ms = 0;
  return settings;
}

Result<settings::Settings> ReadSettings(const Place& place) {
  if (place.config) {
    YUKUAI_ASSIGN(const std::string text, ReadText(*place.config, kSettingsBytesMax));
    return settings::Parse(text, *place.config);
  }
  for (const char* path : {"yukuai.toml", "/etc/yukuai/yukuai.toml"}) {
    if (!fs::exists(path)) continue;
    YUKUAI_ASSIGN(const std::string text, ReadText(path, kSettingsBytesMax));
    return settings::Parse(text, path);
  }
  return settings::Settings();
}

Result<bool> PrepareDemo(const settings::Settings& settings, const Place& place, const Clock& clock, Entropy& entropy) {
  const fs::path seal = place.data / "seal";
  if (SealFileOf(settings, place) != seal) return false;
  for (const char* trace : {"seal", "keys", "root", "yukuai.db"}) {
    if (fs::exists(place.data / trace)) return false;
  }
  if (settings.storage.engine == settings::Settings::Storage::Engine::kPostgres) {
    YUKUAI_ASSIGN(const auto database, OpenDatabase(settings, place, clock.Now()));
    YUKUAI_ASSIGN(const auto reader, database->Read());
    YUKUAI_ASSIGN(const auto recorded, reader->Query(kAnythingRecorded, {}));
    if (!recorded.empty()) return false;
  }
  std::error_code error;
  fs::create_directories(place.data, error);
  const std::string passphrase = ToHex(entropy.Take<kPassphraseBytes>()) + "\n";
  YUKUAI_TRY(host::WriteFileDurably(seal, AsBytes(passphrase), 0600));
  YUKUAI_ASSIGN(const auto read_back, keys::ReadPassphrase(seal));
  YUKUAI_TRY(keys::KeyStore::Create(place.data / "keys", read_back, entropy));
  YUKUAI_TRY(MakeCertificate(settings, place, read_back, clock, entropy));
  return true;
}

Result<bool> PrepareTls(const settings::Settings& settings, const Place& place, const Clock& clock, Entropy& entropy) {
  if (!settings.server.tls_certificate.empty() || fs::exists(place.data / "tls" / "certificate.pem")) return false;
  YUKUAI_TRY(MakeTls(settings, place, clock, entropy));
  return true;
}

Result<keys::KeyStore> OpenKeys(const settings::Settings& settings, const Place& place) {
  YUKUAI_ASSIGN(const auto passphrase, keys::ReadPassphrase(SealFileOf(settings, place)));
  return keys::KeyStore::Open(place.data / "keys", passphrase);
}

Result<std::unique_ptr<storage::Database>> OpenDatabase(const settings::Settings& settings, const Place& place, Instant now) {
  YUKUAI_ASSIGN(auto database, OpenEngine(settings.storage, place));
  YUKUAI_TRY(database->Migrate(Schema(), now));
  return database;
}

Installation::Installation(Ingredients ingredients, const Clock& the_clock, Entropy& the_entropy)
    : settings(std::move(ingredients.settings)),
      place(std::move(ingredients.place)),
      clock(the_clock),
      entropy(the_entropy),
      database(std::move(ingredients.database)),
      keys(std::move(ingredients.keys)),
      root(std::move(ingredients.root)),
      profile_text(std::move(ingredients.profile_text)),
      verifier(std::move(ingredients.profile), code::RootKeys::ByIndex({code::RootKey{root.index, root.key, std::nullopt}})),
      aliases(keys.alias().Expose(), keys.card_number().Expose(), std::move(ingredients.range)),
      persons(persons::Keys{keys.blind_index(), keys.data()}, entropy),
      log(audit::Keys{keys.map(), keys.log()}, entropy),
      identity(identity::Keys{keys.blind_index(), keys.data()}, identity::Limits(),
               identity::Identity::Parts{persons, log, entropy}),
      registration(registration::Registration::Parts{persons, identity, log}),
      engine(std::move(ingredients.engine)),
      codes(std::move(ingredients.issuing),
            codes::Codes::Parts{keys.issuer(), keys.list(), aliases, verifier, persons, log, entropy}),
      passages(operation::Passages::Parts{engine, log, entropy}) {}

Result<std::unique_ptr<Installation>> Installation::Open(const settings::Settings& settings, const Place& place,
                                                         const Clock& clock, Entropy& entropy) {
  YUKUAI_ASSIGN(auto keys, OpenKeys(settings, place));
  const fs::path certificate_file = place.data / "keys" / "certificate";
  if (!fs::exists(certificate_file) || !fs::exists(place.data / "keys" / "root-record")) {
    return Fault(kCertificateMissing, certificate_file.string());
  }
  YUKUAI_ASSIGN(const Bytes certificate, host::ReadFile(certificate_file, 4096));
  YUKUAI_ASSIGN(const std::string root_text, ReadText(place.data / "keys" / "root-record", 4096));
  YUKUAI_ASSIGN(const auto root, keys::ParseRootRecord(root_text));
  codes::Issuing issuing;
  if (certificate.size() != issuing.certificate.size()) return Fault(kCertificateUnfit, certificate_file.string());
  std::ranges::copy(certificate, issuing.certificate.begin());
  issuing.issuer = *code::ParseDecimal4(settings.issuer.issuer);
  issuing.platform = *code::ParseDecimal4(settings.issuer.platform);
  issuing.amount_cap = settings.issuer.amount_cap;
  issuing.validity_seconds = static_cast<int>(settings.issuer.validity_seconds);
  issuing.service_day = {static_cast<int>(settings.service_day.ends_at_hour),
                         static_cast<int>(settings.service_day.longest_journey_hours)};
  for (const settings::ClearingGroup& group : settings.clearing_groups) issuing.clearing_groups.push_back(group.number);
  code::CardRange range{issuing.issuer, settings.issuer.card_prefix, static_cast<uint64_t>(settings.issuer.person_capacity)};
  if (!range.IsValid()) {
    return Fault(settings::kSettingsMalformed,
                 "issuer.card_prefix leaves no room for issuer.person_capacity: shorten it or lower that");
  }
  YUKUAI_ASSIGN(std::string profile_text, ReadText(Shipped(settings.issuer.profile), code::kProfileBytesMax));
  YUKUAI_ASSIGN(auto profile, code::ParseProfile(profile_text));
  YUKUAI_ASSIGN(auto engine, engine::Engine::LoadAll(Shipped(settings.paths.scenes)));
  YUKUAI_ASSIGN(auto database, OpenDatabase(settings, place, clock.Now()));
  return std::make_unique<Installation>(
      Ingredients{settings, place, std::move(database), std::move(keys), root, std::move(profile_text), std::move(profile),
                  std::move(range), std::move(engine), std::move(issuing)},
      clock, entropy);
}

}  // namespace yukuai::installation
