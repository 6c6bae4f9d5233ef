// SPDX-License-Identifier: Apache-2.0
// Numbers of documents: the standard's public examples, each fault, both sides of each boundary.
#include <gtest/gtest.h>

#include "formats/identifiers/citizen_id.h"
#include "formats/identifiers/document.h"
#include "formats/identifiers/masking.h"

namespace yukuai::identifiers {
namespace {

constexpr CivilDate kToday{2026, 3, 1};

TEST(CitizenId, ReadsTheExamplesOfTheStandard) {
  const auto beijing = CitizenId::Parse("11010519491231002X", kToday);
  ASSERT_TRUE(beijing.ok());
  EXPECT_EQ(beijing->birth_date(), (CivilDate{1949, 12, 31}));
  EXPECT_EQ(beijing->sex(), Sex::kFemale);
  const auto guangdong = CitizenId::Parse("440524188001010014", kToday);
  ASSERT_TRUE(guangdong.ok());
  EXPECT_EQ(guangdong->birth_date(), (CivilDate{1880, 1, 1}));
  EXPECT_EQ(guangdong->sex(), Sex::kMale);
}

TEST(CitizenId, TakesALowerCaseXAndKeepsTheUpper) {
  EXPECT_EQ(CitizenId::Parse("11010519491231002x", kToday)->number(), "11010519491231002X");
}

TEST(CitizenId, RefusesEachFault) {
  struct Row {
    std::string_view text;
    Reason reason;
  };
  const Row rows[] = {
      {"", kCitizenIdLength},
      {"11010519491231002", kCitizenIdLength},
      {"11010519491231002X0", kCitizenIdLength},
      {"1101051949123100 X", kCitizenIdDigits},
      {"1101O519491231002X", kCitizenIdDigits},
      {"11010519491231002Y", kCitizenIdDigits},
      {"X1010519491231002X", kCitizenIdDigits},
      {"110105194913310021", kCitizenIdBirthDate},
      {"110105190002290021", kCitizenIdBirthDate},  // 1900 was no leap year.
      {"110105000001010021", kCitizenIdBirthDate},
      {"110105202603020021", kCitizenIdBirthDate},  // Tomorrow.
      {"110105194912310021", kCitizenIdCheckDigit},
  };
  for (const Row& row : rows) {
    const auto parsed = CitizenId::Parse(row.text, kToday);
    ASSERT_FALSE(parsed.ok()) << row.text;
    EXPECT_EQ(parsed.error().reason, row.reason) << row.text;
    EXPECT_TRUE(parsed.error().detail.empty()) << "A number never reaches a log";
  }
}

TEST(CitizenId, TodayIsABirthday) {
  const CitizenId born_today = CitizenId::Make("500103", kToday, 1);
  EXPECT_TRUE(CitizenId::Parse(born_today.number(), kToday).ok());
  EXPECT_FALSE(CitizenId::Parse(born_today.number(), {2026, 2, 28}).ok());
}

TEST(CitizenId, FindsEveryWrongDigitAndEverySwapOfNeighbours) {
  const std::string right = CitizenId::Make("500103", {1987, 6, 15}, 482).number();
  for (size_t i = 0; i < 18; ++i) {
    for (char c = '0'; c <= '9'; ++c) {
      std::string wrong = right;
      if (wrong[i] == c) continue;
      wrong[i] = c;
      EXPECT_FALSE(CitizenId::Parse(wrong, kToday).ok()) << wrong;
    }
    if (i + 1 < 18 && right[i] != right[i + 1]) {
      std::string swapped = right;
      std::swap(swapped[i], swapped[i + 1]);
      EXPECT_FALSE(CitizenId::Parse(swapped, kToday).ok()) << swapped;
    }
  }
}

TEST(CitizenId, MakesWhatItReads) {
  for (int sequence = 0; sequence <= 999; sequence += 37) {
    const CitizenId made = CitizenId::Make("500112", {2000, 2, 29}, sequence);
    const auto read = CitizenId::Parse(made.number(), kToday);
    ASSERT_TRUE(read.ok()) << made.number();
    EXPECT_EQ(read->birth_date(), (CivilDate{2000, 2, 29}));
  }
}

TEST(Document, KnowsItsKind) {
  const auto document = Document::Parse("citizen_id", "11010519491231002x", kToday);
  ASSERT_TRUE(document.ok());
  EXPECT_EQ(document->kind(), DocumentKind::kCitizenId);
  EXPECT_EQ(document->number(), "11010519491231002X");
  EXPECT_EQ(document->birth_date(), (CivilDate{1949, 12, 31}));
}

TEST(Document, TellsKindsApartByTheirPrefix) {
  struct Row {
    DocumentKind kind;
    std::string_view region;
  };
  const Row rows[] = {
      {DocumentKind::kCitizenId, "500103"},
      {DocumentKind::kHongKongResidencePermit, "810000"},
      {DocumentKind::kMacaoResidencePermit, "820000"},
      {DocumentKind::kTaiwanResidencePermit, "830000"},
      {DocumentKind::kPermanentResidence, "911344"},
      {DocumentKind::kCitizenId, "990000"},  // Of a synthetic resident: nobody real has it.
  };
  for (const Row& row : rows) {
    const std::string number = CitizenId::Make(row.region, {1980, 5, 6}, 7).number();
    for (const Row& other : rows) {
      const auto document = Document::Parse(KindText(other.kind), number, kToday);
      ASSERT_EQ(document.ok(), other.kind == row.kind) << KindText(other.kind) << " " << number;
      if (!document) {
        EXPECT_EQ(document.error().reason, kDocumentPrefix);
        continue;
      }
      EXPECT_EQ(document->kind(), row.kind);
      EXPECT_EQ(document->birth_date(), (CivilDate{1980, 5, 6}));
      EXPECT_EQ(KindFromStored(static_cast<uint8_t>(row.kind)), row.kind);
    }
  }
  EXPECT_FALSE(KindFromStored(0).has_value());
  EXPECT_FALSE(KindFromStored(6).has_value());
}

TEST(MaskedName, CountsWhatAReaderCounts) {
  struct Row {
    std::string_view name, masked;
  };
  const Row rows[] = {
      {"", ""},
      {"李", "*"},
      {"张三", "*三"},
      {"欧阳修", "欧*修"},
      {"买买提·艾力", "买****力"},
      {"旸喆㛃", "旸*㛃"},
      {"\U00020BB7野家", "\U00020BB7*家"},  // An Extension B character is one character of four bytes.
      {"葛\U000E0100城", "*城"},            // A variation selector is no character of its own.
      {"王葛\U000E0100", "*葛\U000E0100"},  // … and stays with the one before it.
      {"Li Na", "L***a"},
      {"\xFF\xFE", "*"},
  };
  for (const Row& row : rows) EXPECT_EQ(MaskedName(row.name), row.masked) << row.name;
}

TEST(MaskedNumber, ShowsThreeAndOne) {
  EXPECT_EQ(MaskedNumber("11010519491231002X"), "110**************X");
  EXPECT_EQ(MaskedNumber("12345678"), "123****8");
  EXPECT_EQ(MaskedNumber("1234567"), "*******");
  EXPECT_EQ(MaskedNumber(""), "");
}

TEST(Document, RefusesAKindBeforeItLooksAtTheNumber) {
  EXPECT_EQ(Document::Parse("library_card", "nonsense", kToday).error().reason, kDocumentKind);
  EXPECT_EQ(Document::Parse("citizen_id", "nonsense", kToday).error().reason, kCitizenIdLength);
}

}  // namespace
}  // namespace yukuai::identifiers
