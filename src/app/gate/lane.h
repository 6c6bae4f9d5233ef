// SPDX-License-Identifier: Apache-2.0
// One reader of one lane: the terminal SDK with its log. The reading thread decides; the thread that talks to the server
// loads newer files and tells what was acknowledged. Calls of the SDK must not overlap, so each takes the lane's lock; none of
// them waits for a network.
#pragma once

#include <yukuai/terminal.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "app/gate/folder.h"
#include "app/gate/log.h"
#include "base/time/time.h"
#include "formats/terminal_config/terminal_config.h"

namespace yukuai::gate {

// Fewer records are here than the server has acknowledged: the data folder is an old copy.
inline constexpr Reason kLogBehindServer{Kind::kConflict, "gate_log_behind_server"};

struct Answer {
  enum class Verdict : uint8_t { kAdmitted, kRefused, kRepeated };
  Verdict verdict = Verdict::kRefused;
  Verdict first_verdict = Verdict::kRefused;
  bool open_barrier = false;
  uint64_t counter = 0;  // 0: nothing could be written down.
  Instant at;
  int64_t list_age_seconds = -1;
  std::string reason;
  std::string title_zh;
  std::string title_en;
  std::string next_zh;
  std::string next_en;
};

// How an open passage ended, as the caller of EndPassage says it.
enum class Outcome : uint32_t {
  kConfirmed = YUKUAI_TERMINAL_CONFIRMED,
  kVoided = YUKUAI_TERMINAL_VOIDED,
  kUnknown = YUKUAI_TERMINAL_UNKNOWN,
};

class Lane {
 public:
  struct Parts {
    const Folder& folder;
    RecordLog& log;
    const Clock& clock;
    bool clock_trusted = true;
  };
  struct Started {
    std::unique_ptr<Lane> lane;
    std::optional<uint64_t> unknown_counter;  // A passage that was open when the power went; its end is now recorded as unknown.
  };
  // From the folder: restores, loads what is held, replays the log, ends an open passage as unknown. A held file that no
  // longer loads is left out. Faults: those of the folder and the log, kLogBehindServer, slugs of the SDK.
  static Result<Started> Start(const Parts& parts, const Identity& identity, const sm2::PrivateKey& key);

  // Without a decision by the rules (config_missing and the like) the answer is a refusal with counter 0.
  Answer Decide(ByteSpan code, uint32_t direction);
  // Faults: slugs of the SDK. After log_unavailable the passage is still open.
  Result<uint64_t> EndPassage(uint64_t held_counter, Outcome outcome);
  // Loads, then keeps the file durably. Faults: slugs of the SDK, those of the folder.
  Result<void> Load(FileKind kind, ByteSpan file);
  void Acknowledged(uint64_t counter);
  yukuai_terminal_status Status();
  // Of the configuration that is loaded.
  std::optional<terminal_config::TerminalConfig> Config();

 private:
  struct Destroy {
    void operator()(yukuai_terminal* terminal) const { yukuai_terminal_destroy(terminal); }
  };
  explicit Lane(const Parts& parts) : parts_(parts) {}
  static int64_t Now(void* user, int* trusted);
  static int Append(void* user, uint64_t counter, const uint8_t* record, size_t size);
  const char* LoadInto(FileKind kind, ByteSpan file);
  Result<void> Replay(uint64_t acknowledged);
  yukuai_terminal_status ReadStatus();

  const Parts parts_;
  std::mutex mutex_;  // Guards what follows.
  std::unique_ptr<yukuai_terminal, Destroy> terminal_;
  std::optional<terminal_config::TerminalConfig> config_;
};

}  // namespace yukuai::gate
