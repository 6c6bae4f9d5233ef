// SPDX-License-Identifier: Apache-2.0
// A city on this machine, opened: database, keys, registers, services and scenes, wired together once. Every subcommand that
// works on a data folder goes through here, so they all mean the same city.
//
//   <data>/yukuai.db   the database (SQLite)           <data>/tls/    server certificate of the demo authority
//   <data>/keys/       sealed key files        <data>/root/   the demo's root key; a real city keeps it off line
//   <data>/seal        the demo's passphrase; a real city hands it in as a credential
//
// A data folder becomes a demo or a real city once: a demo's keys are made in an empty folder, all of them or none.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "app/settings/settings.h"
#include "base/entropy/entropy.h"
#include "base/result/result.h"
#include "base/time/time.h"
#include "formats/code/alias.h"
#include "formats/code/verify.h"
#include "platform/audit/audit.h"
#include "platform/keys/keys.h"
#include "platform/keys/root_key.h"
#include "platform/storage/storage.h"
#include "registers/persons/persons.h"
#include "scenes/engine/engine.h"
#include "scenes/operation/operation.h"
#include "services/codes/codes.h"
#include "services/identity/identity.h"
#include "services/registration/registration.h"

namespace yukuai::installation {

// In order of precedence.
inline constexpr Reason kCertificateMissing{Kind::kNotFound,
                                            "certificate_missing"};  // No institution certificate or root record.
inline constexpr Reason kCertificateUnfit{Kind::kMalformed,
                                          "certificate_unfit"};  // Not of this issuer key or not under this root.

struct Place {
  std::filesystem::path data = "yukuai-data";
  std::optional<std::string> config;     // --config
  std::optional<std::string> seal_file;  // --seal-file
};

// --config, else ./yukuai.toml, else /etc/yukuai/yukuai.toml, else the defaults.
Result<settings::Settings> ReadSettings(const Place& place);
// The same for a tool, which waits for a long statement as long as it takes.
Result<settings::Settings> ReadToolSettings(const Place& place);

// The file with the passphrase: the named one, else the service manager's credential, else the configured, else the demo's.
std::filesystem::path SealFileOf(const settings::Settings& settings, const Place& place);

// Files that ship with the program: as configured, seen from here, else where a package puts them.
std::filesystem::path Shipped(const std::string& configured);

// Makes a demo city where there is nothing yet: passphrase, keys, a root of its own, the institution certificate. Only in a data
// folder without any of them and without a database (on a server: one in which nothing was ever recorded), and only when nobody
// names a passphrase: whoever does, or has made keys, means a real city, and a demo's root over its keys could not be taken back
// (`yukuai keys`). True when a demo was made.
Result<bool> PrepareDemo(const settings::Settings& settings, const Place& place, const Clock& clock, Entropy& entropy);

// Makes TLS files under an authority of this folder, unless the settings name some or they are there. True when it did.
Result<bool> PrepareTls(const settings::Settings& settings, const Place& place, const Clock& clock, Entropy& entropy);

// Every schema file of the program, in the order of their names.
std::vector<storage::Migration> Schema();

Result<keys::KeyStore> OpenKeys(const settings::Settings& settings, const Place& place);
// The database that the settings name, migrated.
Result<std::unique_ptr<storage::Database>> OpenDatabase(const settings::Settings& settings, const Place& place, Instant now);

// Everything that can fail, done before a city is made of it.
struct Ingredients {
  settings::Settings settings;
  Place place;
  std::unique_ptr<storage::Database> database;  // Migrated.
  keys::KeyStore keys;
  keys::RootRecord root;
  std::string profile_text;
  code::Profile profile;
  code::CardRange range;
  engine::Engine engine;
  codes::Issuing issuing;
};

class Installation {
 public:
  // clock and entropy outlive it.
  Installation(Ingredients ingredients, const Clock& clock, Entropy& entropy);
  // Migrates the database. clock and entropy outlive it.
  static Result<std::unique_ptr<Installation>> Open(const settings::Settings& settings, const Place& place, const Clock& clock,
                                                    Entropy& entropy);

  // Order matters: later ones refer to earlier ones.
  const settings::Settings settings;
  const Place place;
  const Clock& clock;
  Entropy& entropy;
  const std::unique_ptr<storage::Database> database;
  const keys::KeyStore keys;
  const keys::RootRecord root;
  const std::string profile_text;
  const code::Verifier verifier;
  const code::Aliases aliases;
  const persons::Register persons;
  audit::Log log;
  const identity::Identity identity;
  const registration::Registration registration;
  const engine::Engine engine;
  const codes::Codes codes;
  const operation::Passages passages;
};

}  // namespace yukuai::installation
