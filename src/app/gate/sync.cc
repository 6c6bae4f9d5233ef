// SPDX-License-Identifier: Apache-2.0
#include "app/gate/sync.h"

#include <algorithm>
#include <boost/json.hpp>

#include "platform/host/boundary.h"

namespace yukuai::gate {
namespace json = boost::json;
namespace {

constexpr std::string_view kProofPrefix = "yukuai-terminal-enrolment";
constexpr uint32_t kBackoffMsMax = 5'000;
constexpr int64_t kListRenewSeconds = 600;
constexpr int64_t kFileRenewSeconds = 7 * 86400;

struct Token {
  TerminalId terminal;
  Secret<Bytes> secret;
};

// "ter_", 26 digits, a point, 26 digits.
Result<Token> ParseToken(std::string_view text) {
  constexpr size_t kIdLength = 4 + 26;
  if (text.size() != kIdLength + 1 + 26 || text[kIdLength] != '.') return Fault(kGateTokenMalformed);
  const auto terminal = TerminalId::Parse(text.substr(0, kIdLength));
  auto secret = FromBase32(text.substr(kIdLength + 1));
  if (!terminal || !secret) return Fault(kGateTokenMalformed);
  return Token{*terminal, Secret<Bytes>(*std::move(secret))};
}

std::string EnrolmentBody(const Credentials& credentials, const Token& token, const sm2::PrivateKey& key) {
  const auto& public_key = key.public_key().compressed();
  const Bytes message = ByteWriter().AppendText(kProofPrefix).Append(token.secret.Expose()).Append(public_key).Finish();
  const auto proof = sm2::Sign(key, AsBytes(sm2::kDefaultId), message);
  return json::serialize(
      json::object{{"token", credentials.token}, {"public_key", ToBase64Url(public_key)}, {"proof", ToBase64Url(proof)}});
}

std::optional<uint64_t> Whole(const json::value* value) {
  if (value == nullptr) return std::nullopt;
  if (value->is_uint64()) return value->get_uint64();
  if (value->is_int64() && value->get_int64() >= 0) return static_cast<uint64_t>(value->get_int64());
  return std::nullopt;
}

// The "version" of the entry of a list that is about `wanted`; nothing when the server lists none.
std::optional<uint64_t> ListedVersion(const json::object& answer, const char* list, const char* key, const json::value& wanted) {
  const json::value* entries = answer.if_contains(list);
  if (entries == nullptr || !entries->is_array()) return std::nullopt;
  for (const json::value& entry : entries->get_array()) {
    if (!entry.is_object()) continue;
    const json::value* name = entry.get_object().if_contains(key);
    if (name != nullptr && *name == wanted) return Whole(entry.get_object().if_contains("version"));
  }
  return std::nullopt;
}

uint64_t HeldVersion(FileKind kind, const yukuai_terminal_status& status) {
  switch (kind) {
    case FileKind::kConfig: return status.config_expires_us != 0 ? status.state.config_version : 0;
    case FileKind::kRules: return status.rules_expires_us != 0 ? status.state.rules_version : 0;
    case FileKind::kFreezeList: return status.freeze_list_expires_us != 0 ? status.state.freeze_list_version : 0;
  }
  return 0;
}

// Whether the version that is held should be fetched again: the same freeze list issued later is a younger one, and a file is
// renewed long before it expires.
bool NeedsFreshening(FileKind kind, const yukuai_terminal_status& status, Instant now) {
  switch (kind) {
    case FileKind::kConfig: return status.config_expires_us < now.PlusSeconds(kFileRenewSeconds).us;
    case FileKind::kRules: return status.rules_expires_us < now.PlusSeconds(kFileRenewSeconds).us;
    case FileKind::kFreezeList:
      return status.list_age_seconds > kListRenewSeconds || status.freeze_list_expires_us < now.PlusSeconds(kListRenewSeconds).us;
  }
  return false;
}

}  // namespace

Result<Enrolled> EnrolOnce(const Folder& folder, const LinkParts& parts, const std::optional<Credentials>& credentials) {
  std::optional<Token> token;
  if (credentials) { YUKUAI_ASSIGN(token, ParseToken(credentials->token)); }
  YUKUAI_ASSIGN(const auto present, folder.LoadIdentity());
  if (present) {
    const bool same = !token || (token->terminal == present->terminal && credentials->list_key == present->list_key);
    if (!same) return Fault(kEnrolledOtherwise, present->terminal.Text());
    YUKUAI_ASSIGN(auto key, folder.LoadKey());
    return Enrolled{*present, std::move(key), false};
  }
  if (!token) return Fault(kNotEnrolled);

  // Key and request are on the disk before anything is sent: a token works for one key only, so a gate that lost either
  // between sending and hearing the answer could never enrol again.
  YUKUAI_ASSIGN(auto key, folder.LoadOrMakeKey(parts.entropy));
  YUKUAI_ASSIGN(auto body, folder.LoadRequest());
  if (!body || body->find(credentials->token) == std::string::npos) {
    body = EnrolmentBody(*credentials, *token, key);
    YUKUAI_TRY(folder.SaveRequest(*body));
  }
  host::Boundary("gate.enrolment.before");
  YUKUAI_ASSIGN(const std::string text,
                Exchange(parts.client, {.method = "POST",
                                        .url = parts.server + "/v1/terminal-enrolments",
                                        .headers = {{"Content-Type", "application/json"},
                                                    {"Idempotency-Key", IdempotencyKeyOf({AsBytes(*body)})}},
                                        .body = *body}));
  host::Boundary("gate.enrolment.after");
  YUKUAI_ASSIGN(const json::object answer, ParseAnswer(text));
  const json::value* terminal = answer.if_contains("terminal_id");
  if (terminal == nullptr || *terminal != json::value(token->terminal.Text())) {
    return Fault(kServerAnswerMalformed, "terminal_id is not the token's");
  }
  const Identity identity{token->terminal, credentials->list_key};
  YUKUAI_TRY(folder.SaveIdentity(identity));
  folder.RemoveRequest();
  return Enrolled{identity, std::move(key), true};
}

std::chrono::milliseconds Backoff::Next(Entropy& entropy) {
  const auto random = entropy.Take<2>();
  const uint32_t half = ceiling_ms_ / 2;
  const uint32_t wait = half + (uint32_t{random[0]} << 8 | random[1]) % (half + 1);
  ceiling_ms_ = std::min(2 * ceiling_ms_, kBackoffMsMax);
  return std::chrono::milliseconds(wait);
}

Result<Synchroniser::Done> Synchroniser::Step() {
  Done done;
  YUKUAI_ASSIGN(const json::object files, link_.GetJson("/v1/terminal-files"));
  const auto config_version = Whole(files.if_contains("config_version"));
  if (!config_version) return Fault(kServerAnswerMalformed, "config_version");
  YUKUAI_TRY(Fetch({FileKind::kConfig, *config_version, "/v1/terminal-config"}, done));
  // The configuration says which of the others are ours.
  const auto config = lane_.Config();
  if (!config) return done;
  const auto rules = ListedVersion(files, "rule_files", "scene", json::value(config->scene));
  if (rules) YUKUAI_TRY(Fetch({FileKind::kRules, *rules, "/v1/rule-files/" + config->scene}, done));
  const auto group = static_cast<int64_t>(config->clearing_group);
  const auto list = ListedVersion(files, "freeze_lists", "clearing_group", json::value(group));
  if (list) YUKUAI_TRY(Fetch({FileKind::kFreezeList, *list, "/v1/freeze-lists/" + std::to_string(group)}, done));
  YUKUAI_TRY(Report());
  return done;
}

Result<void> Synchroniser::Fetch(const Listed& listed, Done& done) {
  uint64_t& refused = refused_[static_cast<size_t>(listed.kind)];
  if (listed.version == 0 || listed.version == refused) return {};
  const uint64_t held = HeldVersion(listed.kind, lane_.Status());
  if (listed.version == held && !NeedsFreshening(listed.kind, lane_.Status(), clock_.Now())) return {};
  YUKUAI_ASSIGN(const std::string file, link_.Get(listed.path));
  const auto loaded = lane_.Load(listed.kind, AsBytes(file));
  if (loaded.ok()) {
    refused = 0;
    done.changed = done.changed || listed.version != held;
  } else {
    // A disk that is full may have room the next time; a file that is wrong stays wrong.
    if (loaded.error().reason != kFolderUnusable) refused = listed.version;
    done.refused.push_back({listed.kind, std::string(loaded.error().reason.slug)});
  }
  return {};
}

Result<void> Synchroniser::Report() {
  const auto config = lane_.Config();
  const auto status = lane_.Status();
  const uint64_t rules = HeldVersion(FileKind::kRules, status);
  const uint64_t list = HeldVersion(FileKind::kFreezeList, status);
  json::array rule_files;
  json::array freeze_lists;
  if (rules != 0) rule_files.push_back(json::object{{"scene", config->scene}, {"version", rules}});
  if (list != 0) freeze_lists.push_back(json::object{{"clearing_group", config->clearing_group}, {"version", list}});
  if (rules == 0 && list == 0) return {};
  const json::object report{{"rule_files", std::move(rule_files)},
                            {"freeze_lists", std::move(freeze_lists)},
                            {"codes_forgotten_early", status.forgotten_early}};
  std::string body = json::serialize(report);
  if (body == reported_) return {};
  YUKUAI_TRY(link_.Post("/v1/terminal-reports", body, ToHex(entropy_.Take<16>())));
  reported_ = std::move(body);
  return {};
}

Result<Uploader> Uploader::Start(const Folder& folder, const RecordLog& log, Lane& lane, const Link& link, TerminalId terminal) {
  YUKUAI_ASSIGN(const uint64_t acknowledged, folder.LoadAcknowledged());
  return Uploader(folder, log, lane, link, terminal, acknowledged);
}

Result<Uploader::Done> Uploader::Step() {
  Done done;
  done.acknowledged = acknowledged_;
  if (idle()) return done;
  const uint64_t first = acknowledged_ + (doubtful_ ? 0 : 1);
  const uint64_t last = std::min<uint64_t>(log_.count(), first + kBatchRecordsMax - 1);
  json::array records;
  for (uint64_t counter = first; counter <= last; ++counter) {
    YUKUAI_ASSIGN(const Bytes record, log_.Read(counter));
    records.push_back(json::value(ToBase64Url(record)));
  }
  const std::string body = json::serialize(json::object{{"records", std::move(records)}});
  const Bytes range = ByteWriter().Append(terminal_.bytes()).U64(first).U64(last).Finish();
  host::Boundary("gate.upload.send.before");
  YUKUAI_ASSIGN(const json::object answer,
                link_.Post("/v1/record-batches", body, IdempotencyKeyOf({epoch_, range, AsBytes(body)})));
  host::Boundary("gate.upload.send.after");

  const auto acknowledged = Whole(answer.if_contains("acknowledged"));
  const json::value* results = answer.if_contains("results");
  if (!acknowledged || results == nullptr || !results->is_array()) return Fault(kServerAnswerMalformed, "record batch");
  done.rewound = *acknowledged < acknowledged_;
  if (done.rewound) epoch_ = link_.FreshBytes();
  const bool only_asked = doubtful_ && last == acknowledged_;
  doubtful_ = false;
  const uint64_t reached = std::min(*acknowledged, last);
  if (reached != acknowledged_) {
    YUKUAI_TRY(folder_.SaveAcknowledged(reached));
    done.count = reached > acknowledged_ ? reached - acknowledged_ : 0;
    done.acknowledged = acknowledged_ = reached;
    lane_.Acknowledged(reached);
  }
  if (done.rewound) return done;
  for (const json::value& result : results->get_array()) {
    const json::object* entry = result.if_object();
    const json::value* outcome = entry != nullptr ? entry->if_contains("outcome") : nullptr;
    if (outcome == nullptr || *outcome != json::value("refused")) continue;
    const json::value* code = entry->if_contains("code");
    done.refusal = {Whole(entry->if_contains("counter")).value_or(0),
                    code != nullptr && code->is_string() ? code->get_string().c_str() : ""};
    stopped_ = true;
    return done;
  }
  if (done.count == 0 && !only_asked) return Fault(kServerAnswerMalformed, "nothing acknowledged");
  return done;
}

}  // namespace yukuai::gate
