// SPDX-License-Identifier: Apache-2.0
// One batch of records: judged against the terminal's chain before the writer is asked, taken in by the writer if the chain
// still stands where it was judged.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes/bytes.h"
#include "formats/code/verify.h"
#include "formats/record/record.h"
#include "platform/storage/storage.h"
#include "registers/terminals/terminals.h"

namespace yukuai::terminal_api {

struct JudgedRecord {
  Bytes bytes;
  record::Record record;
  record::ChainHead before;
  record::ChainHead after;
  bool known = false;
};

struct JudgedBatch {
  std::vector<JudgedRecord> records;  // Up to the first that was refused.
  std::optional<Fault> refusal;       // Why the next one was.
  uint64_t refused_counter = 0;       // 0: it could not be read.
};

// Signatures, chain, times. A held record must lie within its code's own times.
Result<JudgedBatch> JudgeBatch(storage::Reader& reader, const terminals::Terminal& terminal, const std::vector<Bytes>& batch,
                               Instant now, int64_t skew_seconds);
// Takes in what was judged. kUploadRaced when the chain has moved meanwhile.
Result<void> TakeIn(storage::Transaction& transaction, TerminalId terminal, JudgedBatch& batch, Instant now);

}  // namespace yukuai::terminal_api
