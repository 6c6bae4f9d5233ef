// SPDX-License-Identifier: Apache-2.0
// A clerk's requests, see counter_command.h.
#include "app/counter_command/counter_command.h"

#include <boost/json.hpp>
#include <ostream>

#include "formats/http_signature/http_signature.h"
#include "platform/keys/staff_key.h"

namespace yukuai::counter_command {
namespace json = boost::json;
namespace {

using cli::Streams;

struct Options {
  std::string key_file;
  std::optional<std::string> name;
  std::string number;
  std::string authority_file;
  bool as_json = false;
};
struct CodeOptions {
  Options common;
  bool freeze = false;
  bool unfreeze = false;
};

struct Parts {
  const Clock& clock;
  Entropy& entropy;
  MakeClient make_client;
};

// What is asked of the server, and which fields of its answer are printed under which words.
struct Act {
  std::string_view path;
  struct Line {
    std::string_view label;
    std::string_view field;
  };
  Line lines[2];
};
constexpr Act kRegister{"/v1/counter-persons", {{"resident", "standing"}, {"registered", "registered_at"}}};
constexpr Act kIssue{"/v1/counter-codes", {{"counter code", "counter_code"}, {"expires", "expires_at"}}};
constexpr Act kFreeze{"/v1/counter-freezes", {{"frozen since", "frozen_since"}, {"freeze list version", "list_version"}}};
constexpr Act kUnfreeze{"/v1/counter-unfreezes", {{"unfrozen at", "unfrozen_at"}, {"freeze list version", "list_version"}}};

int Usage(std::string_view what, Streams streams) {
  streams.err << "yukuai: " << what << "\n";
  return cli::kExitUsage;
}

const Act& ActOf(const CodeOptions& options) {
  if (options.freeze) return kFreeze;
  return options.unfreeze ? kUnfreeze : kIssue;
}

std::string BodyOf(const Options& options) {
  json::object body;
  if (options.name) body["name"] = *options.name;
  body["document"] = {{"kind", "citizen_id"}, {"number", options.number}};
  return json::serialize(body);
}

http::Call SignedCall(const Act& act, const Options& options, const keys::StaffKey& key, const Parts& parts) {
  std::string server = key.server_url;
  while (server.ends_with('/')) server.pop_back();
  http::Call call{.method = "POST",
                  .url = server + std::string(act.path),
                  .headers = {{"Content-Type", "application/json"}},
                  .body = BodyOf(options)};
  const std::string idempotency_key = ToBase64Url(parts.entropy.Take<16>());
  const std::string nonce = ToBase64Url(parts.entropy.Take<16>());
  const http_signature::Signer signer{key.id.Text(), http_signature::Algorithm::kEcdsaP256Sha256,
                                      [&key](ByteSpan base) { return p256::Sign(key.key, base); }};
  const http_signature::Fields fields =
      http_signature::Sign({call.method, call.url, call.body, idempotency_key}, signer, nonce, parts.clock.Now());
  call.headers.push_back({"Content-Digest", fields.content_digest});
  call.headers.push_back({"Idempotency-Key", idempotency_key});
  call.headers.push_back({"Signature-Input", fields.signature_input});
  call.headers.push_back({"Signature", fields.signature});
  return call;
}

std::optional<json::object> ParseObject(std::string_view body) {
  boost::system::error_code error;
  json::value value = json::parse(body, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

// A text or a number as text; empty when there is none.
std::string TextOf(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr) return {};
  if (value->is_string()) return std::string(value->get_string());
  return value->is_number() ? json::serialize(*value) : std::string();
}

int ExitOfProblem(int status, const json::object& problem) {
  const json::value* retryable = problem.if_contains("retryable");
  if (retryable != nullptr && retryable->is_bool() && retryable->get_bool()) return cli::kExitTempFail;
  switch (status) {
    case 401:
    case 403: return cli::kExitNoPermission;
    case 404:
    case 409: return cli::kExitRefused;
    default: return status >= 500 ? cli::kExitUnavailable : cli::kExitDataErr;
  }
}

// What happened, what to do next, and what to name when asking for help.
void PrintProblem(const json::object& problem, Streams streams) {
  streams.err << "yukuai: " << TextOf(problem, "title") << " (" << TextOf(problem, "code");
  const std::string detail = TextOf(problem, "detail");
  streams.err << (detail.empty() ? "" : ": ") << detail << ")\n";
  const auto indented = [&streams](std::string_view text) {
    if (!text.empty()) streams.err << "  " << text << "\n";
  };
  indented(TextOf(problem, "title_zh"));
  const json::value* next = problem.if_contains("next_step");
  if (next != nullptr && next->is_object()) {
    indented(TextOf(next->get_object(), "en"));
    indented(TextOf(next->get_object(), "zh"));
  }
  indented("request " + TextOf(problem, "request_id"));
}

Result<int> Perform(const Act& act, const Options& options, const Parts& parts, Streams streams) {
  YUKUAI_ASSIGN(const keys::StaffKey key, keys::ReadStaffKey(options.key_file));
  const auto client = parts.make_client({.authority_file = options.authority_file});
  YUKUAI_ASSIGN(const http::CallAnswer answer, client->Send(SignedCall(act, options, key, parts)));
  const auto content = ParseObject(answer.body);
  if (answer.status < 200 || answer.status >= 300) {
    if (!content || TextOf(*content, "code").empty()) {
      return Fault(kAnswerMalformed, "status " + std::to_string(answer.status));
    }
    // The document goes where a program looks for it, and still tells a person what happened.
    if (options.as_json) streams.out << json::serialize(*content) << "\n";
    PrintProblem(*content, streams);
    return ExitOfProblem(answer.status, *content);
  }
  for (const Act::Line& line : act.lines) {
    if (!content || TextOf(*content, line.field).empty()) return Fault(kAnswerMalformed, std::string(line.field));
  }
  if (options.as_json) {
    streams.out << json::serialize(*content) << "\n";
    return int{cli::kExitOk};
  }
  for (const Act::Line& line : act.lines) {
    streams.out << line.label << std::string(22 - line.label.size(), ' ') << TextOf(*content, line.field) << "\n";
  }
  return int{cli::kExitOk};
}

int Report(const Result<int>& code, Streams streams) { return code.ok() ? *code : cli::Report(code.error(), streams); }

int Run(const CodeOptions& options, const Parts& parts, Streams streams) {
  if (options.freeze && options.unfreeze) return Usage("--freeze and --unfreeze exclude each other", streams);
  const bool issues = !options.freeze && !options.unfreeze;
  const bool named = options.common.name.has_value();
  if (issues && !named) return Usage("--name is needed for a counter code: the name as in the document", streams);
  if (!issues && named) return Usage("--name belongs to a counter code; a freeze goes by --number alone", streams);
  return Report(Perform(ActOf(options), options.common, parts, streams), streams);
}

std::vector<cli::Option> CommonOptions(Options& options, bool name_needed) {
  return {{"--key", "The clerk's key file; it also says where the server is", &options.key_file, true},
          {"--name", "The resident's name, as in the document", &options.name, name_needed},
          {"--number", "The resident's citizen identity number", &options.number, true},
          {"--ca", "The authority to trust (PEM), for a server of its own certificate", &options.authority_file},
          {"--json", "Print the server's answer as JSON", &options.as_json}};
}

}  // namespace

cli::Command CounterCode(const Clock& clock, Entropy& entropy, MakeClient make_client) {
  const auto options = std::make_shared<CodeOptions>();
  auto listed = CommonOptions(options->common, false);
  listed.push_back({"--freeze", "Freeze the resident instead: card and codes", &options->freeze});
  listed.push_back({"--unfreeze", "Lift a freeze instead", &options->unfreeze});
  return {.name = "counter-code",
          .summary = "As a clerk: issue the code that a resident enrols a phone with, or freeze a resident",
          .examples = {"yukuai counter-code --key wangfang.key --name 陈一鸣 --number 990101199003072512",
                       "yukuai counter-code --key wangfang.key --number 990101199003072512 --freeze"},
          .options = std::move(listed),
          .run = [options, parts = Parts{clock, entropy, std::move(make_client)}](
                     Streams streams) { return Run(*options, parts, streams); },
          .subcommands = {}};
}

cli::Command Person(const Clock& clock, Entropy& entropy, MakeClient make_client) {
  const auto options = std::make_shared<Options>();
  const Parts parts{clock, entropy, std::move(make_client)};
  cli::Command add{
      .name = "add",
      .summary = "As a clerk who has seen the document: register a resident; registering again changes nothing",
      .examples = {"yukuai person add --key wangfang.key --name 陈一鸣 --number 990101199003072512"},
      .options = CommonOptions(*options, true),
      .run = [options, parts](Streams streams) { return Report(Perform(kRegister, *options, parts, streams), streams); },
      .subcommands = {}};
  return {.name = "person",
          .summary = "The residents of the city, for a clerk at a counter",
          .examples = {},
          .options = {},
          .run = {},
          .subcommands = {std::move(add)}};
}

}  // namespace yukuai::counter_command
