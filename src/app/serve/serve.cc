// SPDX-License-Identifier: Apache-2.0
#include "app/serve/serve.h"

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <filesystem>
#include <memory>
#include <ostream>

#include "app/installation/installation.h"
#include "app/serve/assembly.h"
#include "app/serve/expiry.h"
#include "app/serve/signals.h"
#include "app/serve/telling.h"
#include "gateway/problem/problem.h"
#include "platform/host/boundary.h"
#include "platform/host/host.h"
#include "platform/http/certificate.h"
#include "platform/http/server.h"
#include "platform/http/static_files.h"
#include "registers/records/records.h"

namespace yukuai::serve {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

constexpr milliseconds kDrainDeadline{5'000};
constexpr milliseconds kAdminDrainDeadline{500};
constexpr milliseconds kStartPause{20};
constexpr milliseconds kBeat{1'000};
constexpr int64_t kSealSeconds = 60;
constexpr int64_t kSettleSeconds = 60;
constexpr int64_t kExpirySeconds = 3600;
constexpr size_t kCertificateBytesMax = 256 * 1024;
// Open files beside connections: the database's, pages being read, the log.
constexpr size_t kFilesBesideConnections = 256;

struct Arguments {
  std::string data = "yukuai-data";
  std::optional<std::string> config;
  std::optional<std::string> seal_file;
};

http::TlsFiles TlsFilesOf(const settings::Settings& settings, const std::filesystem::path& data) {
  if (!settings.server.tls_certificate.empty()) return {settings.server.tls_certificate, settings.server.tls_key};
  return {(data / "tls" / "certificate.pem").string(), (data / "tls" / "key.pem").string()};
}

Result<Instant> TlsEnd(const http::TlsFiles& files) {
  YUKUAI_ASSIGN(const Bytes pem, host::ReadFile(files.certificate_chain, kCertificateBytesMax));
  return http::CertificateEnd(AsText(pem));
}

// Of the certificate under which codes are issued.
std::optional<Instant> InstitutionEnd(const code::CertificateBytes& certificate) {
  constexpr size_t kAt = code::item::kExpiry.offset - code::field::kCertificate.offset;
  const auto month = code::ParseCertificateMonth(std::span(certificate).subspan<kAt, 2>());
  return month ? std::optional(month->End()) : std::nullopt;
}

// No more connections than the system allows this process to have: beyond that not even the database could open a file.
size_t ConnectionsMax(size_t wanted, uint64_t files) {
  const uint64_t most = files > 2 * kFilesBesideConnections ? files - kFilesBesideConnections : files / 2;
  return static_cast<size_t>(std::min<uint64_t>(wanted, most));
}

// Something that is done now and then, by a clock that tests can set.
class Rhythm {
 public:
  explicit Rhythm(int64_t seconds) : seconds_(seconds) {}
  bool Due(Instant now) const { return now >= next_; }
  void Done(Instant now) { next_ = now.PlusSeconds(seconds_); }

 private:
  const int64_t seconds_;
  Instant next_{INT64_MIN};
};

// One run of the server, from opening the city to the last answer.
class Run {
 public:
  Run(const Arguments& arguments, const Clock& clock, Entropy& entropy, cli::Streams streams)
      : arguments_(arguments),
        place_{arguments.data, arguments.config, arguments.seal_file},
        clock_(clock),
        entropy_(entropy),
        streams_(streams) {}

  Result<void> ToItsEnd();

 private:
  Result<void> OpenCity();
  Result<void> Assemble();
  Result<void> Listen();
  Result<void> Serve();
  void Beat(Instant now);
  void Reload();
  void TakePages(const std::string& configured);
  http::Reply AdminReply(const http::Request& request);

  const Signals signals_;  // First: threads inherit what is blocked.
  const Arguments& arguments_;
  const installation::Place place_;
  const Clock& clock_;
  Entropy& entropy_;
  const cli::Streams streams_;
  const std::unique_ptr<telemetry::Log> log_ = telemetry::MakeStderrLog(clock_, telemetry::Level::kInfo);
  Telling telling_{*log_, clock_};
  ExpiryWatch expiry_{*log_};
  settings::Settings settings_;
  std::atomic<std::shared_ptr<const http::StaticFiles>> pages_;
  std::atomic<bool> draining_ = false;
  // Each uses those before it.
  std::unique_ptr<installation::Installation> city_;
  std::unique_ptr<storage::Writer> writer_;
  std::unique_ptr<Assembly> assembly_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Server> admin_server_;
  Rhythm sealing_{kSealSeconds};
  Rhythm settling_{kSettleSeconds};
  Rhythm expiring_{kExpirySeconds};
};

Result<void> Run::ToItsEnd() {
  YUKUAI_TRY(OpenCity());
  YUKUAI_TRY(Assemble());
  while (clock_.Now().seconds() <= assembly_->started_at().seconds()) {
    if (signals_.Wait(kStartPause) == Signal::kEnd) return {};
  }
  YUKUAI_TRY(Listen());
  const Result<void> served = Serve();
  draining_ = true;
  server_->Drain(kDrainDeadline);
  admin_server_->Drain(kAdminDrainDeadline);
  if (served.ok()) streams_.out << json::serialize(json::object{{"event", "ended"}}) << std::endl;
  return served;
}

Result<void> Run::OpenCity() {
  YUKUAI_ASSIGN(settings_, installation::ReadSettings(place_));
  YUKUAI_ASSIGN(const bool prepared, installation::PrepareDemo(settings_, place_, clock_, entropy_));
  if (prepared)
    streams_.err << "yukuai: made demo keys and certificates under " << arguments_.data << "; a real city holds a key ceremony\n";
  YUKUAI_ASSIGN(city_, installation::Installation::Open(settings_, place_, clock_, entropy_));
  YUKUAI_ASSIGN(const bool tls_made, installation::PrepareTls(settings_, place_, clock_, entropy_));
  if (tls_made && !prepared)
    streams_.err << "yukuai: made a TLS certificate under an authority of its own, " << arguments_.data
                 << "/tls/authority.pem; phones want server.tls_certificate and server.tls_key\n";
  if (const auto end = InstitutionEnd(city_->codes.issuing().certificate)) expiry_.Set("institution", *end);
  YUKUAI_ASSIGN(writer_, storage::StartWriter(*city_->database, clock_, {.owner = "serve"}));
  return {};
}

// From here on no other process has an effect. Signatures made up to this second are refused (gateway/signing), so nobody is
// let in before it is over.
Result<void> Run::Assemble() {
  TakePages(settings_.paths.pages);
  if (pages_.load() == nullptr) streams_.err << "yukuai: no pages are served; build them with `make web`\n";
  Assembly::Parts parts{*city_, *writer_};
  parts.pages = [this](const http::Request& request) {
    const auto pages = pages_.load();
    return pages ? pages->Serve(request) : std::nullopt;
  };
  parts.failed = [this](const routing::Failure& failure) { telling_.Failed(failure); };
  parts.passages_wait = [this](const Fault& fault) { telling_.Trouble("passages_wait", fault); };
  parts.halves_wait = [this](const Fault& fault) { telling_.Trouble("halves_wait", fault); };
  YUKUAI_ASSIGN(assembly_, Assembly::Start(std::move(parts)));
  return {};
}

Result<void> Run::Listen() {
  http::ServerOptions options;
  options.address = settings_.server.address;
  options.port = static_cast<uint16_t>(settings_.server.port);
  options.threads = static_cast<int>(settings_.server.threads);
  options.hsts_seconds = settings_.server.tls_certificate.empty() ? 0 : options.hsts_seconds;
  options.tls = TlsFilesOf(settings_, arguments_.data);
  const uint64_t files = host::RaiseOpenFiles();
  const size_t connections = ConnectionsMax(options.bounds.connections_max, files);
  if (connections < options.bounds.connections_max) {
    log_->Write(telemetry::Level::kWarning, "few_open_files_allowed",
                {{"open_files", static_cast<int64_t>(std::min<uint64_t>(files, INT64_MAX))}, {"connections_max", connections}});
  }
  options.bounds.connections_max = connections;
  options.handler = [this](http::Request request, http::Responder responder) {
    assembly_->Handle(std::move(request), std::move(responder));
  };
  options.body_bytes_max = [this](std::string_view method, std::string_view path) {
    return assembly_->BodyBytesMax(method, path);
  };
  options.refuse = [](int status, const Reason& reason, std::string_view request_id) {
    return problem::ReplyOf(Fault(reason), request_id, status);
  };
  options.observe = [this](const http::Observation& seen) { telling_.Observe(seen); };
  options.written = [] { host::Boundary("server.answer.after"); };
  if (const auto end = TlsEnd(*options.tls); end.ok()) expiry_.Set("tls", *end);
  YUKUAI_ASSIGN(server_, http::StartServer(std::move(options), clock_, entropy_));

  http::ServerOptions admin;
  admin.address = settings_.server.admin_address;
  admin.port = static_cast<uint16_t>(settings_.server.admin_port);
  admin.handler = [this](const http::Request& request, const http::Responder& responder) {
    responder.Answer(AdminReply(request));
  };
  YUKUAI_ASSIGN(admin_server_, http::StartServer(std::move(admin), clock_, entropy_));
  streams_.out << json::serialize(json::object{
                      {"event", "serving"},
                      {"url", settings_.server.url},
                      {"admin", "http://" + settings_.server.admin_address + ":" + std::to_string(admin_server_->port())}})
               << std::endl;
  return {};
}

// Until a signal or a lost lease.
Result<void> Run::Serve() {
  sealing_.Done(clock_.Now());
  YUKUAI_TRY(city_->log.SealDurably(*writer_, clock_.Now()));
  for (;;) {
    switch (signals_.Wait(kBeat)) {
      case Signal::kEnd: return {};
      case Signal::kReload: Reload(); break;
      case Signal::kNone: break;
    }
    if (!writer_->running()) return Fault(storage::kLeaseLost);
    Beat(clock_.Now());
  }
}

// What the house does by itself: the log of the database is kept short, halves of journeys are settled, roots are sealed,
// certificates looked at.
void Run::Beat(Instant now) {
  (void)city_->database->Checkpoint();  // Tried again in a second; the writer itself bounds the log.
  if (settling_.Due(now)) {
    const auto pass = assembly_->settling().WorkOnce(now);
    if (!pass.ok()) telling_.Trouble("halves_wait", pass.error());
    if (!pass.ok() || !pass->more) settling_.Done(now);
  }
  if (sealing_.Due(now)) {
    sealing_.Done(now);
    if (const auto sealed = city_->log.SealDurably(*writer_, now); !sealed.ok()) {
      telling_.Trouble("root_not_sealed", sealed.error());
    }
  }
  if (expiring_.Due(now)) {
    expiring_.Done(now);
    expiry_.Check(now);
  }
}

// Certificate, key and pages are read again, from where the configuration now says they are. What cannot be read leaves what
// was there; what else has changed waits for a restart, and the log says so.
void Run::Reload() {
  const auto next = installation::ReadSettings(place_);
  if (!next.ok()) return telling_.Trouble("not_reloaded", next.error());
  if (!settings::DifferOnlyInFiles(settings_, *next)) log_->Write(telemetry::Level::kWarning, "settings_need_a_restart");
  const http::TlsFiles files = TlsFilesOf(*next, arguments_.data);
  if (const auto done = server_->ReloadTls(files); !done.ok()) {
    telling_.Trouble("tls_not_reloaded", done.error());
  } else if (const auto end = TlsEnd(files); end.ok()) {
    expiry_.Set("tls", *end);
    expiry_.Check(clock_.Now());
  }
  TakePages(next->paths.pages);
  log_->Write(telemetry::Level::kInfo, "reloaded");
}

void Run::TakePages(const std::string& configured) {
  auto read = http::StaticFiles::Read(installation::Shipped(configured));
  if (!read.ok()) return telling_.Trouble("pages_not_read", read.error());
  pages_ = std::make_shared<const http::StaticFiles>(std::move(read).value());
}

// Health and metrics, for the operator's own network only.
http::Reply Run::AdminReply(const http::Request& request) {
  http::Reply reply;
  reply.content_type = "text/plain; charset=utf-8";
  reply.route = "admin";
  if (request.path == "/healthz") {
    reply.body = "ok\n";
  } else if (request.path == "/readyz") {
    const bool ready = writer_->running() && !draining_ && city_->database->Read().ok();
    reply.status = ready ? 200 : 503;
    reply.body = ready ? "ready\n" : "not ready\n";
  } else if (request.path == "/metrics") {
    Telling::Figures figures;
    figures.connections = server_->connections();
    figures.writer = writer_->figures();
    figures.certificates = expiry_.Left(clock_.Now());
    if (const auto reader = city_->database->Read(); reader.ok()) {
      if (const auto count = records::CountReady(**reader); count.ok()) figures.passages_waiting = *count;
      if (const auto count = terminals::TokenReuses(**reader); count.ok()) figures.token_reuses = *count;
      if (const auto count = terminals::CodesForgotten(**reader); count.ok()) figures.codes_forgotten = *count;
    }
    reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
    reply.body = telling_.Metrics(figures);
  } else {
    reply.status = 404;
    reply.body = "not found\n";
  }
  return reply;
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
                const auto done = Run(*arguments, clock, entropy, streams).ToItsEnd();
                return done.ok() ? static_cast<int>(cli::kExitOk) : cli::Report(done.error(), streams);
              },
          .subcommands = {}};
}

}  // namespace yukuai::serve
