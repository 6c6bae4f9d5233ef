// SPDX-License-Identifier: Apache-2.0
#include "gateway/terminal_api/upload.h"

#include "formats/code/code.h"
#include "gateway/terminal_api/terminal_api.h"
#include "registers/records/records.h"

namespace yukuai::terminal_api {
namespace {

// A gate cannot have admitted a code before it was shown or after it had ended.
bool LiesWithinItsCode(const record::Record& record, int64_t skew_seconds) {
  if (record.event != record::EventKind::kHeld) return true;
  const auto view = code::View::Parse(record.code);
  if (!view.ok()) return false;
  const int64_t at = record.at.seconds();
  return at >= view->generated_at_seconds() - skew_seconds && at <= view->expires_at_seconds() + skew_seconds;
}

records::Outcome OutcomeOf(record::EventKind event) {
  switch (event) {
    case record::EventKind::kConfirmed: return records::Outcome::kConfirmed;
    case record::EventKind::kVoided: return records::Outcome::kVoided;
    case record::EventKind::kHeld:
    case record::EventKind::kRefused:
    case record::EventKind::kUnknown: break;
  }
  return records::Outcome::kUnknown;
}

}  // namespace

Result<JudgedBatch> JudgeBatch(storage::Reader& reader, const terminals::Terminal& terminal, const std::vector<Bytes>& batch,
                               Instant now, int64_t skew_seconds) {
  JudgedBatch judged;
  record::ChainHead head = terminal.head;
  for (const Bytes& bytes : batch) {
    auto parsed = record::Parse(bytes);
    if (!parsed.ok()) {
      judged.refusal = parsed.error();
      return judged;
    }
    const record::Record& one = *parsed;
    judged.refused_counter = one.counter;
    std::optional<sm3::Digest> held_digest;
    if (one.counter <= terminal.head.counter) {
      YUKUAI_ASSIGN(const auto receipt, terminals::FindReceipt(reader, terminal.id, one.counter));
      if (receipt) held_digest = receipt->digest;
    } else if (one.counter <= head.counter) {
      for (const JudgedRecord& earlier : judged.records) {
        if (earlier.record.counter == one.counter) held_digest = record::DigestOf(earlier.bytes);
      }
    }
    const auto standing =
        record::CheckChain({bytes, one, terminal.id, *terminal.public_key, head, held_digest, now, skew_seconds});
    if (!standing.ok()) {
      judged.refusal = standing.error();
      return judged;
    }
    if (!LiesWithinItsCode(one, skew_seconds)) {
      judged.refusal = Fault(record::kRecordCodeTime);
      return judged;
    }
    JudgedRecord taken{bytes, one, head, head, *standing == record::Standing::kKnown};
    if (!taken.known) taken.after = head = record::HeadAfter(one, bytes);
    judged.records.push_back(std::move(taken));
  }
  judged.refused_counter = 0;
  return judged;
}

Result<void> TakeIn(storage::Transaction& transaction, TerminalId id, JudgedBatch& batch, Instant now) {
  YUKUAI_ASSIGN(const terminals::Terminal terminal, terminals::LoadEnrolled(transaction, id));
  for (const JudgedRecord& one : batch.records) {
    if (one.known) continue;
    if (terminal.head != one.before) return Fault(kUploadRaced);
    break;
  }
  for (size_t i = 0; i < batch.records.size(); ++i) {
    const JudgedRecord& one = batch.records[i];
    if (one.known) continue;
    const bool resolves = record::Resolves(one.record.event);
    if (resolves) {
      YUKUAI_ASSIGN(const bool held, records::IsHeld(transaction, id, one.record.held_counter));
      if (!held) {
        // It names a passage that has its outcome or never was: the chain stops before it.
        batch.refusal = Fault(records::kHeldUnknown);
        batch.refused_counter = one.record.counter;
        batch.records.resize(i);
        break;
      }
    }
    YUKUAI_TRY(records::Add(transaction, id, one.record.counter, one.bytes, now));
    if (one.record.event == record::EventKind::kHeld) YUKUAI_TRY(records::AddHeld(transaction, id, one.record.counter));
    if (resolves) YUKUAI_TRY(records::Resolve(transaction, id, one.record.held_counter, OutcomeOf(one.record.event)));
    YUKUAI_TRY(terminals::Advance(transaction, id, one.before, one.after, "taken", now));
  }
  return {};
}

}  // namespace yukuai::terminal_api
