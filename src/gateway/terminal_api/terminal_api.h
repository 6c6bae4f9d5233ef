// SPDX-License-Identifier: Apache-2.0
// The API of terminals: enrolment by token, signed files, upload of records, online verification. Records are stored and
// acknowledged in the terminal's shard; applying their passages to persons is scenes/operation's, woken after the commit.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "crypto/sm2/sm2.h"
#include "formats/code/verify.h"
#include "formats/terminal_config/terminal_config.h"
#include "gateway/routing/routing.h"
#include "platform/audit/audit.h"
#include "registers/persons/persons.h"
#include "registers/terminals/terminals.h"
#include "scenes/engine/engine.h"
#include "services/codes/codes.h"

namespace yukuai::terminal_api {

// In order of precedence.
inline constexpr Reason kUploadRaced{Kind::kUnavailable, "upload_raced"};  // Another upload of this terminal came between.
inline constexpr Reason kProofMalformed{Kind::kMalformed, "terminal_proof_malformed"};
inline constexpr Reason kRuleFileUnknown{Kind::kNotFound, "rule_file_unknown"};

struct Parts {
  const persons::Register& persons;
  const codes::Codes& codes;
  const code::Verifier& verifier;
  const engine::Engine& engine;
  audit::Log& log;
  const sm2::PrivateKey& list_key;
  const sm2::PrivateKey& rules_key;
  // What every terminal is told alike; place and id are filled in for each.
  terminal_config::TerminalConfig config;
  Instant started_at;  // Configuration changes with a restart only, so this numbers it.
  int64_t skew_seconds = 20;
  std::function<void()> records_arrived;  // After the commit.
};
std::vector<routing::Route> Routes(Parts parts);

}  // namespace yukuai::terminal_api
