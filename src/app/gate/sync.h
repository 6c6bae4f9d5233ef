// SPDX-License-Identifier: Apache-2.0
// What goes between gate and server: enrolment once, newer files down, records up. Each is a step that is taken once per call
// and can be repeated after a crash at any place; when to take it is the courier's.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "app/gate/folder.h"
#include "app/gate/lane.h"
#include "app/gate/link.h"
#include "app/gate/log.h"

namespace yukuai::gate {

// In order of precedence.
inline constexpr Reason kGateTokenMalformed{Kind::kMalformed, "gate_token_malformed"};
inline constexpr Reason kEnrolledOtherwise{Kind::kConflict,
                                           "gate_enrolled_otherwise"};  // As another terminal, or by another key.
inline constexpr Reason kNotEnrolled{Kind::kConflict, "gate_not_enrolled"};

inline constexpr size_t kBatchRecordsMax = 100;

struct Credentials {
  std::string token;  // "ter_<26>.<26>"
  sm2::CompressedKey list_key{};
};

// Enrols, unless this folder is enrolled already: then the credentials, if any are given, must be of the same terminal.
// The same request is sent again after a crash. Faults: those above, the link's, the folder's.
struct Enrolled {
  Identity identity;
  sm2::PrivateKey key;
  bool just_now = false;
};
Result<Enrolled> EnrolOnce(const Folder& folder, const LinkParts& parts, const std::optional<Credentials>& credentials);

// Waiting times after a failure: 0.2 s, doubled up to 5 s; of each between half and the whole, so that a city's gates do not
// come back in step.
class Backoff {
 public:
  std::chrono::milliseconds Next(Entropy& entropy);
  void Reset() { ceiling_ms_ = 200; }

 private:
  uint32_t ceiling_ms_ = 200;
};

class Synchroniser {
 public:
  struct Refused {
    FileKind kind;
    std::string reason;
  };
  struct Done {
    bool changed = false;
    std::vector<Refused> refused;  // Each version of a file is told of once.
  };
  Synchroniser(Lane& lane, const Link& link, const Clock& clock, Entropy& entropy)
      : lane_(lane), link_(link), clock_(clock), entropy_(entropy) {}

  // Fetches what is not held, then reports what is. Faults: the link's.
  Result<Done> Step();

 private:
  struct Listed {
    FileKind kind;
    uint64_t version;
    std::string path;
  };
  Result<void> Fetch(const Listed& listed, Done& done);
  Result<void> Report();

  Lane& lane_;
  const Link& link_;
  const Clock& clock_;
  Entropy& entropy_;
  std::string reported_;      // The last report's body.
  uint64_t refused_[3] = {};  // By kind: the version that was refused last.
};

class Uploader {
 public:
  struct Refusal {
    uint64_t counter = 0;
    std::string code;
  };
  struct Done {
    uint64_t count = 0;  // Records newly acknowledged; 0: there was nothing to send.
    uint64_t acknowledged = 0;
    bool rewound = false;            // The server holds fewer than it had acknowledged; they are sent again.
    std::optional<Refusal> refusal;  // Upload stops: what stands behind a refused record cannot be applied.
  };
  // Faults: the folder's.
  static Result<Uploader> Start(const Folder& folder, const RecordLog& log, Lane& lane, const Link& link, TerminalId terminal);

  // Sends one batch. Faults: the link's, the log's, the folder's.
  Result<Done> Step();
  // The server may not be what it was: one that was put back from a backup has forgotten what it acknowledged since. The next
  // batch begins with the last acknowledged record, which shows it. True at the start.
  void DoubtAcknowledged() { doubtful_ = acknowledged_ > 0; }
  uint64_t pending() const { return stopped_ ? 0 : log_.count() - acknowledged_; }
  bool idle() const { return stopped_ || (pending() == 0 && !doubtful_); }
  uint64_t acknowledged() const { return acknowledged_; }
  bool stopped() const { return stopped_; }

 private:
  Uploader(const Folder& folder, const RecordLog& log, Lane& lane, const Link& link, TerminalId terminal, uint64_t acknowledged)
      : folder_(folder),
        log_(log),
        lane_(lane),
        link_(link),
        terminal_(terminal),
        acknowledged_(acknowledged),
        doubtful_(acknowledged > 0),
        epoch_(link.FreshBytes()) {}

  const Folder& folder_;
  const RecordLog& log_;
  Lane& lane_;
  const Link& link_;
  TerminalId terminal_;
  uint64_t acknowledged_;
  bool doubtful_;
  bool stopped_ = false;
  // Part of each batch's idempotency key: after a rewinding, or a new start, the same batch must not be given the answer that
  // was kept for it before.
  ByteArray<16> epoch_;
};

}  // namespace yukuai::gate
