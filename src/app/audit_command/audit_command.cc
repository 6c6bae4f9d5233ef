// SPDX-License-Identifier: Apache-2.0
#include "app/audit_command/audit_command.h"

#include <boost/json.hpp>
#include <iomanip>
#include <ostream>

#include "formats/audit_proof/bundle.h"
#include "platform/host/host.h"

namespace yukuai::audit_command {
namespace json = boost::json;
namespace {

using audit_proof::Check;
using audit_proof::Outcome;
using cli::Streams;

struct VerifyOptions {
  std::string bundle;
  std::string log_key;
  std::optional<std::string> remembered;
  bool as_json = false;
};

struct SealOptions {
  DataPlace place;
  bool as_json = false;
};

std::string_view OutcomeText(Outcome outcome) {
  switch (outcome) {
    case Outcome::kHeld: return "held";
    case Outcome::kFailed: return "failed";
    case Outcome::kNotAsked: return "not_asked";
  }
  return "failed";
}

json::value Entries(const audit_proof::Bundle& bundle) {
  json::array entries;
  for (const audit_proof::BundleEntry& entry : bundle.entries) {
    const audit_proof::EntryContent& content = entry.decoded;
    entries.push_back({{"sequence", content.sequence},
                       {"at", ToRfc3339(content.at)},
                       {"action", content.action},
                       {"actor", content.actor},
                       {"scene", content.scene},
                       {"details", content.details}});
  }
  return entries;
}

json::object JudgementJson(const audit_proof::Bundle& bundle, const audit_proof::Judgement& judgement) {
  const auto reason = judgement.reason();
  json::array checks;
  for (const Check& check : judgement.checks) {
    checks.push_back({{"check", check.reason.slug}, {"outcome", OutcomeText(check.outcome)}, {"finding", check.finding}});
  }
  json::object out{{"verdict", reason ? "refused" : "accepted"},
                   {"reason", reason ? json::value(reason->slug) : json::value(nullptr)},
                   {"root_number", bundle.root.root.number},
                   {"root_at", ToRfc3339(bundle.root.root.at)},
                   {"count", bundle.count},
                   {"checks", std::move(checks)}};
  if (!reason) {
    // Only of a bundle in which everything held: nothing else is worth believing or keeping.
    out["entries"] = Entries(bundle);
    out["remember"] = json::parse(audit_proof::WriteRemembered(audit_proof::ToRemember(bundle)));
  }
  return out;
}

void PrintJudgement(const audit_proof::Bundle& bundle, const audit_proof::Judgement& judgement, std::ostream& out) {
  for (const Check& check : judgement.checks) {
    out << std::left << std::setw(17) << check.reason.slug << " " << std::setw(10) << OutcomeText(check.outcome) << check.finding
        << "\n";
  }
  const auto reason = judgement.reason();
  if (reason) {
    out << "refused: " << reason->slug << "\n";
    return;
  }
  out << "accepted: " << bundle.count << " entries under root " << bundle.root.root.number << " of "
      << ToRfc3339(bundle.root.root.at) << "\n";
}

// A file that is there and is not what it should be proves nothing: refused, like a bundle that does not hold.
int ReportMalformed(const Fault& fault, bool as_json, Streams streams) {
  if (as_json) {
    const json::object out{
        {"verdict", "refused"}, {"reason", fault.reason.slug}, {"detail", fault.detail}, {"checks", json::array()}};
    streams.out << json::serialize(out) << "\n";
  } else {
    streams.out << "refused: " << fault.reason.slug << ": " << fault.detail << "\n";
  }
  return cli::kExitRefused;
}

template <typename Parse>
auto ReadAndParse(const std::string& path, size_t size_max, Reason malformed, const Parse& parse) -> decltype(parse("")) {
  auto bytes = host::ReadFile(path, size_max);
  if (!bytes.ok() && bytes.error().reason == host::kFileTooLarge) return Fault(malformed, "the file is too large");
  if (!bytes.ok()) return std::move(bytes).error();
  return parse(AsText(*bytes));
}

int RunVerify(const VerifyOptions& options, Streams streams) {
  const auto key_bytes = FromHex(options.log_key);
  const auto key = key_bytes ? sm2::PublicKey::Parse(*key_bytes) : std::nullopt;
  if (!key) {
    streams.err << "yukuai: --log-key is a compressed SM2 public key: 66 hexadecimal digits, a point of the curve\n";
    return cli::kExitUsage;
  }
  // Both files are read before either is judged, so that a missing one is told first.
  const auto bundle =
      ReadAndParse(options.bundle, audit_proof::kBundleBytesMax, audit_proof::kBundleMalformed, audit_proof::ParseBundle);
  std::optional<Result<audit_proof::Remembered>> remembered;
  if (options.remembered) {
    remembered.emplace(ReadAndParse(*options.remembered, audit_proof::kRememberedBytesMax, audit_proof::kRememberedMalformed,
                                    audit_proof::ParseRemembered));
  }
  const Fault* const faults[] = {bundle.ok() ? nullptr : &bundle.error(),
                                 !remembered || remembered->ok() ? nullptr : &remembered->error()};
  for (const Fault* fault : faults) {
    if (fault == nullptr || fault->reason.kind == Kind::kMalformed) continue;
    cli::Report(*fault, streams);
    return cli::kExitNoInput;
  }
  for (const Fault* fault : faults) {
    if (fault != nullptr) return ReportMalformed(*fault, options.as_json, streams);
  }
  const audit_proof::Judgement judgement =
      audit_proof::Judge(*bundle, *key, remembered ? std::optional(**remembered) : std::nullopt);
  if (options.as_json)
    streams.out << json::serialize(JudgementJson(*bundle, judgement)) << "\n";
  else
    PrintJudgement(*bundle, judgement, streams.out);
  return judgement.reason() ? cli::kExitRefused : cli::kExitOk;
}

int RunSeal(const SealOptions& options, const Clock& clock, Entropy& entropy, const OpenData& open, Streams streams) {
  auto data = open(options.place);
  if (!data.ok()) return cli::Report(data.error(), streams);
  audit::Log log(std::move(data->keys), entropy);
  const auto root = log.SealDurably(*data->database, clock.Now());
  if (!root.ok()) return cli::Report(root.error(), streams);
  const std::string at = ToRfc3339(root->root.at);
  if (options.as_json) {
    const json::object out{{"root_number", root->root.number}, {"at", at}, {"root", ToBase64Url(audit_proof::EncodeRoot(*root))}};
    streams.out << json::serialize(out) << "\n";
  } else {
    streams.out << "root " << root->root.number << " of " << at << ", hash " << ToHex(audit_proof::RootHashOf(*root)) << "\n";
  }
  return cli::kExitOk;
}

int RunCheck(const SealOptions& options, Entropy& entropy, const OpenData& open, Streams streams) {
  auto data = open(options.place);
  if (!data.ok()) return cli::Report(data.error(), streams);
  const audit::Log log(std::move(data->keys), entropy);
  const auto reader = data->database->Read();
  if (!reader.ok()) return cli::Report(reader.error(), streams);
  const auto held = log.VerifyAll(**reader);
  const bool inconsistent = !held.ok() && held.error().reason == audit::kAuditInconsistent;
  if (!held.ok() && !inconsistent) return cli::Report(held.error(), streams);
  const std::string finding = inconsistent ? held.error().detail : "";
  if (options.as_json) {
    streams.out << json::serialize(json::object{{"consistent", !inconsistent}, {"finding", finding}}) << "\n";
  } else {
    streams.out << (inconsistent ? "inconsistent: " + finding : "consistent") << "\n";
  }
  return inconsistent ? cli::kExitRefused : cli::kExitOk;
}

}  // namespace

cli::Command Verify() {
  const auto options = std::make_shared<VerifyOptions>();
  return {
      .name = "verify",
      .summary = "Judge a person's proof bundle, without any server",
      .examples = {"yukuai audit verify --bundle bundle.json --log-key 03a1…",
                   "yukuai audit verify --bundle bundle.json --log-key 03a1… --remembered remembered.json --json"},
      .options = {{"--bundle", "The proof bundle, as GET /v1/audit-bundle gave it", &options->bundle, true},
                  {"--log-key", "The log's public key: compressed SM2, 66 hexadecimal digits", &options->log_key, true},
                  {"--remembered", "What was kept of an earlier bundle (the field \"remember\" of --json)", &options->remembered},
                  {"--json", "Print one JSON object", &options->as_json}},
      .run = [options](Streams streams) { return RunVerify(*options, streams); },
      .subcommands = {}};
}

cli::Command Seal(const Clock& clock, Entropy& entropy, OpenData open) {
  const auto options = std::make_shared<SealOptions>();
  return {.name = "seal",
          .summary = "Sign the next root over everything that is in the log now; also beside a running server",
          .examples = {"yukuai audit seal --data ./yukuai-data"},
          .options = {{"--data", "The city's data folder", &options->place.folder},
                      {"--config", "The city's configuration file", &options->place.config},
                      {"--seal-file", "File with the passphrase of the key files", &options->place.seal_file},
                      {"--json", "Print one JSON object", &options->as_json}},
          .run = [options, &clock, &entropy,
                  open = std::move(open)](Streams streams) { return RunSeal(*options, clock, entropy, open, streams); },
          .subcommands = {}};
}

cli::Command CheckLog(Entropy& entropy, OpenData open) {
  const auto options = std::make_shared<SealOptions>();
  return {
      .name = "check",
      .summary = "Recompute the whole log from its entries alone: chains, trees, maps, roots and their signatures",
      .examples = {"yukuai audit check --data ./yukuai-data"},
      .options = {{"--data", "The city's data folder", &options->place.folder},
                  {"--config", "The city's configuration file", &options->place.config},
                  {"--seal-file", "File with the passphrase of the key files", &options->place.seal_file},
                  {"--json", "Print one JSON object", &options->as_json}},
      .run = [options, &entropy, open = std::move(open)](Streams streams) { return RunCheck(*options, entropy, open, streams); },
      .subcommands = {}};
}

cli::Command Audit(const Clock& clock, Entropy& entropy, OpenData open) {
  return {.name = "audit",
          .summary = "The log of everything that was done: sign its roots, check it, verify proofs",
          .examples = {},
          .options = {},
          .run = {},
          .subcommands = {Seal(clock, entropy, open), CheckLog(entropy, open), History(entropy, open), Verify()}};
}

}  // namespace yukuai::audit_command
