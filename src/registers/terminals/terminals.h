// SPDX-License-Identifier: Apache-2.0
// The register of terminals: which gate stands where, the key it proved, the lists it holds, and the chain of the records it
// has delivered (docs/formats/terminal.md).
//
// A terminal is added by the operator, who gets a one-time token; the gate redeems the token with a key of its own. Whoever adds,
// enrols or disables one appends to the terminal's history (platform/audit) in the same transaction.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/entropy/entropy.h"
#include "base/ids/ids.h"
#include "base/result/result.h"
#include "base/secret/secret.h"
#include "base/time/time.h"
#include "crypto/sm2/sm2.h"
#include "crypto/sm3/sm3.h"
#include "formats/record/record.h"
#include "platform/storage/storage.h"

namespace yukuai::terminals {

extern const std::vector<storage::Migration> kSchema;

// Adding and reading. In order of precedence.
inline constexpr Reason kTerminalPlaceMalformed{Kind::kMalformed,
                                                "terminal_place_malformed"};  // Scene or point empty or over 64 bytes.
inline constexpr Reason kTerminalUnknown{Kind::kNotFound, "terminal_unknown"};
inline constexpr Reason kTerminalDisabled{Kind::kForbidden, "terminal_disabled"};

// Enrolling. An unknown terminal and a wrong secret get the same answer. In order of precedence.
inline constexpr Reason kTokenMalformed{Kind::kMalformed, "terminal_token_malformed"};
inline constexpr Reason kTokenRefused{Kind::kUnauthenticated, "terminal_token_refused"};
inline constexpr Reason kTokenUsed{Kind::kConflict, "terminal_token_used"};  // The second use; it is recorded as an alarm.
inline constexpr Reason kTokenExpired{Kind::kUnauthenticated, "terminal_token_expired"};
inline constexpr Reason kProofRefused{Kind::kUnauthenticated, "terminal_proof_refused"};  // The key does not sign the proof.

inline constexpr int64_t kTokenSeconds = 3600;

enum class Directions : uint8_t { kIn = 1, kOut = 2, kBoth = 3 };  // Stored.

// Where a terminal stands.
struct Place {
  std::string scene;
  std::string point;  // The station or door, as the scene names it.
  Directions directions = Directions::kBoth;
  uint16_t clearing_group = 0;
};

struct Terminal {
  TerminalId id;
  Place place;
  bool enabled = true;
  Instant added_at;
  std::optional<sm2::PublicKey> public_key;  // Present once enrolled.
  std::optional<Instant> enrolled_at;
  std::optional<Instant> seen_at;
  record::ChainHead head;  // The last record taken in.
};

// The token's text: "ter_" and 26 digits (the id), a point, 26 digits (128-bit secret), Crockford base32.
struct Token {
  TerminalId terminal;
  Secret<ByteArray<16>> secret;

  static Result<Token> Parse(std::string_view text);
  std::string Text() const;
};

struct Added {
  TerminalId id;
  Token token;  // Shown once; only its hash is kept.
  Instant token_expires_at;
};

// What an enrolment came to. A refusal is an outcome, not a fault, because a second use of a token must be written down.
struct Refusal {
  Reason reason;
};
using Enrolment = std::variant<Terminal, Refusal>;

enum class FileKind : uint8_t { kRules = 1, kFreezeList = 2 };  // Stored.

struct HeldFile {
  FileKind kind = FileKind::kRules;
  std::string name;  // The scene, or the clearing group in decimal digits.
  uint64_t version = 0;
  Instant held_at;  // Since when it is known to hold this version.
};

// What is kept of a record that was taken in: enough to know it again, and the answer it got.
struct Receipt {
  sm3::Digest digest{};
  std::string outcome;
  friend bool operator==(const Receipt&, const Receipt&) = default;
};

// How far a version of the freeze list has spread.
struct Spread {
  int64_t terminals_total = 0;              // Enrolled and enabled.
  int64_t terminals_holding = 0;            // Of those, with this version or a later one.
  std::optional<Instant> last_terminal_at;  // When the last of those was first seen with what it holds.
};

// "yukuai-terminal-enrolment" || token secret || compressed public key: what the terminal's key signs (default user ID).
Bytes EnrolmentProofMessage(const Secret<ByteArray<16>>& secret, const sm2::CompressedKey& public_key);

Result<Added> Add(storage::Transaction& transaction, const Place& place, Instant now, Entropy& entropy);
// The token is good during its last second. Refusals: kTokenRefused, kTokenUsed, kTokenExpired, kProofRefused,
// kTerminalDisabled. A gate that lost the answer may ask again with the same key; with another key it is a reuse, and recorded.
Result<Enrolment> Enrol(storage::Transaction& transaction, const Token& token, const sm2::PublicKey& public_key,
                        const sm2::Signature& proof, Instant now);

Result<Terminal> Load(storage::Reader& reader, TerminalId id);  // kTerminalUnknown
// The key that signs for a terminal now. kTerminalUnknown (also before enrolment), kTerminalDisabled.
Result<Terminal> LoadEnrolled(storage::Reader& reader, TerminalId id);
Result<std::vector<Terminal>> All(storage::Reader& reader);
Result<void> SetEnabled(storage::Transaction& transaction, TerminalId id, bool enabled);  // kTerminalUnknown
// How often used tokens were presented again, over all terminals: an alarm when it grows.
Result<int64_t> TokenReuses(storage::Reader& reader);

// The terminal said what it holds. A version below the one known is kept as said: the alarm about it is the caller's.
Result<void> ReportFiles(storage::Transaction& transaction, TerminalId id, const std::vector<HeldFile>& files, Instant now);
// The terminal said how many codes it has dropped from its replay window before their time, since it started.
Result<void> ReportForgotten(storage::Transaction& transaction, TerminalId id, uint64_t count);
Result<int64_t> CodesForgotten(storage::Reader& reader);  // Over all terminals, as they last said: an alarm when it is not 0.
Result<std::vector<HeldFile>> FilesOf(storage::Reader& reader, TerminalId id);
Result<Spread> FreezeSpread(storage::Reader& reader, uint64_t version);

// Of a record that was taken in: what formats/record needs to judge a second delivery.
Result<std::optional<Receipt>> FindReceipt(storage::Reader& reader, TerminalId id, uint64_t counter);
// Takes a record in: the chain moves from `head`, which it was judged against in this transaction, to `next`. `outcome`, not
// empty, is what a second delivery will be told.
Result<void> Advance(storage::Transaction& transaction, TerminalId id, const record::ChainHead& head,
                     const record::ChainHead& next, std::string_view outcome, Instant now);

}  // namespace yukuai::terminals
