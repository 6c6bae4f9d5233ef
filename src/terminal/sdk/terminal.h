// SPDX-License-Identifier: Apache-2.0
// One reader of one lane: decides codes offline, keeps the chain of records and the bounds of what it may accept alone. This
// is the C++ side of include/yukuai/terminal.h, which says what each function means; here stand the reasons and the state.
#pragma once

#include <yukuai/terminal.h>

#include <memory>
#include <optional>
#include <string>

#include "base/ids/ids.h"
#include "base/result/result.h"
#include "crypto/sm2/sm2.h"
#include "formats/code/replay.h"
#include "formats/code/verify.h"
#include "formats/lists/freeze_list.h"
#include "formats/record/record.h"
#include "formats/terminal_config/terminal_config.h"
#include "rules/judgement/judgement.h"
#include "terminal/sdk/exposure.h"

namespace yukuai::sdk {

// Of the interface, each in the place that the C header gives it.
inline constexpr Reason kTerminalIdentity{Kind::kMalformed, "terminal_identity"};
inline constexpr Reason kHostIncomplete{Kind::kMalformed, "host_incomplete"};
inline constexpr Reason kRestoreLate{Kind::kConflict, "restore_late"};
inline constexpr Reason kRestoreMalformed{Kind::kMalformed, "restore_malformed"};
inline constexpr Reason kConfigMissing{Kind::kConflict, "config_missing"};
inline constexpr Reason kRulesMissing{Kind::kConflict, "rules_missing"};
inline constexpr Reason kRestoreMissing{Kind::kConflict, "restore_missing"};
inline constexpr Reason kReplayLate{Kind::kConflict, "replay_late"};
inline constexpr Reason kConfigTerminal{Kind::kRefused, "config_terminal"};
inline constexpr Reason kFileScene{Kind::kRefused, "file_scene"};
inline constexpr Reason kFileClearingGroup{Kind::kRefused, "file_clearing_group"};
inline constexpr Reason kDirectionWrong{Kind::kMalformed, "direction_wrong"};
inline constexpr Reason kPassageOpen{Kind::kConflict, "passage_open"};
inline constexpr Reason kOutcomeMalformed{Kind::kMalformed, "outcome_malformed"};
inline constexpr Reason kPassageNotOpen{Kind::kConflict, "passage_not_open"};
inline constexpr Reason kAcknowledgedAhead{Kind::kConflict, "acknowledged_ahead"};
inline constexpr Reason kTerminalInternal{Kind::kInternal, "terminal_internal"};
// What a person can hear from the terminal alone.
inline constexpr Reason kClearingGroupWrong{Kind::kRefused, "clearing_group_wrong"};
inline constexpr Reason kLogUnavailable{Kind::kUnavailable, "log_unavailable"};

class Terminal {
 public:
  Terminal(TerminalId id, sm2::PrivateKey key, sm2::PublicKey anchor, const yukuai_terminal_host& host);

  Result<void> Restore(const yukuai_terminal_state& state);
  Result<void> Replay(ByteSpan record);
  Result<void> LoadConfig(ByteSpan file);
  Result<void> LoadRules(ByteSpan file);
  Result<void> LoadFreezeList(ByteSpan file);
  Result<yukuai_terminal_decision> Decide(ByteSpan code, uint32_t direction);
  Result<uint64_t> EndPassage(uint64_t held_counter, uint32_t outcome);
  Result<void> Acknowledge(uint64_t counter);
  yukuai_terminal_status Status();

 private:
  // What was answered to a code, for when it is shown again.
  struct Shown {
    uint32_t verdict = YUKUAI_TERMINAL_REFUSED;
    std::string reason;
    uint64_t counter = 0;
    Instant at;
    Money exposure;
    bool voided = false;  // The passage did not happen: the code counts as not shown.
  };
  struct OpenPassage {
    uint64_t counter = 0;
    record::Direction direction = record::Direction::kIn;
    std::shared_ptr<Shown> shown;  // Null when it was opened before what was replayed.
  };
  struct Config {
    signed_file::Edition edition;
    terminal_config::TerminalConfig content;
    std::unique_ptr<code::Verifier> verifier;
  };
  struct RuleFile {
    signed_file::Edition edition;
    judgement::Scene scene;
  };
  struct Moment {
    Instant now;
    int64_t behind_us = 0;
    bool reliable = false;
  };
  struct Presentation {
    const code::View& view;
    record::Direction direction;
    Instant at;
    bool clock_reliable;
  };
  struct Words {  // Behind the pointers of the last decision.
    std::string reason, title_zh, title_en, next_zh, next_en;
  };

  Moment Now() const;
  std::optional<int64_t> ListAgeSeconds(Instant now, bool clock_reliable) const;
  Result<void> CheckEdition(const signed_file::Edition& edition, uint64_t version_held) const;
  void RaiseFloor(Instant at) { floor_ = std::max(floor_, at); }

  std::optional<Reason> Refusal(const Presentation& shown, Money* exposure) const;
  Money ExposureOf(const Exposure::Entry& entry) const;
  Exposure::Entry EntryOf(const code::View& code, Instant at, std::string point) const;
  Result<uint64_t> Write(record::Record record, Instant at);
  yukuai_terminal_decision Answer(uint32_t verdict, const Shown& first);
  yukuai_terminal_decision Refuse(ByteSpan code, record::Direction direction, Instant at, const Shown& refused);
  yukuai_terminal_decision Admit(const Presentation& shown, Money exposure);
  std::shared_ptr<Shown> FindShown(ByteSpan code, Instant at);
  void Remember(ByteSpan code, Instant at, std::shared_ptr<Shown> shown);

  const TerminalId id_;
  const sm2::PrivateKey key_;
  const sm2::PublicKey anchor_;
  const yukuai_terminal_host host_;

  bool restored_ = false;
  bool recording_ = false;  // A record was made since the start.
  record::ChainHead head_;
  Instant floor_;  // Of time: the last record or the newest signed file.
  uint64_t acknowledged_ = 0;
  std::optional<OpenPassage> open_;
  Exposure exposure_;
  uint64_t append_failures_ = 0;

  std::optional<Config> config_;
  std::optional<RuleFile> rules_;
  std::optional<lists::FreezeList> freeze_list_;
  uint64_t config_version_held_ = 0;
  uint64_t rules_version_held_ = 0;
  uint64_t freeze_list_version_held_ = 0;

  using Window = code::ReplayWindow<std::shared_ptr<Shown>>;
  // A profile that permits longer codes needs a longer memory; the one so far is asked until it has run out.
  int64_t window_seconds_;
  std::optional<Window> window_;
  std::optional<Window> window_before_;
  Words words_;
};

}  // namespace yukuai::sdk
