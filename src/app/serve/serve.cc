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
#include "app/serve/assembly.h"
#include "app/serve/telling.h"
#include "gateway/problem/problem.h"
#include "platform/host/boundary.h"
#include "platform/host/host.h"
#include "platform/http/server.h"
#include "platform/http/static_files.h"
#include "registers/records/records.h"

namespace yukuai::serve {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

constexpr milliseconds kDrainDeadline{5'000};
constexpr milliseconds kStartPause{20};
constexpr milliseconds kBeat{1'000};
constexpr int64_t kSealSeconds = 60;
constexpr int64_t kSettleSeconds = 60;

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
      int64_t reuses = 0;
      if (const auto reader = database.Read(); reader.ok()) {
        if (const auto count = records::CountReady(**reader); count.ok()) waiting = *count;
        if (const auto count = terminals::TokenReuses(**reader); count.ok()) reuses = *count;
      }
      reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
      reply.body = telling.Metrics({.passages_waiting = waiting, .token_reuses = reuses, .connections = server.connections()});
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
  YUKUAI_ASSIGN(const bool tls_made, installation::PrepareTls(settings, place, clock, entropy));
  if (tls_made && !prepared)
    streams.err << "yukuai: made a TLS certificate under an authority of its own, " << arguments.data
                << "/tls/authority.pem; phones want server.tls_certificate and server.tls_key\n";
  YUKUAI_ASSIGN(const auto writer, storage::StartWriter(*city->database, clock, {.owner = "serve"}));
  std::optional<http::StaticFiles> pages;
  const std::string pages_folder = installation::Shipped(settings.paths.pages);
  if (auto read = http::StaticFiles::Read(pages_folder); read.ok()) {
    pages = std::move(read).value();
  } else {
    streams.err << "yukuai: no pages at " << pages_folder << " (" << read.error().reason.slug
                << "); build them with `make web`\n";
  }
  const auto log = telemetry::MakeStderrLog(clock, telemetry::Level::kInfo);
  Telling telling(*log);
  // From here on no other process has an effect. Signatures made up to this second are refused (gateway/signing), so nobody is
  // let in before it is over.
  Assembly::Parts parts{*city, *writer};
  parts.pages = [&](const http::Request& request) { return pages ? pages->Serve(request) : std::nullopt; };
  parts.failed = [&](const routing::Failure& failure) { telling.Failed(failure); };
  parts.passages_wait = [&](const Fault& fault) { telling.Trouble("passages_wait", fault); };
  parts.halves_wait = [&](const Fault& fault) { telling.Trouble("halves_wait", fault); };
  YUKUAI_ASSIGN(const auto assembly, Assembly::Start(std::move(parts)));
  while (clock.Now().seconds() <= assembly->started_at().seconds()) {
    if (signals.Wait(kStartPause)) return {};
  }

  std::atomic<bool> draining = false;
  http::ServerOptions options;
  options.address = settings.server.address;
  options.port = static_cast<uint16_t>(settings.server.port);
  options.threads = static_cast<int>(settings.server.threads);
  options.hsts_seconds = settings.server.tls_certificate.empty() ? 0 : options.hsts_seconds;
  options.tls = TlsFilesOf(settings, arguments.data);
  options.handler = [&](http::Request request, http::Responder responder) {
    assembly->Handle(std::move(request), std::move(responder));
  };
  options.body_bytes_max = [&](std::string_view method, std::string_view path) { return assembly->BodyBytesMax(method, path); };
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

  // The rhythm of the house: a root and a settling each minute, the log of the database kept short, until a signal or a lost
  // lease.
  Instant sealed_at = clock.Now();
  Instant settle_at = sealed_at;
  bool lease_lost = false;
  if (const auto first = city->log.SealDurably(*writer, sealed_at); !first.ok()) return first.error();
  while (!signals.Wait(kBeat)) {
    if (!writer->running()) {
      lease_lost = true;
      break;
    }
    (void)city->database->Checkpoint();  // Tried again in a second; the writer itself bounds the log.
    const Instant now = clock.Now();
    if (now >= settle_at) {
      const auto pass = assembly->settling().WorkOnce(now);
      if (!pass.ok()) telling.Trouble("halves_wait", pass.error());
      if (!pass.ok() || !pass->more) settle_at = now.PlusSeconds(kSettleSeconds);
    }
    if (now.seconds() - sealed_at.seconds() < kSealSeconds) continue;
    sealed_at = now;
    if (const auto sealed = city->log.SealDurably(*writer, now); !sealed.ok()) {
      telling.Trouble("root_not_sealed", sealed.error());
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
