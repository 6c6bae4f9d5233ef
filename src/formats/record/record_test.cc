// SPDX-License-Identifier: Apache-2.0
// Records: what they say, what refuses to be one, and where one stands in its terminal's chain.
#include "formats/record/record.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "base/entropy/entropy.h"
#include "formats/code/code.h"

namespace yukuai::record {
namespace {

constexpr int64_t kNow = 1'780'000'000;

class RecordTest : public testing::Test {
 protected:
  // A code that was generated at kNow and is valid for 60 s; records do not look at its signatures.
  static Bytes Code(size_t n = 0) {
    Bytes code(332 + n, 0x01);
    code[0] = 0x80;
    const auto put = [&code](size_t offset, uint32_t value, int width) {
      for (int i = 0; i < width; ++i)
        code[offset + static_cast<size_t>(i)] = static_cast<uint8_t>(value >> (8 * (width - 1 - i)));
    };
    put(1, static_cast<uint32_t>(329 + n), 2);
    put(191, kNow + 3600, 4);
    put(195, 60, 2);
    put(197, static_cast<uint32_t>(n), 1);
    put(263 + n, kNow, 4);
    return code;
  }
  Record Held(uint64_t counter = 1, sm3::Digest previous = {}) const {
    Record record;
    record.terminal = terminal_;
    record.counter = counter;
    record.previous = previous;
    record.at = Instant::FromSeconds(kNow);
    record.point = "小什字";
    record.rule_file = "metro-bus@3";
    record.freeze_list_version = 9;
    record.code = Code();
    return record;
  }
  Record Refused() const {
    Record record = Held();
    record.event = EventKind::kRefused;
    record.reason = "code_expired";
    return record;
  }
  Record Confirmed() const {
    Record record = Held(2, sm3::Hash(AsBytes("the first")));
    record.event = EventKind::kConfirmed;
    record.held_counter = 1;
    record.code.clear();
    return record;
  }
  std::string Stand(const Record& record, const ChainHead& head, std::optional<sm3::Digest> held = std::nullopt) const {
    const Bytes bytes = *Build(record, key_);
    const auto parsed = Parse(bytes);
    YUKUAI_CHECK(parsed.ok());
    return Stand(bytes, *parsed, head, held);
  }
  std::string Stand(ByteSpan bytes, const Record& record, const ChainHead& head,
                    std::optional<sm3::Digest> held = std::nullopt) const {
    const auto standing = CheckChain({bytes, record, terminal_, key_.public_key(), head, held, Instant::FromSeconds(kNow), 20});
    if (!standing.ok()) return std::string(standing.error().reason.slug);
    return *standing == Standing::kNext ? "next" : "known";
  }

  SeededEntropy entropy_{20260304};
  sm2::PrivateKey key_ = sm2::PrivateKey::Generate(entropy_);
  TerminalId terminal_ = TerminalId::Make(Instant::FromSeconds(kNow), 5, entropy_);
};

TEST_F(RecordTest, ReadsWhatItWrites) {
  Record unknown = Confirmed();
  unknown.event = EventKind::kUnknown;
  unknown.direction = Direction::kOut;
  Record voided = Confirmed();
  voided.event = EventKind::kVoided;
  Record scrap = Refused();
  scrap.code = ToBytes("no code at all");
  for (const Record& record : {Held(), Refused(), Confirmed(), unknown, voided, scrap}) {
    const auto built = Build(record, key_);
    ASSERT_TRUE(built.ok()) << built.error().detail;
    const auto read = Parse(*built);
    ASSERT_TRUE(read.ok()) << read.error().detail;
    EXPECT_EQ(read->terminal, record.terminal);
    EXPECT_EQ(read->counter, record.counter);
    EXPECT_EQ(read->previous, record.previous);
    EXPECT_EQ(read->at, record.at);
    EXPECT_EQ(read->event, record.event);
    EXPECT_EQ(read->direction, record.direction);
    EXPECT_EQ(read->held_counter, record.held_counter);
    EXPECT_EQ(read->point, record.point);
    EXPECT_EQ(read->rule_file, record.rule_file);
    EXPECT_EQ(read->freeze_list_version, record.freeze_list_version);
    EXPECT_EQ(read->reason, record.reason);
    EXPECT_EQ(read->code, record.code);
  }
}

TEST_F(RecordTest, HasTheSizesTheHeaderSays) {
  Record smallest = Confirmed();
  smallest.point = "x";
  smallest.rule_file = "";
  EXPECT_EQ(Build(smallest, key_)->size(), kRecordBytesMin + 1);
  EXPECT_EQ(kRecordBytesMin, 158u);
  Record largest = Refused();
  largest.point = std::string(64, 'p');
  largest.rule_file = std::string(80, 'r');
  largest.reason = std::string(64, 's');
  largest.code = Code(32);
  EXPECT_EQ(Build(largest, key_)->size(), kRecordBytesMax);
  EXPECT_TRUE(Parse(*Build(largest, key_)).ok());
}

TEST_F(RecordTest, RefusesContentThatContradictsItsEvent) {
  struct Row {
    std::string_view what;
    Record record;
    std::function<void(Record&)> spoil;
  };
  const Row rows[] = {
      {"counter 0", Held(), [](Record& r) { r.counter = 0; }},
      {"time before 1970", Held(), [](Record& r) { r.at = Instant{-1}; }},
      {"time after 9999", Held(), [](Record& r) { r.at = Instant::FromSeconds(253'402'300'800); }},
      {"first with a previous one", Held(), [](Record& r) { r.previous[0] = 1; }},
      {"no point", Held(), [](Record& r) { r.point.clear(); }},
      {"point too long", Held(), [](Record& r) { r.point = std::string(65, 'p'); }},
      {"point with a line break", Held(), [](Record& r) { r.point = "a\nb"; }},
      {"point not UTF-8", Held(), [](Record& r) { r.point = "\xFF"; }},
      {"rule file too long", Held(), [](Record& r) { r.rule_file = std::string(81, 'r'); }},
      {"held one of a held record", Held(), [](Record& r) { r.held_counter = 1; }},
      {"confirmation of nothing", Confirmed(), [](Record& r) { r.held_counter = 0; }},
      {"confirmation of itself", Confirmed(), [](Record& r) { r.held_counter = 2; }},
      {"confirmation with a code", Confirmed(), [](Record& r) { r.code = Code(); }},
      {"confirmation with a reason", Confirmed(), [](Record& r) { r.reason = "frozen"; }},
      {"refusal without a reason", Refused(), [](Record& r) { r.reason.clear(); }},
      {"reason that is no slug", Refused(), [](Record& r) { r.reason = "Frozen!"; }},
      {"reason too long", Refused(), [](Record& r) { r.reason = std::string(65, 's'); }},
      {"held with a reason", Held(), [](Record& r) { r.reason = "frozen"; }},
      {"held without a code", Held(), [](Record& r) { r.code.clear(); }},
      {"held with half a code", Held(), [](Record& r) { r.code.resize(331); }},
      {"code too long", Refused(), [](Record& r) { r.code.resize(365); }},
  };
  for (const Row& row : rows) {
    Record record = row.record;
    ASSERT_TRUE(Build(record, key_).ok()) << row.what;
    row.spoil(record);
    const auto built = Build(record, key_);
    ASSERT_FALSE(built.ok()) << row.what;
    EXPECT_EQ(built.error().reason, kRecordMalformed) << row.what;
  }
}

TEST_F(RecordTest, RefusesBytesThatAreNoRecord) {
  const Bytes good = *Build(Held(), key_);
  const size_t point_at = 78;
  struct Row {
    std::string_view what;
    std::function<void(Bytes&)> spoil;
  };
  const Row rows[] = {
      {"magic", [](Bytes& b) { b[3] = '2'; }},
      {"event 0", [](Bytes& b) { b[68] = 0; }},
      {"event 6", [](Bytes& b) { b[68] = 6; }},
      {"direction 0", [](Bytes& b) { b[69] = 0; }},
      {"direction 3", [](Bytes& b) { b[69] = 3; }},
      {"point length", [=](Bytes& b) { b[point_at] = 0xFF; }},
      {"a byte more", [](Bytes& b) { b.push_back(0); }},
      {"a byte less", [](Bytes& b) { b.pop_back(); }},
      {"shortest and one less", [](Bytes& b) { b.resize(kRecordBytesMin - 1); }},
      {"longest and one more", [](Bytes& b) { b.resize(kRecordBytesMax + 1); }},
      {"nothing", [](Bytes& b) { b.clear(); }},
  };
  for (const Row& row : rows) {
    Bytes bytes = good;
    row.spoil(bytes);
    const auto parsed = Parse(bytes);
    ASSERT_FALSE(parsed.ok()) << row.what;
    EXPECT_EQ(parsed.error().reason, kRecordMalformed) << row.what;
  }
}

TEST_F(RecordTest, EveryByteIsSigned) {
  const Bytes good = *Build(Held(), key_);
  for (size_t i = 0; i < good.size(); ++i) {
    Bytes changed = good;
    changed[i] = static_cast<uint8_t>(changed[i] ^ 1);
    const auto parsed = Parse(changed);
    if (!parsed.ok()) continue;
    EXPECT_NE(Stand(changed, *parsed, {}), "next") << i;
  }
}

TEST_F(RecordTest, ContinuesItsChain) {
  ChainHead head;
  const Record first = Held();
  const Bytes first_bytes = *Build(first, key_);
  EXPECT_EQ(Stand(first_bytes, first, head), "next");
  head = HeadAfter(first, first_bytes);
  EXPECT_EQ(head, (ChainHead{1, sm3::Hash(first_bytes), first.at}));

  Record second = Confirmed();
  second.previous = head.digest;
  EXPECT_EQ(Stand(second, head), "next");
  // The same bytes again are acknowledged; other bytes under a counter that is taken are a fork.
  EXPECT_EQ(Stand(first_bytes, first, head, head.digest), "known");
  Record other = first;
  other.point = "较场口";
  EXPECT_EQ(Stand(other, head, head.digest), "record_fork");
  EXPECT_EQ(Stand(other, head, std::nullopt), "record_fork");
}

TEST_F(RecordTest, BreaksOfTheChainHaveTheirReasons) {
  const Record first = Held();
  const ChainHead head = HeadAfter(first, *Build(first, key_));
  const auto next = [&] {
    Record record = Held(2, head.digest);
    return record;
  };
  EXPECT_EQ(Stand(next(), head), "next");

  Record gap = next();
  gap.counter = 3;
  EXPECT_EQ(Stand(gap, head), "record_gap");
  Record last = next();
  last.counter = UINT64_MAX;
  EXPECT_EQ(Stand(last, head), "record_gap");
  Record chain = next();
  chain.previous[31] = static_cast<uint8_t>(chain.previous[31] ^ 1);
  EXPECT_EQ(Stand(chain, head), "record_chain");
  Record foreign = next();
  foreign.terminal = TerminalId::Make(Instant::FromSeconds(kNow), 6, *std::make_unique<SeededEntropy>(9));
  EXPECT_EQ(Stand(foreign, head), "record_terminal");
}

TEST_F(RecordTest, TimesAreBounded) {
  Record first = Held();
  first.at = Instant::FromSeconds(kNow);
  const ChainHead head = HeadAfter(first, *Build(first, key_));
  struct Row {
    std::string_view what;
    int64_t at_us;  // After kNow.
    std::string_view answer;
  };
  // kNow is the server's time too; skew 20 s; the code was generated at kNow and is good for 60 s.
  const Row rows[] = {
      {"same time as the record before", 0, "next"},
      {"a microsecond before it", -1, "record_time"},
      {"ahead by the skew", 20'000'000, "next"},
      {"ahead by more", 20'000'001, "record_time"},
  };
  for (const Row& row : rows) {
    Record record = Held(2, head.digest);
    record.at = Instant{kNow * 1'000'000 + row.at_us};
    EXPECT_EQ(Stand(record, head), row.answer) << row.what;
  }
}

TEST_F(RecordTest, AHeldPassageHappenedWhileItsCodeWasGood) {
  struct Row {
    std::string_view what;
    int64_t at;  // Seconds after the code was generated.
    std::string_view answer;
  };
  const Row rows[] = {
      {"phone ahead by the skew", -20, "next"},
      {"phone ahead by more", -21, "record_code_time"},
      {"last second", 60, "next"},
      {"one later", 61, "record_code_time"},
  };
  for (const Row& row : rows) {
    Record record = Held();
    record.at = Instant::FromSeconds(kNow + row.at);
    const Bytes bytes = *Build(record, key_);
    const auto stand = [&](const Record& each, ByteSpan of) {
      const auto standing =
          CheckChain({of, each, terminal_, key_.public_key(), {}, std::nullopt, Instant::FromSeconds(kNow + 100), 20});
      return standing.ok() ? std::string_view("next") : standing.error().reason.slug;
    };
    EXPECT_EQ(stand(record, bytes), row.answer) << row.what;
    // A refused one may have been refused for just this.
    Record refused = Refused();
    refused.at = record.at;
    EXPECT_EQ(stand(refused, *Build(refused, key_)), "next") << row.what;
  }
  Record nonsense = Held();
  nonsense.code = Bytes(332, 0xFF);
  EXPECT_EQ(Stand(nonsense, {}), "record_code_time") << "A code that cannot be read has no time in which it was good";
}

TEST_F(RecordTest, FaultsFollowPrecedence) {
  const Record first = Held();
  const Bytes first_bytes = *Build(first, key_);
  const ChainHead head = HeadAfter(first, first_bytes);
  // Everything is wrong: another terminal, a broken signature, a gap, a wrong previous hash, a time before the head's.
  Record record = Held(4, sm3::Hash(AsBytes("x")));
  record.at = Instant::FromSeconds(kNow - 1000);
  record.terminal = TerminalId::Make(Instant::FromSeconds(kNow), 6, entropy_);
  const auto stand = [&](bool broken) {
    Bytes bytes = *Build(record, key_);
    if (broken) bytes.back() = static_cast<uint8_t>(bytes.back() ^ 1);
    return Stand(bytes, *Parse(bytes), head);
  };
  EXPECT_EQ(stand(true), "record_terminal");
  record.terminal = terminal_;
  EXPECT_EQ(stand(true), "record_signature");
  EXPECT_EQ(stand(false), "record_gap");
  record.counter = 2;
  EXPECT_EQ(stand(false), "record_chain");
  record.previous = head.digest;
  EXPECT_EQ(stand(false), "record_time");
  record.at = head.at;
  record.code = Bytes(332, 0xFF);
  EXPECT_EQ(stand(false), "record_code_time");
  record.code = Code();
  EXPECT_EQ(stand(false), "next");
}

}  // namespace
}  // namespace yukuai::record
