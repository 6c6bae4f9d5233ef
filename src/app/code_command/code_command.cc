// SPDX-License-Identifier: Apache-2.0
#include "app/code_command/code_command.h"

#include <boost/json.hpp>
#include <memory>
#include <ostream>

#include "formats/code/inspect.h"
#include "formats/code/verify.h"
#include "platform/host/host.h"

namespace yukuai::code_command {
namespace json = boost::json;
namespace {

using cli::Streams;

struct Options {
  std::string hex;
  std::string root_key;
  std::optional<std::string> at;
  std::optional<std::string> profile;
  bool as_json = false;
};

int Usage(std::string_view what, Streams streams) {
  streams.err << "yukuai: " << what << "\n";
  return cli::kExitUsage;
}

constexpr std::string_view kHexProblem = "--hex must be an even number of hex digits: the raw bytes of a code";

Result<code::Profile> ReadProfile(const std::optional<std::string>& path) {
  if (!path) return code::Profile{};
  YUKUAI_ASSIGN(const Bytes text, host::ReadFile(*path, code::kProfileBytesMax));
  auto profile = code::ParseProfile(AsText(text));
  if (!profile.ok()) return Fault(profile.error().reason, *path + ": " + profile.error().detail);
  return profile;
}

void PrintVerdict(const code::Verdict& verdict, const code::Verifier& verifier, Instant at, Streams streams) {
  if (verdict.accepted()) {
    streams.out << "accepted\n";
  } else {
    streams.out << "refused: " << verdict.reason->slug << " (check " << static_cast<int>(verdict.check) << ")\n";
  }
  streams.out << "at " << ToRfc3339(at) << (verifier.profile().name.empty() ? "" : ", profile " + verifier.profile().name)
              << "\n";
  streams.out << "not checked:";
  const char* joint = " ";
  for (const code::NotChecked what : verifier.not_checked()) {
    streams.out << joint << code::Slug(what);
    joint = ", ";
  }
  streams.out << "\n";
}

void PrintVerdictJson(const code::Verdict& verdict, const code::Verifier& verifier, Instant at, Streams streams) {
  json::object out;
  out["verdict"] = verdict.accepted() ? "accepted" : "refused";
  out["reason"] = verdict.accepted() ? json::value(nullptr) : json::value(verdict.reason->slug);
  out["check"] = verdict.accepted() ? json::value(nullptr) : json::value(static_cast<int>(verdict.check));
  out["at"] = ToRfc3339(at);
  out["profile"] = verifier.profile().name.empty() ? json::value(nullptr) : json::value(verifier.profile().name);
  json::array& not_checked = out["not_checked"].emplace_array();
  for (const code::NotChecked what : verifier.not_checked()) not_checked.push_back(json::value(code::Slug(what)));
  streams.out << json::serialize(out) << "\n";
}

int RunVerify(const Options& options, const Clock& clock, Streams streams) {
  const auto bytes = FromHex(options.hex);
  if (!bytes) return Usage(kHexProblem, streams);
  const auto key_bytes = FromHex(options.root_key);
  auto key = key_bytes ? sm2::PublicKey::Parse(*key_bytes) : std::nullopt;
  if (!key) return Usage("--root-key must be a point of the SM2 curve: 02 or 03 and 32 bytes, in hex", streams);
  const auto at = options.at ? ParseRfc3339(*options.at) : std::optional<Instant>(clock.Now());
  if (!at) return Usage("--at is no time: write one like 2026-03-01T08:00:00+08:00", streams);
  auto profile = ReadProfile(options.profile);
  if (!profile.ok()) return cli::Report(profile.error(), streams);

  const code::Verifier verifier(*std::move(profile), code::RootKeys::AnyIndex(*std::move(key)));
  const code::Verdict verdict = verifier.Verify(*bytes, *at);
  (options.as_json ? PrintVerdictJson : PrintVerdict)(verdict, verifier, *at, streams);
  return verdict.accepted() ? cli::kExitOk : cli::kExitRefused;
}

void PrintFields(const std::vector<code::InspectedField>& fields, Streams streams) {
  for (const code::InspectedField& field : fields) {
    streams.out << (field.number.empty() ? "-" : field.number) << "\t" << field.offset << "\t" << field.bytes.size() << "\t"
                << field.name_en << " " << field.name_zh << "\t" << (field.bytes.empty() ? "-" : ToHex(field.bytes)) << "\t"
                << field.meaning << "\n";
  }
}

void PrintFieldsJson(const std::vector<code::InspectedField>& fields, size_t length, Streams streams) {
  json::array list;
  for (const code::InspectedField& field : fields) {
    list.push_back({{"number", field.number},
                    {"name_zh", field.name_zh},
                    {"name_en", field.name_en},
                    {"offset", field.offset},
                    {"length", field.length},
                    {"hex", ToHex(field.bytes)},
                    {"meaning", field.meaning}});
  }
  streams.out << json::serialize(json::object{{"length", length}, {"fields", std::move(list)}}) << "\n";
}

int RunInspect(const Options& options, Streams streams) {
  const auto bytes = FromHex(options.hex);
  if (!bytes) return Usage(kHexProblem, streams);
  const auto fields = code::Inspect(*bytes);
  if (options.as_json) {
    PrintFieldsJson(fields, bytes->size(), streams);
  } else {
    streams.out << "field\toffset\tbytes\tname\thex\tmeaning\n";
    PrintFields(fields, streams);
  }
  return cli::kExitOk;
}

cli::Command Verifying(const Clock& clock) {
  auto options = std::make_shared<Options>();
  return {.name = "verify",
          .summary = "Judge a code as a terminal without network does; exit 0: accepted, 1: refused",
          .examples = {"yukuai code verify --hex 8001… --root-key 02e0…",
                       "yukuai code verify --hex 8101… --root-key 02e0… --profile profiles/shanghai.toml --at "
                       "2026-03-01T08:00:00+08:00 --json"},
          .options = {{"--hex", "The raw code", &options->hex, true},
                      {"--root-key", "The root's public key, compressed; matches any root index", &options->root_key, true},
                      {"--at", "Judge for this time (RFC 3339); now if left out", &options->at},
                      {"--profile", "An operator's profile (TOML); the defaults if left out", &options->profile},
                      {"--json", "Print the verdict as JSON", &options->as_json}},
          .run = [options, &clock](Streams streams) { return RunVerify(*options, clock, streams); },
          .subcommands = {}};
}

cli::Command Inspecting() {
  auto options = std::make_shared<Options>();
  return {.name = "inspect",
          .summary = "Print every field of a code with offset, bytes and meaning, whether it is good or not",
          .examples = {"yukuai code inspect --hex 8001…"},
          .options = {{"--hex", "The raw code", &options->hex, true}, {"--json", "Print the fields as JSON", &options->as_json}},
          .run = [options](Streams streams) { return RunInspect(*options, streams); },
          .subcommands = {}};
}

}  // namespace

cli::Command Code(const Clock& clock) {
  return {.name = "code",
          .summary = "Judge and read codes",
          .examples = {"yukuai code verify --help"},
          .options = {},
          .run = {},
          .subcommands = {Verifying(clock), Inspecting()}};
}

}  // namespace yukuai::code_command
