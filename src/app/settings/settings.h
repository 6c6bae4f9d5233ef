// SPDX-License-Identifier: Apache-2.0
// What a city configures: yukuai.toml, read once and checked whole. Every value has a default, so that the program runs
// without a file; an unknown key, a wrong type or a value out of range is an error that names file, line and remedy. Every key
// stands in examples/yukuai.toml, which a test holds to this.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money/money.h"
#include "base/result/result.h"

namespace yukuai::settings {

inline constexpr Reason kSettingsMalformed{Kind::kMalformed, "settings_malformed"};

struct ClearingGroup {
  uint16_t number = 1;  // 1..999
  std::string name_zh = "轨道交通";
  std::string name_en = "Metro";
  friend bool operator==(const ClearingGroup&, const ClearingGroup&) = default;
};

struct Settings {
  struct Server {
    std::string address = "127.0.0.1";
    int64_t port = 8443;
    std::string admin_address = "127.0.0.1";
    int64_t admin_port = 9090;
    std::string url = "https://localhost:8443";  // As clients write it; signatures cover it.
    std::string tls_certificate;                 // PEM files; empty: a demo authority under <data>/tls.
    std::string tls_key;
    int64_t threads = 2;
    friend bool operator==(const Server&, const Server&) = default;
  } server;
  struct City {
    std::string name_zh = "示范市";
    std::string name_en = "Demo City";
    friend bool operator==(const City&, const City&) = default;
  } city;
  struct Issuer {
    std::string institution = "65000001";  // Eight digits each; a city has registered numbers of its own.
    std::string issuer = "65000001";
    std::string platform = "65000101";
    int64_t root_index = 1;
    std::string card_prefix = "3104999";  // The free digits of the card account follow.
    int64_t person_capacity = 1LL << 27;  // Person indexes are below this.
    Money amount_cap = Money::Fen(2000);  // Field 9.
    int64_t validity_seconds = 120;       // Field 12.
    int64_t refresh_seconds = 45;
    std::string profile = "profiles/yukuai-demo.toml";
    friend bool operator==(const Issuer&, const Issuer&) = default;
  } issuer;
  struct ServiceDay {
    int64_t ends_at_hour = 4;  // In UTC+8.
    int64_t longest_journey_hours = 4;
    friend bool operator==(const ServiceDay&, const ServiceDay&) = default;
  } service_day;
  struct Paths {
    std::string scenes = "scenes";
    std::string pages = "web/resident/dist";
    std::string seal_file;  // Holds the passphrase of the key files when the service manager gives none.
    friend bool operator==(const Paths&, const Paths&) = default;
  } paths;
  // Where the facts live (docs/storage.md).
  struct Storage {
    enum class Engine { kSqlite, kPostgres };
    enum class Isolation { kReadCommitted, kSerializable };
    Engine engine = Engine::kSqlite;
    // The rest is for PostgreSQL alone.
    std::string conninfo;  // libpq's; several hosts for a failover, a passfile rather than a password.
    std::string schema;    // Empty: as the server's search path says.
    Isolation isolation = Isolation::kReadCommitted;
    int64_t readers = 16;      // Connections for reading.
    int64_t answer_ms = 3000;  // For one statement of the server, then the connection is given up. 0: for ever.
    int64_t wait_ms = 5000;    // How long a transaction is tried again.
    friend bool operator==(const Storage&, const Storage&) = default;
  } storage;
  std::vector<ClearingGroup> clearing_groups = {ClearingGroup{}};

  friend bool operator==(const Settings&, const Settings&) = default;
};

// Whether a running program can take `next` for what it has: nothing differs but where certificate, key and pages are.
bool DifferOnlyInFiles(Settings now, const Settings& next);

// name is shown in errors.
Result<Settings> Parse(std::string_view toml, std::string_view name);

}  // namespace yukuai::settings
