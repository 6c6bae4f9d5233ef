// SPDX-License-Identifier: Apache-2.0
#include "app/serve/serve.h"

#include <atomic>
#include <boost/json.hpp>
#include <csignal>
#include <filesystem>
#include <memory>
#include <ostream>
#include <thread>

#include "app/installation/installation.h"
#include "gateway/city/city.h"
#include "gateway/counter/counter.h"
#include "gateway/problem/problem.h"
#include "gateway/push/push.h"
#include "gateway/resident/resident.h"
#include "gateway/routing/routing.h"
#include "gateway/terminal_api/terminal_api.h"
#include "platform/host/boundary.h"
#include "platform/host/host.h"
#include "platform/http/server.h"
#include "platform/http/static_files.h"
#include "platform/telemetry/log.h"
#include "platform/telemetry/metrics.h"
#include "scenes/arrivals/arrivals.h"

namespace yukuai::serve {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

constexpr milliseconds kDrainDeadline{5'000};
constexpr milliseconds kStartPause{20};
constexpr int64_t kSealSeconds = 60;

struct Arguments {
  std::string data = "yukuai-data";
  std::optional<std::string> config;
  std::optional<std::string> seal_file;
};

// The signals that end the program, taken by one thread that waits for them.
class EndSignals {
 public:
  EndSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  // True when one arrived within the time.
  bool Wait(milliseconds time) {
    const timespec wait{time.count() / 1000, (time.count() % 1000) * 1'000'000};
    return sigtimedwait(&set_, nullptr, &wait) > 0;
  }

 private:
  sigset_t set_;
};

http::TlsFiles TlsFilesOf(const settings::Settings& settings, const std::filesystem::path& data) {
  if (!settings.server.tls_certificate.empty()) return {settings.server.tls_certificate, settings.server.tls_key};
  return {(data / "tls" / "certificate.pem").string(), (data / "tls" / "key.pem").string()};
}

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

// What the server says about itself: counts and times by route, a line for each answer that was our own fault.
class Telling {
 public:
  explicit Telling(const Clock& clock) : log_(telemetry::MakeStderrLog(clock, telemetry::Level::kInfo)) {}

  void Observe(const http::Observation& seen) {
    answers_.With({seen.route, std::to_string(seen.status)}).Add();
    seconds_.With({seen.route}).Observe(static_cast<double>(seen.duration_us) / 1e6);
    if (seen.status < 500) return;
    log_->Write(telemetry::Level::kError, "request_failed",
                {{"route", telemetry::Slug(seen.route)},
                 {"status", seen.status},
                 {"request", telemetry::IdText(seen.request_id)},
                 {"duration_us", seen.duration_us}});
  }
  std::string Text(int64_t passages_waiting, size_t connections) {
    waiting_.With({}).Set(static_cast<double>(passages_waiting));
    connections_.With({}).Set(static_cast<double>(connections));
    return metrics_.Text();
  }

 private:
  telemetry::Metrics metrics_;
  telemetry::Family<telemetry::Counter>& answers_ = metrics_.AddCounters(
      {.name = "yukuai_answers_total", .help = "Answers of the public listener.", .labels = {"route", "status"}});
  telemetry::Family<telemetry::Histogram>& seconds_ = metrics_.AddHistograms(
      {.name = "yukuai_answer_seconds", .help = "From a request's whole head to its answer.", .labels = {"route"}},
      {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5});
  telemetry::Family<telemetry::Gauge>& waiting_ =
      metrics_.AddGauges({.name = "yukuai_passages_waiting", .help = "Passages taken in and not yet applied."});
  telemetry::Family<telemetry::Gauge>& connections_ =
      metrics_.AddGauges({.name = "yukuai_connections", .help = "Open connections of the public listener."});
  const std::unique_ptr<telemetry::Log> log_;
};

// Health and metrics, for the operator's own network only.
struct Admin {
  storage::Writer& writer;
  storage::Database& database;
  const http::Server& server;
  Telling& telling;
  std::atomic<bool>& draining;

  http::Reply Serve(const http::Request& request) const {
    http::Reply reply;
    reply.content_type = "text/plain; charset=utf-8";
    reply.route = "admin";
    if (request.path == "/healthz") {
      reply.body = "ok\n";
    } else if (request.path == "/readyz") {
      const bool ready = writer.running() && !draining && database.Read().ok();
      reply.status = ready ? 200 : 503;
      reply.body = ready ? "ready\n" : "not ready\n";
    } else if (request.path == "/metrics") {
      int64_t waiting = 0;
      if (const auto reader = database.Read(); reader.ok()) {
        if (const auto count = records::CountReady(**reader); count.ok()) waiting = *count;
      }
      reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
      reply.body = telling.Text(waiting, server.connections());
    } else {
      reply.status = 404;
      reply.body = "not found\n";
    }
    return reply;
  }
};

Result<void> RunServer(const Arguments& arguments, const Clock& clock, Entropy& entropy, cli::Streams streams) {
  EndSignals signals;
  const installation::Place place{arguments.data, arguments.config, arguments.seal_file};
  YUKUAI_ASSIGN(const settings::Settings settings, installation::ReadSettings(place));
  YUKUAI_ASSIGN(const bool prepared, installation::PrepareDemo(settings, place, clock, entropy));
  if (prepared)
    streams.err << "yukuai: made demo keys and certificates under " << arguments.data << "; a real city holds a key ceremony\n";
  YUKUAI_ASSIGN(const auto city, installation::Installation::Open(settings, place, clock, entropy));
  YUKUAI_ASSIGN(const auto writer, storage::StartWriter(*city->database, clock, {.owner = "serve"}));
  // From here on no other process has an effect. Signatures made up to this second are refused (gateway/signing), so nobody is
  // let in before it is over.
  const Instant started_at = clock.Now();
  signing::Authenticator authenticator({Authorities(settings), started_at});
  {
    YUKUAI_ASSIGN(const auto reader, city->database->Read());
    YUKUAI_TRY(authenticator.Recall(*reader));
  }
  while (clock.Now().seconds() <= started_at.seconds()) {
    if (signals.Wait(kStartPause)) return {};
  }

  push::Hub hub;
  const resident::Parts resident_parts{
      city->persons, city->identity, city->codes, city->log, city->engine, hub, settings.issuer.refresh_seconds};
  arrivals::Arrivals arrivals(
      {*city->database, *writer, clock, city->persons, city->codes, city->passages,
       [&](PersonId person, const std::vector<JourneyId>& changed) {
         if (const auto reader = city->database->Read(); reader.ok()) {
           resident::TellRides(resident_parts, **reader, person, changed);
         }
       },
       [&](const Fault& fault) { streams.err << "yukuai: passages wait: " << fault.reason.slug << "\n"; }});
  const auto freeze_changed = [&](PersonId person) {
    if (const auto reader = city->database->Read(); reader.ok())
      resident::TellFreeze(resident_parts, **reader, person, clock.Now());
  };

  std::vector<routing::Route> routes;
  const auto add = [&](std::vector<routing::Route> more) {
    for (routing::Route& route : more) routes.push_back(std::move(route));
  };
  add(city::Routes({AboutCity(*city), city->engine, city->log}));
  add(resident::Routes(resident_parts));
  add(counter::Routes({city->persons, city->identity, freeze_changed}));
  add(terminal_api::Routes(TerminalParts(*city, started_at, [&] { arrivals.Wake(); })));

  std::optional<http::StaticFiles> pages;
  if (auto read = http::StaticFiles::Read(settings.paths.pages); read.ok()) {
    pages = std::move(read).value();
  } else {
    streams.err << "yukuai: no pages at " << settings.paths.pages << " (" << read.error().reason.slug
                << "); build them with `make web`\n";
  }
  routing::Router router(std::move(routes),
                         {*city->database, *writer, clock, MakeDirectory(city->identity), authenticator,
                          sealing::DeriveKey(city->keys.data(), "kept answers"), entropy,
                          [&](const http::Request& request) { return pages ? pages->Serve(request) : std::nullopt; },
                          [] { host::Boundary("server.answer.before"); }});

  Telling telling(clock);
  std::atomic<bool> draining = false;
  http::ServerOptions options;
  options.address = settings.server.address;
  options.port = static_cast<uint16_t>(settings.server.port);
  options.threads = static_cast<int>(settings.server.threads);
  options.hsts_seconds = settings.server.tls_certificate.empty() ? 0 : options.hsts_seconds;
  options.tls = TlsFilesOf(settings, arguments.data);
  options.handler = [&](http::Request request, http::Responder responder) {
    router.Handle(std::move(request), std::move(responder));
  };
  options.body_bytes_max = [&](std::string_view method, std::string_view path) { return router.BodyBytesMax(method, path); };
  options.refuse = [](int status, const Reason& reason, std::string_view request_id) {
    return problem::ReplyOf(Fault(reason), request_id, status);
  };
  options.observe = [&](const http::Observation& seen) { telling.Observe(seen); };
  options.written = [] { host::Boundary("server.answer.after"); };
  YUKUAI_ASSIGN(const auto server, http::StartServer(std::move(options), clock, entropy));

  const Admin admin{*writer, *city->database, *server, telling, draining};
  http::ServerOptions admin_options;
  admin_options.address = settings.server.admin_address;
  admin_options.port = static_cast<uint16_t>(settings.server.admin_port);
  admin_options.handler = [&](const http::Request& request, const http::Responder& responder) {
    responder.Answer(admin.Serve(request));
  };
  YUKUAI_ASSIGN(const auto admin_server, http::StartServer(std::move(admin_options), clock, entropy));

  streams.out << json::serialize(json::object{
                     {"event", "serving"},
                     {"url", settings.server.url},
                     {"admin", "http://" + settings.server.admin_address + ":" + std::to_string(admin_server->port())}})
              << std::endl;

  // The rhythm of the house: a root each minute, the log of the database kept short, until a signal or a lost lease.
  Instant sealed_at = clock.Now();
  bool lease_lost = false;
  if (const auto first = city->log.SealDurably(*writer, sealed_at); !first.ok()) return first.error();
  while (!signals.Wait(milliseconds(1000))) {
    if (!writer->running()) {
      lease_lost = true;
      break;
    }
    (void)city->database->Checkpoint();  // Tried again in a second; the writer itself bounds the log.
    const Instant now = clock.Now();
    if (now.seconds() - sealed_at.seconds() < kSealSeconds) continue;
    sealed_at = now;
    if (const auto sealed = city->log.SealDurably(*writer, now); !sealed.ok()) {
      streams.err << "yukuai: no root was sealed: " << sealed.error().reason.slug << "\n";
    }
  }
  draining = true;
  server->Drain(kDrainDeadline);
  admin_server->Drain(milliseconds(500));
  if (lease_lost) return Fault(storage::kLeaseLost);
  streams.out << json::serialize(json::object{{"event", "ended"}}) << std::endl;
  return {};
}

}  // namespace

cli::Command Serve(const Clock& clock, Entropy& entropy) {
  const auto arguments = std::make_shared<Arguments>();
  return {.name = "serve",
          .summary = "Serve a city: API and pages over TLS, health and metrics beside it",
          .examples = {"yukuai serve", "yukuai serve --data /var/lib/yukuai --config /etc/yukuai/yukuai.toml"},
          .options = {{"--data", "The city's data folder", &arguments->data},
                      {"--config", "Configuration; else ./yukuai.toml, else /etc/yukuai/yukuai.toml", &arguments->config},
                      {"--seal-file", "File with the passphrase of the key files", &arguments->seal_file}},
          .run =
              [arguments, &clock, &entropy](cli::Streams streams) {
                const auto done = RunServer(*arguments, clock, entropy, streams);
                return done.ok() ? static_cast<int>(cli::kExitOk) : cli::Report(done.error(), streams);
              },
          .subcommands = {}};
}

}  // namespace yukuai::serve
