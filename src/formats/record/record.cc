// SPDX-License-Identifier: Apache-2.0
#include "formats/record/record.h"

#include <algorithm>

#include "formats/code/code.h"

namespace yukuai::record {
namespace {

constexpr std::string_view kMagic = "YKR1";
// Sums of a record's time and a few seconds or days always fit.
constexpr Instant kAtMax = Instant::FromSeconds(253'402'300'799);

bool IsLine(std::string_view text, size_t bytes_max) {
  return text.size() <= bytes_max && IsUtf8(text) &&
         std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool IsSlug(std::string_view text) {
  return !text.empty() && text.size() <= kReasonBytesMax &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

// The rules in struct Record; what they refuse is neither written nor read.
Result<void> CheckContent(const Record& record) {
  const auto malformed = [](std::string_view what) { return Fault(kRecordMalformed, std::string(what)); };
  if (record.counter == 0) return malformed("counter 0");
  if (record.at < Instant{} || record.at > kAtMax) return malformed("time");
  if (record.counter == 1 && record.previous != sm3::Digest{}) return malformed("a first record with a previous one");
  if (record.point.empty() || !IsLine(record.point, kPointBytesMax)) return malformed("point");
  if (!IsLine(record.rule_file, kRuleFileBytesMax)) return malformed("rule file");
  const bool resolves = Resolves(record.event);
  if (resolves ? record.held_counter == 0 || record.held_counter >= record.counter : record.held_counter != 0) {
    return malformed("held counter");
  }
  if (record.event == EventKind::kRefused ? !IsSlug(record.reason) : !record.reason.empty()) return malformed("reason");
  if (record.code.size() > code::kLengthMax || (resolves && !record.code.empty()) ||
      (record.event == EventKind::kHeld && record.code.size() < code::kLengthMin)) {
    return malformed("code");
  }
  return {};
}

Bytes Unsigned(const Record& record) {
  ByteWriter writer;
  writer.AppendText(kMagic).Append(record.terminal.bytes()).U64(record.counter).Append(record.previous).I64(record.at.us);
  writer.U8(static_cast<uint8_t>(record.event)).U8(static_cast<uint8_t>(record.direction)).U64(record.held_counter);
  writer.AppendSized(AsBytes(record.point)).AppendSized(AsBytes(record.rule_file)).U64(record.freeze_list_version);
  writer.AppendSized(AsBytes(record.reason)).AppendSized(record.code);
  return writer.Finish();
}

bool SignatureHolds(ByteSpan bytes, const sm2::PublicKey& key) {
  sm2::Signature signature;
  std::ranges::copy(bytes.last(kSignatureLength), signature.begin());
  return sm2::Verify(key, AsBytes(sm2::kDefaultId), bytes.first(bytes.size() - kSignatureLength), signature);
}

// A held passage happened while its code was good. Refused codes may have been refused for just this.
bool InsideCodeTime(const Record& record, int64_t skew_seconds) {
  if (record.event != EventKind::kHeld) return true;
  const auto view = code::View::Parse(record.code);
  if (!view) return false;
  const int64_t at = record.at.seconds();
  return view->generated_at_seconds() <= at + skew_seconds && at <= view->expires_at_seconds() &&
         at <= view->authorisation_expiry_seconds();
}

}  // namespace

bool Resolves(EventKind event) {
  switch (event) {
    case EventKind::kConfirmed:
    case EventKind::kVoided:
    case EventKind::kUnknown: return true;
    case EventKind::kHeld:
    case EventKind::kRefused: return false;
  }
  YUKUAI_CHECK(false);
  return false;
}

Result<Bytes> Build(const Record& record, const sm2::PrivateKey& terminal_key) {
  YUKUAI_TRY(CheckContent(record));
  Bytes bytes = Unsigned(record);
  const sm2::Signature signature = sm2::Sign(terminal_key, AsBytes(sm2::kDefaultId), bytes);
  bytes.insert(bytes.end(), signature.begin(), signature.end());
  return bytes;
}

Result<Record> Parse(ByteSpan bytes) {
  if (bytes.size() < kRecordBytesMin || bytes.size() > kRecordBytesMax) return Fault(kRecordMalformed, "length");
  ByteReader reader(bytes.first(bytes.size() - kSignatureLength));
  Record record;
  if (AsText(reader.Take(kMagic.size())) != kMagic) return Fault(kRecordMalformed, "no record");
  record.terminal = TerminalId(reader.TakeArray<16>());
  record.counter = reader.U64();
  record.previous = reader.TakeArray<32>();
  record.at = Instant{reader.I64()};
  const uint8_t event = reader.U8();
  const uint8_t direction = reader.U8();
  record.held_counter = reader.U64();
  record.point = AsText(reader.TakeSized(kPointBytesMax));
  record.rule_file = AsText(reader.TakeSized(kRuleFileBytesMax));
  record.freeze_list_version = reader.U64();
  record.reason = AsText(reader.TakeSized(kReasonBytesMax));
  const ByteSpan code = reader.TakeSized(code::kLengthMax);
  if (!reader.AtEnd()) return Fault(kRecordMalformed, "a field's length");
  if (event < static_cast<uint8_t>(EventKind::kHeld) || event > static_cast<uint8_t>(EventKind::kUnknown)) {
    return Fault(kRecordMalformed, "event");
  }
  if (direction != static_cast<uint8_t>(Direction::kIn) && direction != static_cast<uint8_t>(Direction::kOut)) {
    return Fault(kRecordMalformed, "direction");
  }
  record.event = static_cast<EventKind>(event);
  record.direction = static_cast<Direction>(direction);
  record.code.assign(code.begin(), code.end());
  YUKUAI_TRY(CheckContent(record));
  return record;
}

sm3::Digest DigestOf(ByteSpan bytes) { return sm3::Hash(bytes); }

ChainHead HeadAfter(const Record& record, ByteSpan bytes) { return {record.counter, DigestOf(bytes), record.at}; }

Result<Standing> CheckChain(const ChainCheck& check) {
  const Record& record = check.record;
  if (record.terminal != check.terminal) return Fault(kRecordTerminal);
  const bool old = record.counter <= check.head.counter;
  if (old && check.held_digest == DigestOf(check.bytes)) return Standing::kKnown;
  if (!SignatureHolds(check.bytes, check.terminal_key)) return Fault(kRecordSignature);
  if (!old && record.counter - check.head.counter > 1) {
    return Fault(kRecordGap, "the next is " + std::to_string(check.head.counter + 1));
  }
  if (old) return Fault(kRecordFork, "counter " + std::to_string(record.counter));
  if (record.previous != check.head.digest) return Fault(kRecordChain);
  if (record.at < check.head.at || record.at > check.now.PlusSeconds(check.skew_seconds)) return Fault(kRecordTime);
  if (!InsideCodeTime(record, check.skew_seconds)) return Fault(kRecordCodeTime);
  return Standing::kNext;
}

}  // namespace yukuai::record
