// SPDX-License-Identifier: Apache-2.0
#include "gateway/terminal_api/terminal_api.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "formats/lists/freeze_list.h"
#include "formats/reason_text/reason_text.h"
#include "formats/rulefile/rulefile.h"
#include "gateway/fields/fields.h"
#include "gateway/problem/problem.h"
#include "gateway/terminal_api/built_files.h"
#include "gateway/terminal_api/upload.h"
#include "platform/host/boundary.h"
#include "registers/ledger/ledger.h"
#include "rules/judgement/judgement.h"

namespace yukuai::terminal_api {
namespace {

namespace json = boost::json;
using routing::Answer;
using routing::Call;
using routing::Change;
using storage::Reader;

constexpr size_t kRecordsPerBatchMax = 200;
constexpr size_t kBatchBytesMax = 512 * 1024;
constexpr int64_t kFileSeconds = 30 * 86400;  // Configuration and rule files are trusted this long.

Answer Octets(std::string bytes) { return {200, std::move(bytes), "application/octet-stream"}; }

uint64_t ConfigVersion(const Parts& parts) { return static_cast<uint64_t>(parts.started_at.seconds()); }

Result<std::string> ConfigFile(const Parts& parts, const terminals::Terminal& terminal) {
  terminal_config::TerminalConfig config = parts.config;
  config.terminal = terminal.id;
  config.clearing_group = terminal.place.clearing_group;
  config.scene = terminal.place.scene;
  config.point = terminal.place.point;
  config.directions = static_cast<terminal_config::Directions>(terminal.place.directions);
  rulefile::RuleFile file;
  file.edition = {ConfigVersion(parts), parts.started_at, parts.started_at.PlusSeconds(kFileSeconds)};
  file.scene_id = std::string(terminal_config::kSceneId);
  const std::string body = terminal_config::Emit(config);
  file.body = ToBytes(body);
  YUKUAI_ASSIGN(const Bytes bytes, rulefile::Build(file, parts.list_key));
  return std::string(AsText(bytes));
}

Result<std::string> FreezeList(const Parts& parts, Reader& reader, uint16_t group, Instant now) {
  YUKUAI_ASSIGN(const Bytes bytes, parts.codes.BuildFreezeList(reader, group, now));
  return std::string(AsText(bytes));
}

Result<std::string> RuleFile(const Parts& parts, std::string_view scene_id, Instant now) {
  const engine::Scene* scene = parts.engine.Find(scene_id);
  if (scene == nullptr) return Fault(kRuleFileUnknown);
  YUKUAI_ASSIGN(const engine::Compiled compiled, engine::Compile(*scene, now));
  rulefile::RuleFile file;
  file.edition = {static_cast<uint64_t>(compiled.version), now, now.PlusSeconds(kFileSeconds)};
  file.scene_id = std::string(scene_id);
  file.body = ToBytes(compiled.body);
  YUKUAI_ASSIGN(const Bytes bytes, rulefile::Build(file, parts.rules_key));
  return std::string(AsText(bytes));
}

Result<Change> Enrol(const Parts& parts, const Call& call) {
  YUKUAI_ASSIGN(fields::Object body, fields::Object::Parse(call.request.body));
  const std::string token_text = body.Text("token", {1, 128});
  const Bytes key_bytes = body.Binary("public_key", {33, 33});
  const Bytes proof_bytes = body.Binary("proof", {64, 64});
  YUKUAI_TRY(body.Done());
  YUKUAI_ASSIGN(const auto token, terminals::Token::Parse(token_text));
  const auto key = sm2::PublicKey::Parse(key_bytes);
  if (!key) return Fault(kProofMalformed, "/public_key");
  sm2::Signature proof{};
  std::ranges::copy(proof_bytes, proof.begin());
  Change change;
  change.apply = [&parts, token, key = *key, proof, now = call.now,
                  request_id = call.request.request_id](storage::Transaction& transaction) -> Result<Answer> {
    YUKUAI_ASSIGN(const auto outcome, terminals::Enrol(transaction, token, key, proof, now));
    const auto* refusal = std::get_if<terminals::Refusal>(&outcome);
    const auto* enrolled = std::get_if<terminals::Terminal>(&outcome);
    // A gate that asks again changes nothing, and neither do most refusals, which anybody can bring about.
    const bool is_new = enrolled != nullptr && enrolled->enrolled_at == now;
    const bool reused = refusal != nullptr && refusal->reason == terminals::kTokenUsed;
    if (is_new || reused) {
      audit::Entry entry;
      entry.whose = token.terminal;
      entry.action = is_new ? "terminal_enrolled" : "terminal_token_reused";
      entry.actor = audit::ActorTerminal(token.terminal);
      entry.details = json::serialize(json::object{{"key", ToHex(key.compressed())}});
      YUKUAI_TRY(parts.log.Append(transaction, entry, now));
    }
    if (refusal != nullptr) {
      return Answer{problem::StatusOf(refusal->reason), problem::Document(Fault(refusal->reason), request_id),
                    "application/problem+json"};
    }
    return Answer{201, json::serialize(json::object{{"terminal_id", token.terminal.Text()}})};
  };
  return change;
}

Result<Answer> Files(const Parts& parts, const Call& call, Reader& reader) {
  YUKUAI_ASSIGN(const auto terminal, terminals::LoadEnrolled(reader, call.caller.terminal));
  YUKUAI_ASSIGN(const uint64_t freeze_version, parts.persons.FreezeVersion(reader));
  const engine::Scene* scene = parts.engine.Find(terminal.place.scene);
  json::array rules;
  if (scene != nullptr && scene->judged.InForce(call.now) != nullptr) {
    // What compiling it gives: the newest version's number.
    rules.push_back({{"scene", terminal.place.scene}, {"version", scene->judged.file().versions.back().number}});
  }
  const json::object list = {{"clearing_group", terminal.place.clearing_group}, {"version", freeze_version}};
  return Answer{
      200, json::serialize(json::object{
               {"config_version", ConfigVersion(parts)}, {"rule_files", std::move(rules)}, {"freeze_lists", json::array{list}}})};
}

bool IsClearingGroup(const Parts& parts, int64_t group) {
  return std::ranges::count(parts.codes.issuing().clearing_groups, group) != 0;
}

// Of what this city does not have nothing is kept: names would be a terminal's to invent.
Result<Change> Report(const Parts& parts, const Call& call) {
  YUKUAI_ASSIGN(fields::Object body, fields::Object::Parse(call.request.body));
  std::vector<terminals::HeldFile> files;
  for (fields::Object& one : body.Children("rule_files", {0, 64})) {
    const std::string scene = one.Text("scene", {1, 64});
    const int64_t version = one.Integer("version", 0, INT64_MAX);
    YUKUAI_TRY(one.Done());
    if (parts.engine.Find(scene) == nullptr) continue;
    files.push_back({terminals::FileKind::kRules, scene, static_cast<uint64_t>(version), call.now});
  }
  for (fields::Object& one : body.Children("freeze_lists", {0, 64})) {
    const int64_t group = one.Integer("clearing_group", 0, 65535);
    const int64_t version = one.Integer("version", 0, INT64_MAX);
    YUKUAI_TRY(one.Done());
    if (!IsClearingGroup(parts, group)) continue;
    files.push_back({terminals::FileKind::kFreezeList, std::to_string(group), static_cast<uint64_t>(version), call.now});
  }
  const auto forgotten = body.OptionalInteger("codes_forgotten_early", 0, INT64_MAX);
  YUKUAI_TRY(body.Done());
  Change change;
  change.apply = [files, forgotten, terminal = call.caller.terminal,
                  now = call.now](storage::Transaction& transaction) -> Result<Answer> {
    YUKUAI_TRY(terminals::ReportFiles(transaction, terminal, files, now));
    if (forgotten) YUKUAI_TRY(terminals::ReportForgotten(transaction, terminal, static_cast<uint64_t>(*forgotten)));
    return Answer{201, "{}"};
  };
  return change;
}

Result<Change> Upload(const Parts& parts, const Call& call, Reader& reader) {
  host::Boundary("server.upload.receive.before");
  YUKUAI_ASSIGN(fields::Object body, fields::Object::Parse(call.request.body));
  const auto batch = body.Binaries("records", {1, kRecordsPerBatchMax}, {1, 2048});
  YUKUAI_TRY(body.Done());
  host::Boundary("server.upload.receive.after");
  YUKUAI_ASSIGN(const auto terminal, terminals::LoadEnrolled(reader, call.caller.terminal));
  YUKUAI_ASSIGN(const JudgedBatch judged, JudgeBatch(reader, terminal, batch, call.now, parts.skew_seconds));
  Change change;
  change.apply = [judged, id = terminal.id, now = call.now](storage::Transaction& transaction) -> Result<Answer> {
    JudgedBatch taken = judged;
    YUKUAI_TRY(TakeIn(transaction, id, taken, now));
    YUKUAI_ASSIGN(const auto after, terminals::Load(transaction, id));
    json::array results;
    for (const JudgedRecord& one : taken.records) {
      results.push_back({{"counter", one.record.counter}, {"outcome", one.known ? "known" : "applied"}});
    }
    if (taken.refusal) {
      results.push_back({{"counter", std::max<uint64_t>(taken.refused_counter, 1)},
                         {"outcome", "refused"},
                         {"code", taken.refusal->reason.slug}});
    }
    return Answer{201, json::serialize(json::object{{"acknowledged", after.head.counter}, {"results", std::move(results)}})};
  };
  change.after = [&parts] { parts.records_arrived(); };
  return change;
}

// The online check: what the gate would decide, with live state beside it.
struct OnlineVerdict {
  std::optional<Reason> refusal;
  std::optional<persons::Person> person;
  std::string rule_version;
};

Result<OnlineVerdict> JudgeOnline(const Parts& parts, Reader& reader, const terminals::Terminal& terminal, ByteSpan presented,
                                  const decision::Event& event) {
  OnlineVerdict verdict;
  const codes::Resolved resolved = parts.codes.Resolve(presented, event.at);
  verdict.refusal = resolved.refusal;
  if (resolved.refusal) return verdict;
  const auto person = parts.persons.LoadByIndex(reader, *resolved.person, event.at);
  if (!person.ok()) {
    if (person.error().reason.kind == Kind::kInternal) return person.error();
    verdict.refusal = persons::kPersonUnknown;
    return verdict;
  }
  verdict.person = *person;
  if (person->frozen() && event.direction != decision::Direction::kOut) {
    verdict.refusal = lists::kFrozen;
    return verdict;
  }
  YUKUAI_ASSIGN(const auto receivable, ledger::Balance(reader, ledger::ReceivableOf(person->id)));
  judgement::Facts facts;
  facts.fare.concession = static_cast<fare::Concession>(person->concession);
  facts.fare.owes = receivable.balance < Money();
  facts.fare.cap = resolved.cap;
  const auto decision = parts.engine.Decide(terminal.place.scene, event, facts);
  if (!decision.ok()) {
    verdict.refusal = decision.error().reason;
    return verdict;
  }
  verdict.rule_version = decision->rule_version;
  if (const auto* refused = decision->refusal()) verdict.refusal = refused->reason;
  return verdict;
}

std::string VerdictJson(const OnlineVerdict& verdict, Instant now) {
  json::object answer = {{"verdict", verdict.refusal ? "refused" : "accepted"}, {"server_time", ToRfc3339(now)}};
  if (!verdict.rule_version.empty()) answer["rule_version"] = verdict.rule_version;
  if (verdict.refusal) {
    answer["reason"] = verdict.refusal->slug;
    if (const auto* text = reason_text::Find(verdict.refusal->slug)) {
      answer["title"] = json::object{{"zh", text->title_zh}, {"en", text->title_en}};
      answer["next_step"] = json::object{{"zh", text->next_zh}, {"en", text->next_en}};
    }
  }
  return json::serialize(answer);
}

Result<Change> VerifyOnline(const Parts& parts, const Call& call, Reader& reader) {
  YUKUAI_ASSIGN(fields::Object body, fields::Object::Parse(call.request.body));
  const Bytes presented = body.Binary("code", {1, 768});
  decision::Event event;
  event.point = body.Text("point", {1, 64});
  const std::string direction = body.Text("direction", {2, 3});
  YUKUAI_TRY(body.Done());
  if (direction != "in" && direction != "out") return Fault(fields::kFieldRange, "/direction");
  event.direction = direction == "in" ? decision::Direction::kIn : decision::Direction::kOut;
  event.at = call.now;
  YUKUAI_ASSIGN(const auto terminal, terminals::LoadEnrolled(reader, call.caller.terminal));
  YUKUAI_ASSIGN(const OnlineVerdict verdict, JudgeOnline(parts, reader, terminal, presented, event));
  Change change;
  change.apply = [&parts, verdict, terminal, event, now = call.now](storage::Transaction& transaction) -> Result<Answer> {
    if (verdict.person) {
      audit::Entry entry;
      entry.whose = verdict.person->id;
      entry.action = "code_verified";
      entry.actor = audit::ActorTerminal(terminal.id);
      entry.scene = terminal.place.scene;
      entry.details = json::serialize(
          json::object{{"point", terminal.place.point}, {"verdict", verdict.refusal ? verdict.refusal->slug : "accepted"}});
      YUKUAI_TRY(parts.log.Append(transaction, entry, now));
    }
    return Answer{201, VerdictJson(verdict, now)};
  };
  return change;
}

}  // namespace

std::vector<routing::Route> Routes(Parts given) {
  const auto parts = std::make_shared<const Parts>(std::move(given));
  const auto built = std::make_shared<BuiltFiles>();
  using routing::Access;
  std::vector<routing::Route> routes;
  routes.push_back({"create_terminal_enrolment", "POST", "/v1/terminal-enrolments", Access::kAnyone,
                    routing::Write([parts](const Call& call, Reader&) { return Enrol(*parts, call); })});
  routes.push_back({"list_terminal_files", "GET", "/v1/terminal-files", Access::kTerminal,
                    routing::Read([parts](const Call& call, Reader& reader) { return Files(*parts, call, reader); })});
  routes.push_back({"get_terminal_config", "GET", "/v1/terminal-config", Access::kTerminal,
                    routing::Read([parts](const Call& call, Reader& reader) -> Result<Answer> {
                      YUKUAI_ASSIGN(const auto terminal, terminals::LoadEnrolled(reader, call.caller.terminal));
                      YUKUAI_ASSIGN(auto file, ConfigFile(*parts, terminal));
                      return Octets(std::move(file));
                    })});
  routes.push_back({"get_rule_file", "GET", "/v1/rule-files/{scene}", Access::kTerminal,
                    routing::Read([parts, built](const Call& call, Reader&) -> Result<Answer> {
                      const std::string& scene = call.path.find("scene")->second;
                      if (parts->engine.Find(scene) == nullptr) return Fault(kRuleFileUnknown);
                      YUKUAI_ASSIGN(auto file,
                                    built->Get("rules " + scene, 0, call.now, [&] { return RuleFile(*parts, scene, call.now); }));
                      return Octets(std::move(file));
                    })});
  routes.push_back({"get_freeze_list", "GET", "/v1/freeze-lists/{group}", Access::kTerminal,
                    routing::Read([parts, built](const Call& call, Reader& reader) -> Result<Answer> {
                      const std::string& text = call.path.find("group")->second;
                      uint16_t group = 0;
                      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), group);
                      const bool whole = error == std::errc() && end == text.data() + text.size();
                      if (!whole || !IsClearingGroup(*parts, group)) return Fault(codes::kClearingGroupUnknown);
                      YUKUAI_ASSIGN(const uint64_t version, parts->persons.FreezeVersion(reader));
                      YUKUAI_ASSIGN(auto file, built->Get("freezes " + text, version, call.now,
                                                          [&] { return FreezeList(*parts, reader, group, call.now); }));
                      return Octets(std::move(file));
                    })});
  routes.push_back({"create_terminal_report", "POST", "/v1/terminal-reports", Access::kTerminal,
                    routing::Write([parts](const Call& call, Reader&) { return Report(*parts, call); })});
  routes.push_back({"create_record_batch", "POST", "/v1/record-batches", Access::kTerminal,
                    routing::Write([parts](const Call& call, Reader& reader) { return Upload(*parts, call, reader); }),
                    kBatchBytesMax});
  routes.push_back({"create_code_verification", "POST", "/v1/code-verifications", Access::kTerminal,
                    routing::Write([parts](const Call& call, Reader& reader) { return VerifyOnline(*parts, call, reader); })});
  return routes;
}

}  // namespace yukuai::terminal_api
