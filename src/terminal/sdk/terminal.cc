// SPDX-License-Identifier: Apache-2.0
#include "terminal/sdk/terminal.h"

#include <algorithm>

#include "formats/code/alias.h"
#include "formats/reason_text/reason_text.h"
#include "formats/rulefile/rulefile.h"

namespace yukuai::sdk {
namespace {

constexpr int64_t kMicroseconds = 1'000'000;
constexpr int64_t kSkewSecondsBeforeConfig = 10;
// A host's clock may say anything; outside 1970..2100 nothing here can be right, and sums of times must not overflow.
constexpr int64_t kTimeUsMax = 4'102'444'800 * kMicroseconds;

constexpr int64_t kSkewSecondsAny = 3600;

int64_t WindowSeconds(const code::Profile& profile) { return profile.validity_seconds_max + 2 * profile.skew_seconds; }

CardAccount AccountOf(const code::View& code) {
  CardAccount account;
  std::ranges::copy(code.card_account(), account.begin());
  return account;
}

decision::Direction Judged(record::Direction direction) { return static_cast<decision::Direction>(direction); }

}  // namespace

Terminal::Terminal(TerminalId id, sm2::PrivateKey key, sm2::PublicKey anchor, const yukuai_terminal_host& host)
    : id_(id), key_(std::move(key)), anchor_(std::move(anchor)), host_(host), window_seconds_(WindowSeconds(code::Profile())) {
  window_.emplace(window_seconds_);
}

// ---- Time ---------------------------------------------------------------------------------------------------------------------

Terminal::Moment Terminal::Now() const {
  int trusted = 0;
  const Instant clock{std::clamp<int64_t>(host_.now_us(host_.user, &trusted), 0, kTimeUsMax)};
  Moment moment;
  moment.now = std::max(clock, floor_);
  moment.behind_us = moment.now.us - clock.us;
  const int64_t skew_seconds = config_ ? config_->content.clock_skew_seconds : kSkewSecondsBeforeConfig;
  moment.reliable = trusted != 0 && moment.behind_us <= skew_seconds * kMicroseconds;
  return moment;
}

std::optional<int64_t> Terminal::ListAgeSeconds(Instant now, bool clock_reliable) const {
  if (!clock_reliable || !freeze_list_ || now >= freeze_list_->edition().expires_at) return std::nullopt;
  return std::max<int64_t>(0, now.us - freeze_list_->edition().issued_at.us) / kMicroseconds;
}

// ---- Files --------------------------------------------------------------------------------------------------------------------

Result<void> Terminal::CheckEdition(const signed_file::Edition& edition, uint64_t version_held) const {
  // A file from outside the years that time is kept in could move the floor beyond every record.
  if (edition.issued_at.us < 0 || edition.issued_at.us > kTimeUsMax) return Fault(signed_file::kFileMalformed, "issued at");
  auto checked = signed_file::CheckEdition(edition, version_held, Now().now);
  if (!checked.ok() && checked.error().reason == signed_file::kFileExpired && edition.version == version_held) return {};
  return checked;
}

Result<void> Terminal::LoadConfig(ByteSpan file) {
  if (!restored_) return Fault(kRestoreMissing);
  YUKUAI_ASSIGN(const rulefile::RuleFile opened, rulefile::Open(file, anchor_));
  if (opened.scene_id != terminal_config::kSceneId) return Fault(signed_file::kFileMalformed, "no configuration");
  YUKUAI_ASSIGN(terminal_config::TerminalConfig content, terminal_config::Parse(AsText(opened.body)));
  if (content.terminal != id_) return Fault(kConfigTerminal);
  YUKUAI_TRY(CheckEdition(opened.edition, config_version_held_));
  YUKUAI_ASSIGN(code::Profile profile, code::ParseProfile(content.profile));
  const int64_t window_seconds = WindowSeconds(profile);
  auto verifier = std::make_unique<code::Verifier>(std::move(profile), terminal_config::MakeRoots(content));

  if (window_seconds > window_seconds_) {
    window_before_ = std::move(window_);
    window_seconds_ = window_seconds;
    window_.emplace(window_seconds_);
  }
  // Versions count per scene and per clearing group.
  if (config_ && config_->content.scene != content.scene) {
    rules_.reset();
    rules_version_held_ = 0;
  }
  if (config_ && config_->content.clearing_group != content.clearing_group) {
    freeze_list_.reset();
    freeze_list_version_held_ = 0;
  }
  config_ = Config{opened.edition, std::move(content), std::move(verifier)};
  config_version_held_ = opened.edition.version;
  RaiseFloor(opened.edition.issued_at);
  return {};
}

Result<void> Terminal::LoadRules(ByteSpan file) {
  if (!config_) return Fault(kConfigMissing);
  YUKUAI_ASSIGN(const rulefile::RuleFile opened, rulefile::Open(file, *sm2::PublicKey::Parse(config_->content.rules_key)));
  if (opened.scene_id != config_->content.scene) return Fault(kFileScene);
  YUKUAI_ASSIGN(scene_file::SceneFile content, scene_file::Parse(AsText(opened.body)));
  if (content.id != opened.scene_id) return Fault(kFileScene, "the body is of another scene");
  YUKUAI_ASSIGN(judgement::Scene scene, judgement::Scene::Make(std::move(content)));
  YUKUAI_TRY(CheckEdition(opened.edition, rules_version_held_));
  rules_ = RuleFile{opened.edition, std::move(scene)};
  rules_version_held_ = opened.edition.version;
  RaiseFloor(opened.edition.issued_at);
  exposure_.Reprice([this](const Exposure::Entry& entry) { return ExposureOf(entry); });
  return {};
}

Result<void> Terminal::LoadFreezeList(ByteSpan file) {
  if (!config_) return Fault(kConfigMissing);
  YUKUAI_ASSIGN(lists::FreezeList list, lists::FreezeList::Open(file, *sm2::PublicKey::Parse(config_->content.list_key)));
  if (list.clearing_group() != config_->content.clearing_group) return Fault(kFileClearingGroup);
  YUKUAI_TRY(CheckEdition(list.edition(), freeze_list_version_held_));
  freeze_list_version_held_ = list.edition().version;
  RaiseFloor(list.edition().issued_at);
  freeze_list_ = std::move(list);
  return {};
}

// ---- After a start ------------------------------------------------------------------------------------------------------------

Result<void> Terminal::Restore(const yukuai_terminal_state& state) {
  if (restored_) return Fault(kRestoreLate);
  const bool open = state.open_counter != 0;
  if (state.counter == 0 ? open || state.at_us != 0 : state.at_us < 0 || state.at_us > kTimeUsMax)
    return Fault(kRestoreMalformed);
  if (open && (state.open_counter > state.counter ||
               (state.open_direction != YUKUAI_TERMINAL_IN && state.open_direction != YUKUAI_TERMINAL_OUT))) {
    return Fault(kRestoreMalformed, "open passage");
  }
  if (state.counter != 0) {
    head_.counter = state.counter;
    std::ranges::copy(state.digest, head_.digest.begin());
    head_.at = Instant{state.at_us};
    RaiseFloor(head_.at);
  }
  if (open) open_ = OpenPassage{state.open_counter, static_cast<record::Direction>(state.open_direction), nullptr};
  config_version_held_ = state.config_version;
  rules_version_held_ = state.rules_version;
  freeze_list_version_held_ = state.freeze_list_version;
  // What lies before the chosen record is the server's already.
  acknowledged_ = state.counter;
  restored_ = true;
  return {};
}

Result<void> Terminal::Replay(ByteSpan bytes) {
  if (!restored_) return Fault(kRestoreMissing);
  if (recording_) return Fault(kReplayLate);
  YUKUAI_ASSIGN(const record::Record record, record::Parse(bytes));
  // Its own past cannot lie in the future, and the code was verified when it was written; a profile may permit any skew.
  YUKUAI_TRY(record::CheckChain({bytes, record, id_, key_.public_key(), head_, std::nullopt, record.at, kSkewSecondsAny}));
  if (record.at.us < 0 || record.at.us > kTimeUsMax) return Fault(record::kRecordTime);
  const bool resolves = record::Resolves(record.event);
  if (resolves && (!open_ || open_->counter != record.held_counter)) return Fault(record::kRecordChain, "no such open passage");
  if (record.event == record::EventKind::kHeld) {
    if (open_) return Fault(record::kRecordChain, "a passage is open");
    YUKUAI_ASSIGN(const code::View view, code::View::Parse(record.code));
    auto shown = std::make_shared<Shown>(Shown{YUKUAI_TERMINAL_ADMITTED, {}, record.counter, record.at, Money(), false});
    open_ = OpenPassage{record.counter, record.direction, shown};
    if (record.direction == record::Direction::kIn) {
      Exposure::Entry entry = EntryOf(view, record.at, record.point);
      shown->exposure = entry.amount;
      exposure_.Add(record.counter, std::move(entry));
    }
    Remember(record.code, record.at, std::move(shown));
  } else if (resolves) {
    if (record.event == record::EventKind::kVoided) {
      exposure_.Remove(record.held_counter);
      if (open_->shown) open_->shown->voided = true;
    }
    open_.reset();
  }
  head_ = record::HeadAfter(record, bytes);
  RaiseFloor(head_.at);
  return {};
}

// ---- Presentations ------------------------------------------------------------------------------------------------------------

Exposure::Entry Terminal::EntryOf(const code::View& code, Instant at, std::string point) const {
  const auto concession = fare::ConcessionOfAccountType(code.account_type()).value_or(fare::Concession::kOrdinary);
  Exposure::Entry entry{AccountOf(code), at, std::move(point), concession, Money()};
  entry.amount = ExposureOf(entry);
  return entry;
}

Money Terminal::ExposureOf(const Exposure::Entry& entry) const {
  if (!rules_) return Money();
  decision::Event event;
  event.at = entry.at;
  event.point = entry.point;
  event.direction = decision::Direction::kIn;
  event.offline = true;
  fare::Facts facts;
  facts.concession = entry.concession;
  return judgement::Exposure(rules_->scene, event, facts);
}

std::shared_ptr<Terminal::Shown> Terminal::FindShown(ByteSpan code, Instant at) {
  for (auto* window : {&window_, &window_before_}) {
    const std::shared_ptr<Shown>* found = *window ? (*window)->Find(code, at) : nullptr;
    if (found != nullptr) return *found;
  }
  return nullptr;
}

void Terminal::Remember(ByteSpan code, Instant at, std::shared_ptr<Shown> shown) {
  // A voided passage left its place in the window: a second showing of that code takes it over.
  if (const std::shared_ptr<Shown> before = FindShown(code, at)) {
    *before = *shown;
    if (open_ && open_->shown == shown) open_->shown = before;
    return;
  }
  window_->Remember(code, at, std::move(shown));
}

// Why a code that holds is not let through, and the most that it could come to. An exit is never refused here.
std::optional<Reason> Terminal::Refusal(const Presentation& shown, Money* exposure) const {
  if (shown.direction == record::Direction::kOut) return std::nullopt;
  const terminal_config::TerminalConfig& config = config_->content;
  const auto field = code::ParseIssuerField(shown.view.issuer_field());
  if (field && field->kind == code::GrantKind::kRide && field->scope != config.clearing_group) return kClearingGroupWrong;
  if (shown.at >= config_->edition.expires_at || shown.at >= rules_->edition.expires_at) return signed_file::kFileExpired;
  if (freeze_list_ && freeze_list_->Contains(shown.view.card_account())) return lists::kFrozen;

  const Exposure::Entry entry = EntryOf(shown.view, shown.at, config.point);
  *exposure = entry.amount;
  decision::Event event;
  event.at = shown.at;
  event.point = config.point;
  event.direction = Judged(shown.direction);
  event.offline = true;
  judgement::Facts facts;
  facts.fare.concession = entry.concession;
  facts.fare.cap = shown.view.amount_cap();
  facts.terminal = judgement::TerminalState{ListAgeSeconds(shown.at, shown.clock_reliable).value_or(INT64_MAX),
                                            exposure_.Of(entry.carrier), exposure_.total()};
  const auto decided = judgement::Decide(rules_->scene, event, facts);
  if (!decided.ok()) return decided.error().reason;
  if (decided->refusal() != nullptr) return decided->refusal()->reason;
  if (exposure_.full()) return judgement::kOfflineLimitTerminal;
  return std::nullopt;
}

Result<uint64_t> Terminal::Write(record::Record record, Instant at) {
  record.terminal = id_;
  record.counter = head_.counter + 1;
  record.previous = head_.digest;
  record.at = at;
  record.point = config_->content.point;
  record.rule_file = rules_->scene.VersionName(at);
  record.freeze_list_version = freeze_list_ ? freeze_list_->edition().version : 0;
  const auto bytes = record::Build(record, key_);
  YUKUAI_CHECK(bytes.ok());  // Every field above was bounded when it was read.
  if (host_.append(host_.user, record.counter, bytes->data(), bytes->size()) != 0) {
    ++append_failures_;
    return Fault(kLogUnavailable, "counter " + std::to_string(record.counter));
  }
  recording_ = true;
  head_ = record::HeadAfter(record, *bytes);
  RaiseFloor(at);
  return record.counter;
}

yukuai_terminal_decision Terminal::Answer(uint32_t verdict, const Shown& first) {
  words_ = Words{};
  words_.reason = first.reason;
  if (const reason_text::ReasonText* text = reason_text::Find(first.reason)) {
    words_.title_zh = text->title_zh;
    words_.title_en = text->title_en;
    words_.next_zh = text->next_zh;
    words_.next_en = text->next_en;
  }
  if (const scene_file::Version* version = rules_->scene.InForce(first.at)) {
    const auto own = version->refusals.find(first.reason);
    if (own != version->refusals.end()) {
      words_.next_zh = own->second.zh;
      words_.next_en = own->second.en;
    }
  }
  const bool open = open_ && first.verdict == YUKUAI_TERMINAL_ADMITTED && open_->counter == first.counter;
  return {.verdict = verdict,
          .open_barrier = open ? 1U : 0U,
          .first_verdict = first.verdict,
          .counter = first.counter,
          .at_us = first.at.us,
          .exposure_fen = first.exposure.fen(),
          .reason = words_.reason.c_str(),
          .title_zh = words_.title_zh.c_str(),
          .title_en = words_.title_en.c_str(),
          .next_zh = words_.next_zh.c_str(),
          .next_en = words_.next_en.c_str()};
}

yukuai_terminal_decision Terminal::Refuse(ByteSpan code, record::Direction direction, Instant at, const Shown& refused) {
  record::Record record;
  record.event = record::EventKind::kRefused;
  record.direction = direction;
  record.reason = refused.reason;
  const ByteSpan kept = code.first(std::min(code.size(), code::kLengthMax));
  record.code.assign(kept.begin(), kept.end());
  Shown answered = refused;
  const auto written = Write(std::move(record), at);
  // A refusal stands without its record too; append_failures raises the alarm.
  answered.counter = written.ok() ? *written : 0;
  return Answer(YUKUAI_TERMINAL_REFUSED, answered);
}

yukuai_terminal_decision Terminal::Admit(const Presentation& shown, Money exposure) {
  record::Record record;
  record.event = record::EventKind::kHeld;
  record.direction = shown.direction;
  record.code.assign(shown.view.bytes().begin(), shown.view.bytes().end());
  auto first = std::make_shared<Shown>(Shown{YUKUAI_TERMINAL_ADMITTED, {}, 0, shown.at, exposure, false});
  const auto written = Write(std::move(record), shown.at);
  if (!written.ok()) {
    // Not remembered: when the log works again, the same code is decided again.
    return Answer(YUKUAI_TERMINAL_REFUSED,
                  {YUKUAI_TERMINAL_REFUSED, std::string(kLogUnavailable.slug), 0, shown.at, Money(), false});
  }
  first->counter = *written;
  open_ = OpenPassage{*written, shown.direction, first};
  if (shown.direction == record::Direction::kIn) {
    exposure_.Add(*written, EntryOf(shown.view, shown.at, config_->content.point));
  }
  Remember(shown.view.bytes(), shown.at, first);
  return Answer(YUKUAI_TERMINAL_ADMITTED, *first);
}

Result<yukuai_terminal_decision> Terminal::Decide(ByteSpan code, uint32_t direction_bits) {
  if (!config_) return Fault(kConfigMissing);
  if (!rules_) return Fault(kRulesMissing);
  const bool one_way = direction_bits == YUKUAI_TERMINAL_IN || direction_bits == YUKUAI_TERMINAL_OUT;
  if (!one_way || (direction_bits & static_cast<uint32_t>(config_->content.directions)) == 0) return Fault(kDirectionWrong);
  const auto direction = static_cast<record::Direction>(direction_bits);

  const Moment moment = Now();
  const code::Verdict verdict = config_->verifier->Verify(code, moment.now);
  if (verdict.accepted()) {
    const std::shared_ptr<Shown> before = FindShown(code, moment.now);
    if (before && !before->voided) return Answer(YUKUAI_TERMINAL_REPEATED, *before);
  }
  if (open_) return Fault(kPassageOpen, "counter " + std::to_string(open_->counter));
  Shown refused;
  refused.at = moment.now;
  if (!verdict.accepted()) {
    refused.reason = verdict.reason->slug;
    return Refuse(code, direction, moment.now, refused);
  }
  const Presentation shown{*verdict.view, direction, moment.now, moment.reliable};
  Money exposure;
  const auto reason = Refusal(shown, &exposure);
  if (!reason) return Admit(shown, exposure);
  refused.reason = reason->slug;
  const yukuai_terminal_decision decision = Refuse(code, direction, moment.now, refused);
  refused.counter = decision.counter;
  Remember(code, moment.now, std::make_shared<Shown>(refused));
  return decision;
}

Result<uint64_t> Terminal::EndPassage(uint64_t held_counter, uint32_t outcome) {
  if (outcome != YUKUAI_TERMINAL_CONFIRMED && outcome != YUKUAI_TERMINAL_VOIDED && outcome != YUKUAI_TERMINAL_UNKNOWN) {
    return Fault(kOutcomeMalformed);
  }
  if (!config_) return Fault(kConfigMissing);
  if (!rules_) return Fault(kRulesMissing);
  if (!open_ || open_->counter != held_counter) return Fault(kPassageNotOpen);
  record::Record record;
  record.event = static_cast<record::EventKind>(outcome);
  record.direction = open_->direction;
  record.held_counter = held_counter;
  YUKUAI_ASSIGN(const uint64_t counter, Write(std::move(record), Now().now));
  if (outcome == YUKUAI_TERMINAL_VOIDED) {
    exposure_.Remove(held_counter);
    if (open_->shown) open_->shown->voided = true;
  }
  open_.reset();
  return counter;
}

Result<void> Terminal::Acknowledge(uint64_t counter) {
  if (counter > head_.counter) return Fault(kAcknowledgedAhead);
  acknowledged_ = std::max(acknowledged_, counter);
  exposure_.RemoveUpTo(counter);
  return {};
}

yukuai_terminal_status Terminal::Status() {
  const Moment moment = Now();
  yukuai_terminal_status status{};
  status.state.counter = head_.counter;
  std::ranges::copy(head_.digest, status.state.digest);
  status.state.at_us = head_.counter == 0 ? 0 : head_.at.us;
  status.state.config_version = config_version_held_;
  status.state.rules_version = rules_version_held_;
  status.state.freeze_list_version = freeze_list_version_held_;
  if (open_) {
    status.state.open_counter = open_->counter;
    status.state.open_direction = static_cast<uint32_t>(open_->direction);
  }
  status.acknowledged_counter = acknowledged_;
  status.exposure_total_fen = exposure_.total().fen();
  status.list_age_seconds = ListAgeSeconds(moment.now, moment.reliable).value_or(-1);
  status.clock_behind_us = moment.behind_us;
  status.clock_trusted = moment.reliable ? 1 : 0;
  status.passage_open = open_ ? 1 : 0;
  status.append_failures = append_failures_;
  status.forgotten_early = window_->forgotten_early() + (window_before_ ? window_before_->forgotten_early() : 0);
  status.config_expires_us = config_ ? config_->edition.expires_at.us : 0;
  status.rules_expires_us = rules_ ? rules_->edition.expires_at.us : 0;
  status.freeze_list_expires_us = freeze_list_ ? freeze_list_->edition().expires_at.us : 0;
  return status;
}

}  // namespace yukuai::sdk
