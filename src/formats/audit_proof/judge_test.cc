// SPDX-License-Identifier: Apache-2.0
// What the verifier believes and what it does not: tampering by whoever hands over the bundle, and by an operator who signs
// anew.
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <sstream>

#include "formats/audit_proof/sample_log_test.h"

namespace yukuai::audit_proof {
namespace {

constexpr uint8_t kWang = 1;
constexpr uint8_t kLi = 2;
constexpr uint8_t kNobody = 9;

class JudgeTest : public testing::Test {
 protected:
  // Four entries of Wang among others'.
  JudgeTest() : key_(sm2::PrivateKey::Generate(entropy_)) { Fill(log_, {"a", "b", "c", "d"}); }

  static void Fill(SampleLog& log, const std::vector<std::string>& of_wang) {
    for (const std::string& details : of_wang) {
      log.Add(kLi, "other");
      log.Add(kWang, details);
      log.Add(3, "other");
    }
    log.Seal(5);
  }

  // Through the text form, as a verifier gets it.
  std::string SlugOf(const Bundle& bundle, const std::optional<Remembered>& remembered = std::nullopt) const {
    const auto parsed = ParseBundle(WriteBundle(bundle));
    if (!parsed.ok()) return std::string(parsed.error().reason.slug);
    const Judgement judgement = Judge(*parsed, key_.public_key(), remembered);
    return judgement.reason() ? std::string(judgement.reason()->slug) : "held";
  }

  SeededEntropy entropy_{20260301};
  sm2::PrivateKey key_;
  SampleLog log_{key_, entropy_};
};

TEST_F(JudgeTest, TheTruthHolds) {
  for (const uint8_t person : {kWang, kLi, uint8_t{3}}) EXPECT_EQ(SlugOf(log_.For(person)), "held");
  const Judgement judgement = Judge(log_.For(kWang), key_.public_key(), std::nullopt);
  ASSERT_EQ(judgement.checks.size(), 9u);
  EXPECT_EQ(judgement.checks[2].finding, "the root counts 4 entries of this person");
  EXPECT_EQ(judgement.checks[8].outcome, Outcome::kNotAsked);
}

std::string VectorFile(const std::string& name) {
  std::ifstream file(std::string(YUKUAI_SOURCE_DIR) + "/tests/vectors/audit/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(AuditVector, Holds) {
  const auto bundle = ParseBundle(VectorFile("bundle.json"));
  const auto remembered = ParseRemembered(VectorFile("remembered.json"));
  const auto key = FromHex(VectorFile("log-key.hex").substr(0, 66));
  ASSERT_TRUE(bundle.ok() && remembered.ok() && key);
  const auto log_key = sm2::PublicKey::Parse(*key);
  ASSERT_TRUE(log_key);
  for (const Check& check : Judge(*bundle, *log_key, *remembered).checks)
    EXPECT_EQ(check.outcome, Outcome::kHeld) << check.finding;
  EXPECT_EQ(bundle->entries[3].decoded.details, R"({"fare_fen":500})");
}

TEST_F(JudgeTest, SomebodyWithoutEntriesIsProvenToHaveNone) {
  const Bundle bundle = log_.For(kNobody);
  EXPECT_EQ(bundle.count, 0u);
  EXPECT_EQ(SlugOf(bundle), "held");
  Bundle denied = log_.For(kWang);  // Wang's entries denied: the map shows a leaf where the path ends.
  denied.count = 0;
  denied.entries.clear();
  denied.newest = {};
  denied.blind.reset();
  EXPECT_EQ(SlugOf(denied), "map_proof");
}

TEST_F(JudgeTest, TamperingWithABundleIsFound) {
  const struct {
    const char* what;
    std::function<void(Bundle&)> tamper;
    const char* slug;
  } rows[] = {
      {"the first entry left out", [](Bundle& b) { b.entries.erase(b.entries.begin()); }, "entry_missing"},
      {"a middle entry left out", [](Bundle& b) { b.entries.erase(b.entries.begin() + 1); }, "entry_missing"},
      {"the last entry left out", [](Bundle& b) { b.entries.pop_back(); }, "entry_missing"},
      {"all withheld", [](Bundle& b) { b.entries.clear(); }, "entry_missing"},
      {"one shown twice instead of another", [](Bundle& b) { b.entries[1] = b.entries[0]; }, "entry_missing"},
      {"one shown twice", [](Bundle& b) { b.entries.push_back(b.entries[3]); }, "entry_missing"},
      {"two swapped", [](Bundle& b) { std::swap(b.entries[1], b.entries[2]); }, "entry_chain"},
      {"the last left out and the count lowered",
       [](Bundle& b) {
         b.entries.pop_back();
         b.count = 3;
         b.newest = b.entries[2].decoded.previous;
       },
       "map_proof"},
      {"the last left out, count and newest rewritten",
       [](Bundle& b) {
         b.entries.pop_back();
         b.count = 3;
         b.newest = CommitmentOf(b.entries[2].salt, b.entries[2].content);
       },
       "map_proof"},
      {"details altered in the middle",
       [](Bundle& b) {
         b.entries[1].decoded.details = "x";
         b.entries[1].content = EncodeContent(b.entries[1].decoded);
       },
       "entry_chain"},
      {"details altered in the last",
       [](Bundle& b) {
         b.entries[3].decoded.details = "x";
         b.entries[3].content = EncodeContent(b.entries[3].decoded);
       },
       "entry_chain"},
      {"two salts swapped", [](Bundle& b) { std::swap(b.entries[0].salt, b.entries[1].salt); }, "entry_chain"},
      {"two places swapped", [](Bundle& b) { std::swap(b.entries[0].index, b.entries[1].index); }, "entry_inclusion"},
      {"a place outside the log", [](Bundle& b) { b.entries[0].index = b.head.size; }, "entry_inclusion"},
      {"a proof shortened", [](Bundle& b) { b.entries[2].proof.pop_back(); }, "entry_inclusion"},
      {"another size claimed", [](Bundle& b) { b.head.size += 1; }, "shard_inclusion"},
      {"another log root", [](Bundle& b) { b.head.log_root[0] ^= 1; }, "shard_inclusion"},
      {"another map root", [](Bundle& b) { b.head.map_root[0] ^= 1; }, "shard_inclusion"},
      {"another shard", [](Bundle& b) { b.shard = 1; }, "shard_inclusion"},
      {"another person", [](Bundle& b) { b.subject[31] ^= 1; }, "map_proof"},
      {"another blind", [](Bundle& b) { b.blind->front() ^= 1; }, "map_proof"},
      {"a map sibling changed", [](Bundle& b) { b.map_proof.siblings.at(0)[0] ^= 1; }, "map_proof"},
      {"the root re-numbered", [](Bundle& b) { b.root.root.number += 1; }, "root_signature"},
      {"the root re-timed", [](Bundle& b) { b.root.root.at.us += 1; }, "root_signature"},
      {"the root's previous changed", [](Bundle& b) { b.root.root.previous[0] ^= 1; }, "root_signature"},
      {"the signature changed", [](Bundle& b) { b.root.signature[63] ^= 1; }, "root_signature"},
  };
  for (const auto& row : rows) {
    Bundle bundle = log_.For(kWang);
    row.tamper(bundle);
    EXPECT_EQ(SlugOf(bundle), row.slug) << row.what;
  }
}

TEST_F(JudgeTest, AnotherPersonsTrueBundleIsNotMixedIn) {
  Bundle bundle = log_.For(kWang);
  bundle.entries[1] = log_.For(kLi).entries[1];
  EXPECT_EQ(SlugOf(bundle), "entry_chain");
}

TEST_F(JudgeTest, AnotherKeysSignatureIsRefused) {
  const Bundle bundle = log_.For(kWang);
  const auto other = sm2::PrivateKey::Generate(entropy_);
  EXPECT_EQ(Judge(bundle, other.public_key(), std::nullopt).reason(), kRootSignature);
}

TEST_F(JudgeTest, ReasonsFollowPrecedence) {
  // Everything is wrong at first; mending the first finding brings up the next.
  const Bundle good = log_.For(kWang);
  Remembered remembered = ToRemember(good);
  remembered.count = 5;
  remembered.head[0] ^= 1;
  remembered.root.root.number = 6;
  Bundle bad = good;
  bad.root.signature[0] ^= 1;
  bad.shard = 1;
  bad.blind->front() ^= 1;
  bad.entries.clear();
  bad.entries.push_back(good.entries[1]);
  bad.entries[0].proof.clear();
  const std::vector<std::pair<Reason, std::function<void()>>> steps = {
      {kRootSignature, [&] { bad.root = good.root; }},
      {kShardInclusion, [&] { bad.shard = good.shard; }},
      {kMapProof, [&] { bad.blind = good.blind; }},
      {kEntryMissing,
       [&] {
         bad.entries = good.entries;
         bad.entries[0].salt = {};
       }},
      {kEntryChain,
       [&] {
         bad.entries = good.entries;
         bad.entries[0].index += 1;
       }},
      {kEntryInclusion, [&] { bad.entries = good.entries; }},
      {kRememberedCount, [&] { remembered.count = 4; }},
      {kRememberedHead, [&] { remembered.head = good.newest; }},
      {kRememberedRoot, [&] { remembered.root = good.root; }},
  };
  for (const auto& [reason, mend] : steps) {
    const Judgement judgement = Judge(bad, key_.public_key(), remembered);
    ASSERT_TRUE(judgement.reason());
    EXPECT_EQ(judgement.reason()->slug, reason.slug);
    mend();
  }
  EXPECT_FALSE(Judge(bad, key_.public_key(), remembered).reason());
}

class RememberedTest : public JudgeTest {
 protected:
  RememberedTest() : then_(ToRemember(log_.For(kWang))) {}
  Remembered then_;
};

TEST_F(RememberedTest, AGrownLogHolds) {
  EXPECT_EQ(SlugOf(log_.For(kWang), then_), "held");
  log_.Add(kWang, "e");
  log_.Seal(6);
  EXPECT_EQ(SlugOf(log_.For(kWang), then_), "held");
  log_.Seal(9);
  EXPECT_EQ(SlugOf(log_.For(kWang), then_), "held");
}

TEST_F(RememberedTest, DeletingAndSigningAnewIsFound) {
  const std::vector<std::vector<std::string>> rewritten = {{"b", "c", "d"}, {"a", "c", "d"}, {"a", "b", "c"}};
  for (const auto& entries : rewritten) {
    SampleLog forged(key_, entropy_);
    Fill(forged, entries);
    forged.Seal(6);
    EXPECT_EQ(SlugOf(forged.For(kWang)), "held") << "without memory the forgery is perfect";
    EXPECT_EQ(SlugOf(forged.For(kWang), then_), "remembered_count");
  }
}

TEST_F(RememberedTest, DeletingAndFillingUpIsFound) {
  const std::vector<std::vector<std::string>> rewritten = {{"b", "c", "d", "e"}, {"a", "c", "d", "e"}, {"a", "b", "c", "e", "f"}};
  for (const auto& entries : rewritten) {
    SampleLog forged(key_, entropy_);
    Fill(forged, entries);
    forged.Seal(6);
    EXPECT_EQ(SlugOf(forged.For(kWang)), "held");
    EXPECT_EQ(SlugOf(forged.For(kWang), then_), "remembered_head");
  }
}

TEST_F(RememberedTest, AnOlderRootIsFound) {
  const Bundle older = log_.For(kWang);
  log_.Add(kLi, "not Wang's");
  log_.Seal(6);
  EXPECT_EQ(SlugOf(older, ToRemember(log_.For(kWang))), "remembered_root");
  log_.Add(kWang, "e");
  log_.Seal(7);
  EXPECT_EQ(SlugOf(older, ToRemember(log_.For(kWang))), "remembered_count");
}

TEST_F(RememberedTest, TwoRootsOfOneNumberAreFound) {
  log_.Sign();  // Only the signature differs: still two roots, for the next one names only one of them.
  EXPECT_EQ(SlugOf(log_.For(kWang), then_), "remembered_root");
  log_.Seal(5);
  EXPECT_EQ(SlugOf(log_.For(kWang), then_), "remembered_root");
}

TEST_F(RememberedTest, TheNextRootMustNameTheRememberedOne) {
  log_.Seal(5);  // Another number five than the remembered one,
  log_.Seal(6);  // and six follows it.
  EXPECT_EQ(SlugOf(log_.For(kWang), then_), "remembered_root");
}

TEST_F(RememberedTest, MemoryOfNothingHoldsWithEntries) {
  const Remembered none = ToRemember(log_.For(kNobody));
  log_.Add(kNobody, "first");
  log_.Seal(6);
  EXPECT_EQ(SlugOf(log_.For(kNobody), none), "held");
}

}  // namespace
}  // namespace yukuai::audit_proof
