// SPDX-License-Identifier: Apache-2.0
// What a terminal writes down of each passage: signed when written, naming the record before it, so that one that is left
// out, changed, re-timed or written twice is found. Layout: docs/formats/terminal.md.
//
//   59 4b 52 31 | terminal 16 | counter 8 | previous SM3 32 | time 8 | event 1 | direction 1 | held counter 8
//   | point, sized | rule file, sized | freeze list version 8 | reason, sized | code, sized | r s 64
//
// Without texts and code 158 bytes; the longest is 730.
#pragma once

#include <optional>
#include <string>

#include "base/bytes/bytes.h"
#include "base/ids/ids.h"
#include "base/result/result.h"
#include "base/time/time.h"
#include "crypto/sm2/sm2.h"
#include "crypto/sm3/sm3.h"
#include "formats/code/layout.h"

namespace yukuai::record {

// In order of precedence; record_malformed is Parse's and Build's, the others are CheckChain's.
inline constexpr Reason kRecordMalformed{Kind::kMalformed, "record_malformed"};
inline constexpr Reason kRecordTerminal{Kind::kForbidden, "record_terminal"};  // Of another terminal than said.
inline constexpr Reason kRecordSignature{Kind::kUnauthenticated, "record_signature"};
inline constexpr Reason kRecordGap{Kind::kConflict, "record_gap"};
inline constexpr Reason kRecordFork{Kind::kConflict, "record_fork"};
inline constexpr Reason kRecordChain{Kind::kConflict, "record_chain"};
inline constexpr Reason kRecordTime{Kind::kMalformed, "record_time"};
inline constexpr Reason kRecordCodeTime{Kind::kMalformed, "record_code_time"};

inline constexpr size_t kPointBytesMax = 64;
inline constexpr size_t kRuleFileBytesMax = 80;
inline constexpr size_t kReasonBytesMax = 64;
inline constexpr size_t kSignatureLength = 64;
inline constexpr size_t kRecordBytesMin = 4 + 16 + 8 + 32 + 8 + 1 + 1 + 8 + 2 + 2 + 8 + 2 + 2 + kSignatureLength;
inline constexpr size_t kRecordBytesMax =
    kRecordBytesMin + kPointBytesMax + kRuleFileBytesMax + kReasonBytesMax + code::kLengthMax;

enum class EventKind : uint8_t {
  kHeld = 1,       // Admitted; durable before the barrier opens.
  kConfirmed = 2,  // The barrier moved.
  kVoided = 3,     // It did not.
  kRefused = 4,
  kUnknown = 5,  // Found open after a restart.
};
enum class Direction : uint8_t { kIn = 1, kOut = 2 };

// Whether the event says how an earlier held record ended.
bool Resolves(EventKind event);

struct Record {
  TerminalId terminal;
  uint64_t counter = 1;    // 1, 2, 3 …
  sm3::Digest previous{};  // Of the whole previous record; zeros before counter 1.
  Instant at;              // Within years 1970..9999.
  EventKind event = EventKind::kHeld;
  Direction direction = Direction::kIn;
  uint64_t held_counter = 0;  // Confirmed, voided, unknown: which held record; below counter. Else 0.
  std::string point;          // Not empty.
  std::string rule_file;      // "SCENE@3": scene and version.
  uint64_t freeze_list_version = 0;
  std::string reason;  // A slug exactly when refused.
  Bytes code;          // Held: a whole code. Refused: what was shown, cut to 364 bytes. Else empty.
};

// Faults: record_malformed when a field breaks the rules above.
Result<Bytes> Build(const Record& record, const sm2::PrivateKey& terminal_key);
// Reads without looking at the signature: CheckChain() does. Faults: record_malformed.
Result<Record> Parse(ByteSpan bytes);
// What the next record names as its previous one.
sm3::Digest DigestOf(ByteSpan bytes);

// The end of a terminal's chain, as the server or the terminal remembers it. This one is of a terminal without records.
struct ChainHead {
  uint64_t counter = 0;
  sm3::Digest digest{};
  Instant at{INT64_MIN};
  friend bool operator==(const ChainHead&, const ChainHead&) = default;
};
ChainHead HeadAfter(const Record& record, ByteSpan bytes);

enum class Standing : uint8_t {
  kNext,   // Continues the chain: apply it, and take HeadAfter().
  kKnown,  // Held with the same bytes: acknowledge it again, change nothing.
};

struct ChainCheck {
  ByteSpan bytes;
  const Record& record;  // Parsed from bytes.
  TerminalId terminal;   // Who is uploading.
  const sm2::PublicKey& terminal_key;
  ChainHead head;
  // For a counter up to head.counter: the digest of the record that is held under it.
  std::optional<sm3::Digest> held_digest;
  Instant now;
  int64_t skew_seconds = 20;
};
// Only a record that the terminal truly signed can accuse it, so the signature comes before the chain; a record that is
// known is answered before it, because it was checked when it came first. Faults as listed above, in that order.
Result<Standing> CheckChain(const ChainCheck& check);

}  // namespace yukuai::record
