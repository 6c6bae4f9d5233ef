// SPDX-License-Identifier: Apache-2.0
// The three published vectors, and every wrong value of every byte of each. The expected reasons are a table made by hand
// (tests/vectors/transit-code-reasons.txt). In builds with a sanitizer five values a byte are tried, otherwise all 255.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include "formats/code/sample_codes_test.h"

#if defined(__SANITIZE_ADDRESS__)
#define YUKUAI_FEW_VALUES 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define YUKUAI_FEW_VALUES 1
#endif
#endif

namespace yukuai::code {
namespace {

constexpr std::string_view kVectorTime = "2029-12-31T08:26:40Z";

struct Vectors {
  std::map<char, Bytes> codes;
  sm2::PublicKey root;
};

Vectors ReadVectors() {
  const auto json = boost::json::parse(ReadTextFile("tests/vectors/transit-code.json")).as_object();
  const auto hex = [&json](std::string_view key) { return *FromHex(std::string_view(json.at(key).as_string())); };
  return {{{'A', hex("A_v80_x0")}, {'B', hex("B_v80_x32")}, {'C', hex("C_v81_shanghai_uids_x0")}},
          *sm2::PublicKey::Parse(hex("root_pub"))};
}

Instant VectorTime() { return *ParseRfc3339(kVectorTime); }

// One line of the table.
struct Row {
  std::string vectors;
  size_t first = 0;
  size_t last = 0;
  std::string values;
  std::string reason;
  size_t line = 0;

  bool Fits(char vector, size_t offset, uint8_t value) const {
    if (vectors.find(vector) == std::string::npos || offset < first || offset > last) return false;
    const bool decimal = (value >> 4) <= 9 && (value & 15) <= 9;
    if (values == "any") return true;
    if (values == "cn") return decimal;
    if (values == "not-cn") return !decimal;
    const size_t low = std::stoul(values, nullptr, 16);
    const size_t dash = values.find('-');
    const size_t high = dash == std::string::npos ? low : std::stoul(values.substr(dash + 1), nullptr, 16);
    return value >= low && value <= high;
  }
};

std::vector<Row> ReadTable() {
  std::vector<Row> rows;
  std::istringstream text(ReadTextFile("tests/vectors/transit-code-reasons.txt"));
  std::string line;
  for (size_t number = 1; std::getline(text, line); ++number) {
    if (line.empty() || line.front() == '#') continue;
    Row row;
    std::string offsets;
    std::istringstream words(line);
    YUKUAI_CHECK(words >> row.vectors >> offsets >> row.values >> row.reason);
    row.first = std::stoul(offsets);
    const size_t dash = offsets.find('-');
    row.last = dash == std::string::npos ? row.first : std::stoul(offsets.substr(dash + 1));
    row.line = number;
    rows.push_back(row);
  }
  return rows;
}

std::vector<uint8_t> WrongValues(uint8_t right) {
  std::vector<uint8_t> values;
#ifdef YUKUAI_FEW_VALUES
  // The lowest bit, the highest bit, both ends, and the neighbour; the next free one where two of them are the same.
  for (const int wanted : {right ^ 0x01, right ^ 0x80, 0x00, 0xFF, right + 1}) {
    auto value = static_cast<uint8_t>(wanted);
    while (value == right || std::ranges::find(values, value) != values.end()) ++value;
    values.push_back(value);
  }
#else
  for (int value = 0; value <= 0xFF; ++value) {
    if (value != right) values.push_back(static_cast<uint8_t>(value));
  }
#endif
  return values;
}

struct Trial {
  size_t tried = 0;
  std::set<size_t> lines_used;
  std::string problems;  // Empty: all as expected.
};

// Offsets first, first + stride, … of one vector.
Trial TryEveryByte(char vector, const Bytes& right, const Verifier& verifier, const std::vector<Row>& table, size_t first,
                   size_t stride) {
  Trial trial;
  Bytes code = right;
  for (size_t offset = first; offset < code.size(); offset += stride) {
    for (const uint8_t value : WrongValues(right[offset])) {
      code[offset] = value;
      const Verdict verdict = verifier.Verify(code, VectorTime());
      const std::string_view got = verdict.accepted() ? "accepted" : verdict.reason->slug;
      const auto row = std::ranges::find_if(table, [&](const Row& each) { return each.Fits(vector, offset, value); });
      const std::string_view expected = row == table.end() ? "(no line of the table)" : std::string_view(row->reason);
      if (row != table.end()) trial.lines_used.insert(row->line);
      if (got != expected && trial.problems.size() < 4000) {
        trial.problems += std::string(1, vector) + " byte " + std::to_string(offset) + " = " + ToHex(ByteSpan(&value, 1)) + ": " +
                          std::string(got) + ", expected " + std::string(expected) + "\n";
      }
      ++trial.tried;
    }
    code[offset] = right[offset];
  }
  return trial;
}

TEST(TransitCodeVectors, AreAcceptedAtTheirTime) {
  const Vectors vectors = ReadVectors();
  const RootKeys roots = RootKeys::ByIndex({{1, vectors.root, std::nullopt}});
  const Verifier plain({}, roots);
  const Verifier shanghai(ReadProfileFile("shanghai"), roots);
  const Verifier shanghai_test(ReadProfileFile("shanghai-test"), roots);
  for (const Verifier* verifier : {&plain, &shanghai, &shanghai_test}) {
    for (const char vector : {'A', 'B'}) {
      const Verdict verdict = verifier->Verify(vectors.codes.at(vector), VectorTime());
      EXPECT_TRUE(verdict.accepted()) << vector << " " << verdict.reason->slug;
    }
  }
  EXPECT_TRUE(shanghai_test.Verify(vectors.codes.at('C'), VectorTime()).accepted());
  EXPECT_EQ(shanghai.Verify(vectors.codes.at('C'), VectorTime()).reason, kCodeVersion);
  EXPECT_EQ(plain.Verify(vectors.codes.at('C'), VectorTime()).reason, kCodeVersion);
}

TEST(TransitCodeVectors, AnyOtherByteIsRefusedForTheReasonInTheTable) {
  const Vectors vectors = ReadVectors();
  const std::vector<Row> table = ReadTable();
  const RootKeys roots = RootKeys::ByIndex({{1, vectors.root, std::nullopt}});
  const Verifier plain({}, roots);
  const Verifier shanghai_test(ReadProfileFile("shanghai-test"), roots);
  size_t tried = 0;
  std::set<size_t> lines_used;
  for (const auto& [vector, code] : vectors.codes) {
    const Verifier& verifier = vector == 'C' ? shanghai_test : plain;
    constexpr size_t kThreads = 2;
    std::vector<Trial> trials(kThreads);
    std::vector<std::thread> threads;
    for (size_t i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i, v = vector, &c = code] { trials[i] = TryEveryByte(v, c, verifier, table, i, kThreads); });
    }
    for (std::thread& thread : threads) thread.join();
    for (const Trial& trial : trials) {
      EXPECT_EQ(trial.problems, "");
      tried += trial.tried;
      lines_used.insert(trial.lines_used.begin(), trial.lines_used.end());
    }
  }
#ifdef YUKUAI_FEW_VALUES
  EXPECT_EQ(tried, (332u + 364u + 332u) * 5);
#else
  EXPECT_EQ(tried, (332u + 364u + 332u) * 255);
  // A line that nothing meets says something that is not so.
  for (const Row& row : table) EXPECT_TRUE(lines_used.contains(row.line)) << "line " << row.line << " of the table is never met";
#endif
}

}  // namespace
}  // namespace yukuai::code
