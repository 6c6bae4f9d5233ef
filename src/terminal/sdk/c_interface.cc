// SPDX-License-Identifier: Apache-2.0
// The border to C: pointers become spans, faults become slugs, and nothing that is thrown goes further.
#include <exception>

#include "terminal/sdk/terminal.h"

static_assert(YUKUAI_TERMINAL_RECORD_BYTES_MAX == yukuai::record::kRecordBytesMax);

struct yukuai_terminal {
  yukuai::sdk::Terminal terminal;
  std::string detail;
  bool broken = false;  // Something was thrown: what is in memory may contradict the log.
};

namespace {

using yukuai::ByteSpan;
using yukuai::Reason;
using yukuai::Result;

// Slugs are literals, so a null byte stands behind each.
const char* Slug(const Reason& reason) { return reason.slug.data(); }

// Runs what a function is about and says how it ended.
template <typename Body>
const char* Run(yukuai_terminal* terminal, Body body) noexcept {
  if (terminal == nullptr || terminal->broken) return Slug(yukuai::sdk::kTerminalInternal);
  try {
    const Result<void> result = body(terminal->terminal);
    if (result.ok()) return nullptr;
    terminal->detail = result.error().detail;
    return Slug(result.error().reason);
  } catch (const std::exception&) {  // Memory is exhausted, or a defect.
    terminal->broken = true;
    return Slug(yukuai::sdk::kTerminalInternal);
  }
}

}  // namespace

uint32_t yukuai_terminal_abi(void) { return YUKUAI_TERMINAL_ABI; }

const char* yukuai_terminal_create(const yukuai_terminal_identity* identity, const yukuai_terminal_host* host,
                                   yukuai_terminal** out) {
  try {
    auto key = yukuai::sm2::PrivateKey::Parse(identity->private_key);
    auto anchor = yukuai::sm2::PublicKey::Parse(identity->list_key);
    const auto id = yukuai::TerminalId::FromBytes(identity->terminal_id);
    if (!key || !anchor || !id) return Slug(yukuai::sdk::kTerminalIdentity);
    if (host == nullptr || host->now_us == nullptr || host->append == nullptr || out == nullptr) {
      return Slug(yukuai::sdk::kHostIncomplete);
    }
    *out = new yukuai_terminal{yukuai::sdk::Terminal(*id, *std::move(key), *std::move(anchor), *host), {}, false};
    return nullptr;
  } catch (const std::exception&) { return Slug(yukuai::sdk::kTerminalInternal); }
}

void yukuai_terminal_destroy(yukuai_terminal* terminal) { delete terminal; }

const char* yukuai_terminal_restore(yukuai_terminal* terminal, const yukuai_terminal_state* state) {
  return Run(terminal, [&](auto& it) { return it.Restore(*state); });
}

const char* yukuai_terminal_replay(yukuai_terminal* terminal, const uint8_t* record, size_t size) {
  return Run(terminal, [&](auto& it) { return it.Replay(ByteSpan(record, size)); });
}

const char* yukuai_terminal_load_config(yukuai_terminal* terminal, const uint8_t* file, size_t size) {
  return Run(terminal, [&](auto& it) { return it.LoadConfig(ByteSpan(file, size)); });
}

const char* yukuai_terminal_load_rules(yukuai_terminal* terminal, const uint8_t* file, size_t size) {
  return Run(terminal, [&](auto& it) { return it.LoadRules(ByteSpan(file, size)); });
}

const char* yukuai_terminal_load_freeze_list(yukuai_terminal* terminal, const uint8_t* file, size_t size) {
  return Run(terminal, [&](auto& it) { return it.LoadFreezeList(ByteSpan(file, size)); });
}

const char* yukuai_terminal_decide(yukuai_terminal* terminal, const uint8_t* code, size_t size, uint32_t direction,
                                   yukuai_terminal_decision* decision) {
  return Run(terminal, [&](auto& it) -> Result<void> {
    YUKUAI_ASSIGN(*decision, it.Decide(ByteSpan(code, size), direction));
    return {};
  });
}

const char* yukuai_terminal_outcome(yukuai_terminal* terminal, uint64_t held_counter, uint32_t outcome, uint64_t* counter) {
  return Run(terminal, [&](auto& it) -> Result<void> {
    YUKUAI_ASSIGN(const uint64_t written, it.EndPassage(held_counter, outcome));
    if (counter != nullptr) *counter = written;
    return {};
  });
}

const char* yukuai_terminal_acknowledged(yukuai_terminal* terminal, uint64_t counter) {
  return Run(terminal, [&](auto& it) { return it.Acknowledge(counter); });
}

const char* yukuai_terminal_detail(const yukuai_terminal* terminal) { return terminal->detail.c_str(); }

const char* yukuai_terminal_read_status(yukuai_terminal* terminal, yukuai_terminal_status* status) {
  return Run(terminal, [&](auto& it) -> Result<void> {
    *status = it.Status();
    return {};
  });
}
