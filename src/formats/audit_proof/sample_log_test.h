// SPDX-License-Identifier: Apache-2.0
// A whole audit log of one shard in a few lines, for tests: it keeps everything, seals when told, and makes bundles. It is
// written from docs/formats/audit.md and shares only records.h with the server's log.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/entropy/entropy.h"
#include "formats/audit_proof/bundle.h"

namespace yukuai::audit_proof {

inline Subject SubjectNamed(uint8_t name) {
  Subject subject{};
  subject.fill(name);
  subject[0] = static_cast<uint8_t>(name * 37);
  return subject;
}

class SampleLog {
 public:
  SampleLog(const sm2::PrivateKey& key, Entropy& entropy) : key_(key), entropy_(entropy) {}

  void Add(uint8_t person, const std::string& details) {
    std::vector<size_t>& own = of_person_[SubjectNamed(person)];
    EntryContent content;
    content.subject = SubjectNamed(person);
    content.sequence = own.size() + 1;
    if (!own.empty()) content.previous = Commitment(own.back());
    content.at = Instant::FromSeconds(1'772'000'000 + static_cast<int64_t>(entries_.size()));
    content.action = "ride_charged";
    content.actor = "system";
    content.scene = "tram";
    content.details = details;
    own.push_back(entries_.size());
    entries_.push_back({entropy_.Take<16>(), EncodeContent(content)});
  }

  void Seal(uint64_t number) {
    leaves_.clear();
    for (size_t i = 0; i < entries_.size(); ++i) leaves_.push_back(merkle::LeafHash(Commitment(i)));
    map_ = {};
    blinds_.clear();
    for (const auto& [subject, own] : of_person_) {
      blinds_[subject] = entropy_.Take<16>();
      map_.Set(subject, MapValueOf(blinds_[subject], own.size(), Commitment(own.back())));
    }
    head_ = {leaves_.size(), merkle::Root(leaves_), map_.Root()};
    heads_.assign(kShardCount, HeadLeafOf(ShardHead::Empty()));
    heads_[kShard] = HeadLeafOf(head_);
    const sm3::Digest previous = number > 1 && root_.root.number > 0 ? RootHashOf(root_) : sm3::Digest{};
    root_.root = {number, Instant::FromSeconds(1'772'000'000 + static_cast<int64_t>(number) * 60), previous,
                  merkle::Root(heads_)};
    Sign();
  }

  Bundle For(uint8_t person) const {
    Bundle out;
    out.root = root_;
    out.shard = kShard;
    out.head = head_;
    out.shard_proof = merkle::InclusionProof(heads_, kShard);
    out.subject = SubjectNamed(person);
    out.map_proof = map_.Prove(out.subject);
    const auto own = of_person_.find(out.subject);
    if (own == of_person_.end()) return out;
    out.count = own->second.size();
    out.newest = Commitment(own->second.back());
    out.blind = blinds_.at(out.subject);
    for (const size_t index : own->second) {
      const Kept& kept = entries_[index];
      out.entries.push_back(
          {kept.salt, kept.content, *DecodeContent(kept.content), index, merkle::InclusionProof(leaves_, index)});
    }
    return out;
  }

  void Sign() { root_.signature = sm2::Sign(key_, AsBytes(sm2::kDefaultId), SignedPartOf(root_.root)); }

  static constexpr Shard kShard = 613;

 private:
  struct Kept {
    Salt salt;
    Bytes content;
  };
  sm3::Digest Commitment(size_t index) const { return CommitmentOf(entries_[index].salt, entries_[index].content); }

  const sm2::PrivateKey& key_;
  Entropy& entropy_;
  std::vector<Kept> entries_;
  std::map<Subject, std::vector<size_t>> of_person_;
  std::map<Subject, ByteArray<16>> blinds_;
  std::vector<merkle::Hash> leaves_;
  std::vector<merkle::Hash> heads_;
  merkle::SparseMap map_;
  ShardHead head_;
  SignedRoot root_;
};

}  // namespace yukuai::audit_proof
