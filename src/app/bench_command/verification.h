// SPDX-License-Identifier: Apache-2.0
// The two things that `yukuai bench verify` measures: a terminal's whole verification of a code, and the anchor beside it.
// Each does one operation at a time over a round of different inputs, so that no input's result can be remembered.
#pragma once

#include <memory>
#include <vector>

#include "base/entropy/entropy.h"
#include "formats/code/verify.h"
#include "formats/lists/freeze_list.h"
#include "rules/judgement/judgement.h"

namespace yukuai::bench_command {

// A city's codes, one for each of `codes` riders with a key of their own, and what a gate without network holds.
class WholeVerification {
 public:
  WholeVerification(Entropy& entropy, size_t codes);
  // The next code of the round: parse, cheap checks, remembered certificate, issuer's and user's signature, freeze list,
  // decision of the scene. True when it would be admitted.
  bool Next();

 private:
  std::vector<Bytes> codes_;
  size_t next_ = 0;
  std::unique_ptr<code::Verifier> verifier_;
  lists::FreezeList freeze_list_;
  judgement::Scene scene_;
};

// The library's EVP_PKEY_verify of a ready digest: keys imported, contexts made and signatures in DER before the start.
class BareVerification {
 public:
  BareVerification(Entropy& entropy, size_t signatures);
  ~BareVerification();
  BareVerification(const BareVerification&) = delete;
  BareVerification& operator=(const BareVerification&) = delete;
  bool Next();  // True when the signature holds.

 private:
  struct Prepared;
  std::vector<std::unique_ptr<Prepared>> prepared_;
  size_t next_ = 0;
};

}  // namespace yukuai::bench_command
