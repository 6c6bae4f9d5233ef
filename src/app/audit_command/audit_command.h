// SPDX-License-Identifier: Apache-2.0
// `yukuai audit seal` makes the next signed root; `yukuai audit check` recomputes the whole log of a data folder;
// `yukuai audit history` shows what is recorded of a clerk or a terminal; `yukuai audit verify` judges a proof bundle with
// nothing but the log's public key: no data folder, no network, no server.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/cli/command.h"
#include "base/entropy/entropy.h"
#include "base/time/time.h"
#include "platform/audit/audit.h"
#include "platform/storage/storage.h"

namespace yukuai::audit_command {

// A city's data folder, opened for sealing.
struct OpenedData {
  std::unique_ptr<storage::Database> database;  // Migrated.
  audit::Keys keys;
};
struct DataPlace {
  std::string folder = "./yukuai-data";
  std::optional<std::string> config;
  std::optional<std::string> seal_file;
};
using OpenData = std::function<Result<OpenedData>(const DataPlace&)>;

// The group `audit`. clock and entropy outlive the command.
cli::Command Audit(const Clock& clock, Entropy& entropy, OpenData open);

// The parts, for those who build another program (a stand-alone verifier).
cli::Command Verify();
cli::Command Seal(const Clock& clock, Entropy& entropy, OpenData open);
cli::Command CheckLog(Entropy& entropy, OpenData open);
cli::Command History(Entropy& entropy, OpenData open);

}  // namespace yukuai::audit_command
