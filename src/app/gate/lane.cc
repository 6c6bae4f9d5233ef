// SPDX-License-Identifier: Apache-2.0
#include "app/gate/lane.h"

#include <algorithm>

#include "formats/reason_text/reason_text.h"
#include "formats/rulefile/rulefile.h"

namespace yukuai::gate {
namespace {

// The SDK says why by slug alone.
Fault FaultOf(const char* slug, std::string detail = {}) { return Fault(Reason{Kind::kRefused, slug}, std::move(detail)); }

Answer::Verdict VerdictOf(uint32_t verdict) {
  if (verdict == YUKUAI_TERMINAL_ADMITTED) return Answer::Verdict::kAdmitted;
  return verdict == YUKUAI_TERMINAL_REPEATED ? Answer::Verdict::kRepeated : Answer::Verdict::kRefused;
}

// Of a file that the SDK has accepted.
std::optional<terminal_config::TerminalConfig> ReadConfig(ByteSpan file) {
  const auto content = rulefile::ParseBody(file.first(file.size() - signed_file::kSignatureLength));
  if (!content.ok()) return std::nullopt;
  auto config = terminal_config::Parse(AsText(content->body));
  return config.ok() ? std::optional(*std::move(config)) : std::nullopt;
}

uint64_t VersionOf(FileKind kind, const yukuai_terminal_state& state) {
  switch (kind) {
    case FileKind::kConfig: return state.config_version;
    case FileKind::kRules: return state.rules_version;
    case FileKind::kFreezeList: return state.freeze_list_version;
  }
  return 0;
}

}  // namespace

int64_t Lane::Now(void* user, int* trusted) {
  const Parts& parts = static_cast<Lane*>(user)->parts_;
  *trusted = parts.clock_trusted ? 1 : 0;
  return parts.clock.Now().us;
}

int Lane::Append(void* user, uint64_t counter, const uint8_t* record, size_t size) {
  return static_cast<Lane*>(user)->parts_.log.Append(counter, ByteSpan(record, size)).ok() ? 0 : 1;
}

Result<Lane::Started> Lane::Start(const Parts& parts, const Identity& identity, const sm2::PrivateKey& key) {
  Started started{std::unique_ptr<Lane>(new Lane(parts)), std::nullopt};
  Lane& lane = *started.lane;
  YUKUAI_ASSIGN(const uint64_t acknowledged, parts.folder.LoadAcknowledged());
  if (acknowledged > parts.log.count()) return Fault(kLogBehindServer);

  yukuai_terminal_identity who{};
  std::ranges::copy(identity.terminal.bytes(), who.terminal_id);
  std::ranges::copy(key.d().Expose(), who.private_key);
  std::ranges::copy(identity.list_key, who.list_key);
  const yukuai_terminal_host host{&lane, &Lane::Now, &Lane::Append};
  yukuai_terminal* made = nullptr;
  const char* slug = yukuai_terminal_create(&who, &host, &made);
  Wipe(who.private_key);
  if (slug != nullptr) return FaultOf(slug);
  lane.terminal_.reset(made);

  yukuai_terminal_state state{};
  std::optional<HeldFile> held[std::size(kFileKinds)];
  for (const FileKind kind : kFileKinds) {
    YUKUAI_ASSIGN(held[static_cast<size_t>(kind)], parts.folder.LoadHeld(kind));
    const auto& file = held[static_cast<size_t>(kind)];
    const uint64_t version = file ? file->version : 0;
    if (kind == FileKind::kConfig) state.config_version = version;
    if (kind == FileKind::kRules) state.rules_version = version;
    if (kind == FileKind::kFreezeList) state.freeze_list_version = version;
  }
  slug = yukuai_terminal_restore(made, &state);
  if (slug != nullptr) return FaultOf(slug);
  for (const FileKind kind : kFileKinds) {
    const auto& file = held[static_cast<size_t>(kind)];
    // A file that does not load is fetched anew; until then the SDK refuses what needs it.
    if (file) lane.LoadInto(kind, file->file);
  }
  YUKUAI_TRY(lane.Replay(acknowledged));

  const yukuai_terminal_status status = lane.ReadStatus();
  if (status.passage_open != 0) {
    YUKUAI_TRY(lane.EndPassage(status.state.open_counter, Outcome::kUnknown));
    started.unknown_counter = status.state.open_counter;
  }
  return started;
}

Result<void> Lane::Replay(uint64_t acknowledged) {
  for (uint64_t counter = 1; counter <= parts_.log.count(); ++counter) {
    YUKUAI_ASSIGN(const Bytes record, parts_.log.Read(counter));
    const char* slug = yukuai_terminal_replay(terminal_.get(), record.data(), record.size());
    if (slug != nullptr) return FaultOf(slug, "record " + std::to_string(counter));
  }
  const char* slug = yukuai_terminal_acknowledged(terminal_.get(), acknowledged);
  if (slug != nullptr) return FaultOf(slug);
  return {};
}

const char* Lane::LoadInto(FileKind kind, ByteSpan file) {
  switch (kind) {
    case FileKind::kConfig: {
      const char* slug = yukuai_terminal_load_config(terminal_.get(), file.data(), file.size());
      if (slug == nullptr) config_ = ReadConfig(file);
      return slug;
    }
    case FileKind::kRules: return yukuai_terminal_load_rules(terminal_.get(), file.data(), file.size());
    case FileKind::kFreezeList: return yukuai_terminal_load_freeze_list(terminal_.get(), file.data(), file.size());
  }
  return nullptr;
}

Result<void> Lane::Load(FileKind kind, ByteSpan file) {
  const std::lock_guard lock(mutex_);
  const char* slug = LoadInto(kind, file);
  if (slug != nullptr) return FaultOf(slug, std::string(FileKindName(kind)));
  const yukuai_terminal_status status = ReadStatus();
  YUKUAI_TRY(parts_.folder.SaveHeld(kind, {VersionOf(kind, status.state), Bytes(file.begin(), file.end())}));
  // A configuration of another scene or group lets go of the files of the one before.
  for (const FileKind other : {FileKind::kRules, FileKind::kFreezeList}) {
    if (kind == FileKind::kConfig && VersionOf(other, status.state) == 0) parts_.folder.RemoveHeld(other);
  }
  return {};
}

Answer Lane::Decide(ByteSpan code, uint32_t direction) {
  const std::lock_guard lock(mutex_);
  yukuai_terminal_decision decision{};
  const char* slug = yukuai_terminal_decide(terminal_.get(), code.data(), code.size(), direction, &decision);
  Answer answer;
  if (slug != nullptr) {
    answer.at = parts_.clock.Now();
    answer.reason = slug;
    if (const auto* text = reason_text::Find(slug)) {
      answer.title_zh = text->title_zh;
      answer.title_en = text->title_en;
      answer.next_zh = text->next_zh;
      answer.next_en = text->next_en;
    }
  } else {
    answer = {.verdict = VerdictOf(decision.verdict),
              .first_verdict = VerdictOf(decision.first_verdict),
              .open_barrier = decision.open_barrier == 1,
              .counter = decision.counter,
              .at = Instant{decision.at_us},
              .list_age_seconds = -1,
              .reason = decision.reason,
              .title_zh = decision.title_zh,
              .title_en = decision.title_en,
              .next_zh = decision.next_zh,
              .next_en = decision.next_en};
  }
  answer.list_age_seconds = ReadStatus().list_age_seconds;
  return answer;
}

Result<uint64_t> Lane::EndPassage(uint64_t held_counter, Outcome outcome) {
  const std::lock_guard lock(mutex_);
  uint64_t counter = 0;
  const char* slug = yukuai_terminal_outcome(terminal_.get(), held_counter, static_cast<uint32_t>(outcome), &counter);
  if (slug != nullptr) return FaultOf(slug);
  return counter;
}

void Lane::Acknowledged(uint64_t counter) {
  const std::lock_guard lock(mutex_);
  // The counter is bounded by what was sent, so the only fault left is a terminal that is out of order, which Decide() tells.
  static_cast<void>(yukuai_terminal_acknowledged(terminal_.get(), counter));
}

yukuai_terminal_status Lane::ReadStatus() {
  yukuai_terminal_status status{};
  status.list_age_seconds = -1;
  static_cast<void>(yukuai_terminal_read_status(terminal_.get(), &status));
  return status;
}

yukuai_terminal_status Lane::Status() {
  const std::lock_guard lock(mutex_);
  return ReadStatus();
}

std::optional<terminal_config::TerminalConfig> Lane::Config() {
  const std::lock_guard lock(mutex_);
  return config_;
}

}  // namespace yukuai::gate
