// SPDX-License-Identifier: Apache-2.0
// The checks of a bundle, one function each, in order of precedence. A check answers with what did not hold, or nothing.
#include <algorithm>

#include "formats/audit_proof/bundle.h"

namespace yukuai::audit_proof {
namespace {

using Failure = std::optional<std::string>;

Failure CheckShardInclusion(const Bundle& bundle) {
  if (merkle::VerifyInclusion(HeadLeafOf(bundle.head), bundle.shard, kShardCount, bundle.shard_proof,
                              bundle.root.root.commitment)) {
    return std::nullopt;
  }
  return "the root does not commit to this head of shard " + std::to_string(bundle.shard);
}

Failure CheckMapProof(const Bundle& bundle) {
  std::optional<merkle::MapValue> value;
  if (bundle.count > 0) value = MapValueOf(bundle.blind.value_or(ByteArray<16>{}), bundle.count, bundle.newest);
  if (merkle::VerifyMapProof(bundle.head.map_root, bundle.subject, value, bundle.map_proof)) return std::nullopt;
  return "the shard's map does not hold this count and newest entry";
}

Failure CheckComplete(const Bundle& bundle) {
  if (bundle.entries.size() != bundle.count) {
    return std::to_string(bundle.entries.size()) + " entries are here, the root counts " + std::to_string(bundle.count);
  }
  std::vector<bool> seen(bundle.entries.size());
  for (const BundleEntry& entry : bundle.entries) {
    if (entry.decoded.sequence <= seen.size()) seen[entry.decoded.sequence - 1] = true;
  }
  const auto missing = std::find(seen.begin(), seen.end(), false);
  if (missing == seen.end()) return std::nullopt;
  return "entry " + std::to_string(missing - seen.begin() + 1) + " is not here";
}

Failure CheckChain(const Bundle& bundle) {
  sm3::Digest previous{};
  for (size_t i = 0; i < bundle.entries.size(); ++i) {
    const BundleEntry& entry = bundle.entries[i];
    const std::string name = "entry " + std::to_string(i + 1);
    if (entry.decoded.subject != bundle.subject) return name + " is about somebody else";
    if (entry.decoded.sequence != i + 1) return name + " carries number " + std::to_string(entry.decoded.sequence);
    if (entry.decoded.previous != previous) return name + " does not name the one before";
    previous = CommitmentOf(entry.salt, entry.content);
  }
  if (previous != bundle.newest) return "the last entry is not the newest one of the map";
  return std::nullopt;
}

Failure CheckInclusion(const Bundle& bundle) {
  for (size_t i = 0; i < bundle.entries.size(); ++i) {
    const BundleEntry& entry = bundle.entries[i];
    const merkle::Hash leaf = merkle::LeafHash(CommitmentOf(entry.salt, entry.content));
    if (!merkle::VerifyInclusion(leaf, entry.index, bundle.head.size, entry.proof, bundle.head.log_root)) {
      return "entry " + std::to_string(i + 1) + " is not in the shard's log";
    }
  }
  return std::nullopt;
}

Failure CheckRememberedCount(const Bundle& bundle, const Remembered& remembered) {
  if (bundle.count >= remembered.count) return std::nullopt;
  return std::to_string(remembered.count) + " entries were remembered, now there are " + std::to_string(bundle.count);
}

Failure CheckRememberedHead(const Bundle& bundle, const Remembered& remembered) {
  if (remembered.count == 0) return std::nullopt;
  const std::string name = "entry " + std::to_string(remembered.count);
  if (remembered.count > bundle.entries.size()) return name + " is not here";
  const BundleEntry& then_newest = bundle.entries[remembered.count - 1];
  if (CommitmentOf(then_newest.salt, then_newest.content) == remembered.head) return std::nullopt;
  return name + " is not the one that was remembered";
}

Failure CheckRememberedRoot(const Bundle& bundle, const Remembered& remembered) {
  const uint64_t now = bundle.root.root.number;
  const uint64_t then = remembered.root.root.number;
  if (now < then) return "root " + std::to_string(now) + " is older than the remembered root " + std::to_string(then);
  if (now == then && bundle.root != remembered.root) return "there are two different roots with number " + std::to_string(now);
  if (now == then + 1 && bundle.root.root.previous != RootHashOf(remembered.root)) {
    return "root " + std::to_string(now) + " does not follow the remembered root";
  }
  return std::nullopt;
}

void Add(Judgement& judgement, Reason reason, Failure failure, std::string held) {
  judgement.checks.push_back(
      {reason, failure ? Outcome::kFailed : Outcome::kHeld, failure ? *std::move(failure) : std::move(held)});
}

}  // namespace

std::optional<Reason> Judgement::reason() const {
  for (const Check& check : checks) {
    if (check.outcome == Outcome::kFailed) return check.reason;
  }
  return std::nullopt;
}

Judgement Judge(const Bundle& bundle, const sm2::PublicKey& log_key, const std::optional<Remembered>& remembered) {
  Judgement out;
  const std::string root = "root " + std::to_string(bundle.root.root.number);
  const std::string count = std::to_string(bundle.count);
  const Failure signature_failure =
      VerifyRoot(bundle.root, log_key) ? Failure() : Failure(root + " is not signed by the log key");
  Add(out, kRootSignature, signature_failure, root + " is signed by the log key");
  Add(out, kShardInclusion, CheckShardInclusion(bundle),
      "the root commits to shard " + std::to_string(bundle.shard) + " with " + std::to_string(bundle.head.size) + " entries");
  Add(out, kMapProof, CheckMapProof(bundle), "the root counts " + count + " entries of this person");
  Add(out, kEntryMissing, CheckComplete(bundle), "all " + count + " entries are here");
  Add(out, kEntryChain, CheckChain(bundle), "each entry names the one before, the last is the newest");
  Add(out, kEntryInclusion, CheckInclusion(bundle), "every entry is in the shard's log");
  if (!remembered) {
    for (const Reason& reason : {kRememberedCount, kRememberedHead, kRememberedRoot}) {
      out.checks.push_back({reason, Outcome::kNotAsked, "nothing remembered was given"});
    }
    return out;
  }
  const std::string then = std::to_string(remembered->count);
  Add(out, kRememberedCount, CheckRememberedCount(bundle, *remembered), "none of the " + then + " remembered entries is gone");
  Add(out, kRememberedHead, CheckRememberedHead(bundle, *remembered), "entry " + then + " is the one that was remembered");
  Add(out, kRememberedRoot, CheckRememberedRoot(bundle, *remembered), "no other root was shown for a remembered number");
  return out;
}

}  // namespace yukuai::audit_proof
