// SPDX-License-Identifier: Apache-2.0
#include "app/gate/gate_command.h"

#include <boost/json.hpp>
#include <ostream>

#include "app/gate/courier.h"
#include "app/gate/run.h"
#include "formats/record/record.h"

namespace yukuai::gate {
namespace json = boost::json;
namespace {

using cli::Streams;

struct Options {
  std::string action;
  std::string data = "./yukuai-gate";
  std::string server;
  std::string authority;
  std::optional<std::string> token;
  std::optional<std::string> list_key;
  std::string direction;
  std::vector<std::string> images;
  std::string barrier = "ok";
  bool clock_untrusted = false;
  bool as_json = false;
  int64_t sync_seconds = 5;
  int64_t linger_seconds = 2;
};

int Usage(std::string_view what, Streams streams) {
  streams.err << "yukuai gate: " << what << "\n";
  return cli::kExitUsage;
}

// What CLI11 cannot know. Empty when all is well.
std::string_view Wrong(const Options& options) {
  if (!options.action.empty()) return "the only word that may follow is \"status\"";
  if (options.direction != "in" && options.direction != "out") return "--direction is \"in\" or \"out\"";
  if (options.barrier != "ok" && options.barrier != "stuck") return "--barrier is \"ok\" or \"stuck\"";
  if (!options.server.starts_with("https://") && !options.server.starts_with("http://")) {
    return "--server is the server's address, https://…";
  }
  if (options.server.starts_with("https://") && options.authority.empty()) return "--ca is needed with an https address";
  if (options.token.has_value() != options.list_key.has_value()) return "--token and --list-key are given together";
  if (options.sync_seconds < 1 || options.sync_seconds > 3600) return "--sync-seconds is 1 to 3600";
  if (options.linger_seconds < 0 || options.linger_seconds > 3600) return "--linger-seconds is 0 to 3600";
  return {};
}

// With the words of the server's own code where the refusal is the server's.
int ReportFault(const Fault& fault, Streams streams) {
  if (fault.reason == kServerRefused && Sentence(fault.detail) != fault.detail) streams.err << Sentence(fault.detail) << "\n";
  return cli::Report(fault, streams);
}

Result<void> Work(const Options& options, const std::optional<Credentials>& credentials, const Clock& clock, Entropy& entropy,
                  int input, Display& display) {
  const SignalsHeld signals;
  host::SystemFiles files;
  YUKUAI_ASSIGN(const Folder folder, Folder::Open(files, options.data, Folder::Access::kOwn));
  // Short, because the end of the program waits for an exchange that has begun.
  const auto client = http::MakeClient({.authority_file = options.authority,
                                        .connect_timeout = std::chrono::seconds(2),
                                        .timeout = std::chrono::seconds(8),
                                        .reply_bytes_max = 16 * 1024 * 1024});
  const std::string server = options.server.ends_with('/') ? options.server.substr(0, options.server.size() - 1) : options.server;
  const LinkParts parts{*client, server, clock, entropy};
  YUKUAI_ASSIGN(const Enrolled enrolled, EnrolOnce(folder, parts, credentials));
  const std::string terminal = enrolled.identity.terminal.Text();
  if (enrolled.just_now) display.Tell("enrolled", {{"terminal_id", terminal}}, "已登记 enrolled as " + terminal);

  YUKUAI_ASSIGN(const auto log, RecordLog::Open(files, folder.log(), RecordLog::Access::kWrite));
  if (log->bytes_cut() > 0) {
    display.Tell("log_mended", {{"bytes_cut", log->bytes_cut()}},
                 "an incomplete last record was cut, " + std::to_string(log->bytes_cut()) + " bytes");
  }
  YUKUAI_ASSIGN(const auto started,
                Lane::Start({folder, *log, clock, !options.clock_untrusted}, enrolled.identity, enrolled.key));
  Lane& lane = *started.lane;
  if (started.unknown_counter) {
    display.Tell(
        "passage_unknown", {{"held_counter", *started.unknown_counter}},
        "the passage of record " + std::to_string(*started.unknown_counter) + " was open when this gate stopped: unknown");
  }
  display.Tell("started",
               {{"terminal_id", terminal}, {"direction", options.direction}, {"barrier", "simulated"}, {"records", log->count()}},
               "已启动 " + terminal + " leads " + options.direction + "; 闸门为模拟 the barrier is simulated");

  const Link link(parts, enrolled.identity.terminal, enrolled.key);
  Synchroniser synchroniser(lane, link, clock, entropy);
  YUKUAI_ASSIGN(Uploader uploader, Uploader::Start(folder, *log, lane, link, enrolled.identity.terminal));
  Courier courier({synchroniser, uploader, lane, display, entropy, std::chrono::seconds(options.sync_seconds)});
  const auto status = lane.Status();
  const bool fit = status.config_expires_us != 0 && status.rules_expires_us != 0 && status.freeze_list_expires_us != 0;
  if (!fit) courier.AwaitFirstSynchronisation();

  Attendant attendant({lane, display, options.direction == "in" ? YUKUAI_TERMINAL_IN : YUKUAI_TERMINAL_OUT,
                       options.barrier == "ok" ? Barrier::kOk : Barrier::kStuck, [&courier] { courier.RecordsWaiting(); }});
  for (const std::string& image : options.images) attendant.TakeImage(image);
  if (options.images.empty()) ReadPresentations(input, attendant);
  courier.Finish(std::chrono::seconds(options.linger_seconds));
  display.Tell("ended", {{"records", log->count()}, {"acknowledged", uploader.acknowledged()}},
               "已停止 ended; " + std::to_string(log->count() - uploader.acknowledged()) + " records are not uploaded yet");
  return {};
}

Result<json::object> ReadStatus(const std::string& data, const Clock& clock) {
  host::SystemFiles files;
  YUKUAI_ASSIGN(const Folder folder, Folder::Open(files, data, Folder::Access::kLook));
  YUKUAI_ASSIGN(const auto identity, folder.LoadIdentity());
  if (!identity) return Fault(kNotEnrolled);
  json::object status{{"terminal_id", identity->terminal.Text()}};
  for (const FileKind kind : kFileKinds) {
    YUKUAI_ASSIGN(const auto held, folder.LoadHeld(kind));
    const std::string name = kind == FileKind::kFreezeList ? "freeze_list" : std::string(FileKindName(kind));
    status[name + "_version"] = held ? held->version : 0;
    // In all three containers the time of issue stands behind the version; a list has its group between.
    if (!held || kind != FileKind::kFreezeList) continue;
    ByteReader reader(held->file);
    reader.Take(4 + 8 + 2);
    status["list_age_seconds"] = std::max<int64_t>(0, clock.Now().seconds() - Instant{reader.I64()}.seconds());
  }
  YUKUAI_ASSIGN(const uint64_t acknowledged, folder.LoadAcknowledged());
  status["acknowledged"] = acknowledged;
  const auto log = RecordLog::Open(files, folder.log(), RecordLog::Access::kRead);
  if (!log.ok() && log.error().reason != kLogUnreadable) return log.error();
  const uint64_t records = log.ok() ? (*log)->count() : 0;
  status["records"] = records;
  status["pending"] = records > acknowledged ? records - acknowledged : 0;
  if (records > acknowledged) {
    YUKUAI_ASSIGN(const Bytes bytes, (*log)->Read(acknowledged + 1));
    YUKUAI_ASSIGN(const auto oldest, record::Parse(bytes));
    status["oldest_pending_at"] = ToRfc3339(oldest.at);
  }
  return status;
}

int RunStatus(const Options& options, const Clock& clock, Streams streams) {
  const auto status = ReadStatus(options.data, clock);
  if (!status.ok()) return ReportFault(status.error(), streams);
  if (options.as_json) {
    streams.out << json::serialize(*status) << "\n";
    return cli::kExitOk;
  }
  for (const auto& [key, value] : *status) {
    streams.out << std::string_view(key) << ": " << (value.is_string() ? value.get_string().c_str() : json::serialize(value))
                << "\n";
  }
  return cli::kExitOk;
}

int RunGate(const Options& options, const Clock& clock, Entropy& entropy, int input, Streams streams) {
  if (options.action == "status") return RunStatus(options, clock, streams);
  const std::string_view wrong = Wrong(options);
  if (!wrong.empty()) return Usage(wrong, streams);
  std::optional<Credentials> credentials;
  if (options.token) {
    const auto bytes = FromHex(*options.list_key);
    const auto key = bytes ? sm2::PublicKey::Parse(*bytes) : std::nullopt;
    if (!key) return Usage("--list-key is a compressed SM2 public key: 66 hexadecimal digits", streams);
    credentials = Credentials{*options.token, key->compressed()};
  }
  Display display(streams.out, options.as_json);
  const auto done = Work(options, credentials, clock, entropy, input, display);
  return done.ok() ? cli::kExitOk : ReportFault(done.error(), streams);
}

}  // namespace

cli::Command Gate(const Clock& clock, Entropy& entropy, int input) {
  const auto options = std::make_shared<Options>();
  return {
      .name = "gate",
      .summary = "A gate: codes on standard input, a decision without network, a record that lasts; the barrier is simulated",
      .examples =
          {"yukuai gate --data ./gate-a --server https://localhost:8443 --ca ca.pem --token ter_… --list-key 02… --direction in",
           "yukuai gate --data ./gate-a --server https://localhost:8443 --ca ca.pem --direction in --image screenshot.png",
           "yukuai gate status --data ./gate-a --json"},
      .options = {{"ACTION", "\"status\": print what the data folder says, and end", &options->action},
                  {"--data", "The gate's own data folder", &options->data},
                  {"--server", "The server's address as it is configured there; signatures cover it", &options->server},
                  {"--ca", "PEM file of the one authority that is trusted", &options->authority},
                  {"--token", "One-time token, for the first start", &options->token},
                  {"--list-key", "The list key that came with the token: compressed SM2, hexadecimal", &options->list_key},
                  {"--direction", "\"in\" or \"out\": which way the lane leads", &options->direction},
                  {"--image", "A PNG picture with a QR code, instead of standard input; may be given again", &options->images},
                  {"--barrier", "\"ok\", or \"stuck\": the simulated barrier never moves", &options->barrier},
                  {"--clock-untrusted", "The clock was not set since power came: the freeze list counts as stale",
                   &options->clock_untrusted},
                  {"--sync-seconds", "How often newer files are asked for", &options->sync_seconds},
                  {"--linger-seconds", "How long to go on uploading when the input has ended", &options->linger_seconds},
                  {"--json", "Print one JSON object a line", &options->as_json}},
      .run = [options, &clock, &entropy, input](Streams streams) { return RunGate(*options, clock, entropy, input, streams); },
      .subcommands = {}};
}

}  // namespace yukuai::gate
