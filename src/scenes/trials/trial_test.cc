// SPDX-License-Identifier: Apache-2.0
#include "scenes/trials/trial.h"

#include <gtest/gtest.h>

#include "base/entropy/entropy.h"
#include "scenes/trials/small_scene.h"

namespace yukuai::trials {
namespace {

using engine::Problem;

std::string Mistake(std::string_view text) {
  const auto parsed = ParseTrial("t.trial", text);
  const auto* problem = std::get_if<Problem>(&parsed);
  return problem == nullptr ? "" : problem->Text();
}

// The clock, a person and a journey's first half stand before every trial below; its own first line is 4.
std::string Outcome(std::string_view text) {
  const Report report =
      RunTrial(SmallScene(), "t.trial",
               "clock 2026-03-01T08:00:00+08:00\nperson P1\nscan P1 code at gate:A/in -> admitted\n" + std::string(text));
  return report.problems.empty() ? "" : report.problems.front().Text();
}

// ---- The language ---------------------------------------------------------------------------------------------------------

TEST(ParseTrial, ReadsPhrasesTextsAndComments) {
  const auto parsed = ParseTrial(
      "t.trial", "# a comment\n\n  verb a b ; c +3.00 # more\r\nscan P1 -> charged 3.00 \"10.4 km\" \"a, # b\", admitted\n");
  ASSERT_TRUE(std::holds_alternative<std::vector<Statement>>(parsed));
  const auto& statements = std::get<std::vector<Statement>>(parsed);
  ASSERT_EQ(statements.size(), 2u);
  EXPECT_EQ(statements[0].line, 3);
  EXPECT_EQ(statements[0].verb(), "verb");
  ASSERT_EQ(statements[0].phrases.size(), 2u);
  EXPECT_EQ(statements[0].phrases[1].Text(), "c +3.00");
  EXPECT_EQ(statements[1].line, 4);
  ASSERT_EQ(statements[1].expected.size(), 2u);
  EXPECT_EQ(statements[1].expected[0].Text(), "charged 3.00");
  EXPECT_EQ(statements[1].expected[0].texts, (std::vector<std::string>{"10.4 km", "a, # b"}));
  EXPECT_EQ(statements[1].expected[1].Text(), "admitted");
}

TEST(ParseTrial, NamesLineAndRemedy) {
  EXPECT_EQ(Mistake(""), "t.trial: an empty trial; begin with `clock 2026-03-01T08:00:00+08:00`");
  EXPECT_EQ(Mistake("a\nb ->\n"), "t.trial:2: nothing after `->`; write what is expected");
  EXPECT_EQ(Mistake("-> a"), "t.trial:1: nothing before `->`; write what happens before it");
  EXPECT_EQ(Mistake("a -> b -> c"), "t.trial:1: a second `->`; write `,` between what is expected");
  EXPECT_EQ(Mistake("a -> b \"c"), "t.trial:1: a quoted text without end; write a closing `\"`");
  EXPECT_EQ(Mistake("a -> b \"\""), "t.trial:1: an empty text; write what must occur");
  EXPECT_EQ(Mistake("a -> \"b\""),
            "t.trial:1: a text that belongs to nothing; write it behind a word, as in `charged 3.00 \"10.4 km\"`");
  EXPECT_EQ(Mistake("a \"b\" -> c"), "t.trial:1: a text before `->`; write it behind what is expected");
  EXPECT_EQ(Mistake("a, b"), "t.trial:1: `,` before `->`; write `;`");
  EXPECT_EQ(Mistake("a -> b; c"), "t.trial:1: `;` after `->`; write `,`");
  EXPECT_EQ(Mistake("a ;; b"), "t.trial:1: nothing before the separator; remove one separator");
  EXPECT_EQ(Mistake("a \xFF"), "t.trial: not UTF-8; save the file as UTF-8");
  EXPECT_EQ(Mistake(std::string(kTrialBytesMax + 1, ' ')), "t.trial: too long for one trial; divide it by what it shows");
  std::string many;
  for (size_t i = 0; i <= kStatementCountMax; ++i) many += "a\n";
  EXPECT_EQ(Mistake(many), "t.trial:2001: too many statements for one trial; divide it by what it shows");
}

// ---- The world ------------------------------------------------------------------------------------------------------------

TEST(Trial, JourneyIsChargedBookedAndAudited) {
  EXPECT_EQ(Outcome("tick 22m\nscan P1 code at gate:C/out -> charged 3.00 \"10.4 km\" \"10.4 公里\"\n"
                    "scan P1 same code at gate:C/out -> repeated\naudit P1 last 2 -> admitted, charged 3.00\n"
                    "journeys P1 -> closed 3.00\nledger operator:test +3.00 ; P1 -3.00 ; sum 0\n"),
            "");
}

TEST(Trial, WhatDoesNotHoldIsReportedWithItsLine) {
  EXPECT_EQ(Outcome("tick 1h\nscan P1 code at gate:C/out -> charged 2.00\n"),
            "t.trial:5: expected charged 2.00; it was charged 3.00, admitted \"甲—丙，10.4 公里\" \"Alpha to Gamma, 10.4 km\"; "
            "mend the "
            "rule or the expectation");
  EXPECT_EQ(Outcome("scan P1 code at gate:C/out -> charged 3.00 \"11 km\"\n"),
            "t.trial:4: expected charged 3.00 \"11 km\"; it was charged 3.00, admitted \"甲—丙，10.4 公里\" \"Alpha to Gamma, "
            "10.4 km\"; "
            "mend the rule or the expectation");
  EXPECT_EQ(Outcome("scan P1 code at gate:C/out -> admitted\n"),
            "t.trial:4: not expected: charged 3.00; mend the rule, or name it behind `->`");
  EXPECT_EQ(Outcome("journeys P1 -> closed 3.00\n"),
            "t.trial:4: expected closed 3.00; it is open; mend the rule or the expectation");
  EXPECT_EQ(Outcome("audit P1 last 1 -> refused frozen\n"),
            "t.trial:4: expected refused frozen; it is admitted; mend the rule or the expectation");
  EXPECT_EQ(Outcome("scan P1 code at gate:C/out -> charged 3.00\nledger P1 -2.00\n"),
            "t.trial:5: P1 changed by -3.00, not -2.00; mend the rule or the expectation");
  EXPECT_EQ(Outcome("ledger P9 0\n").substr(0, 39), "t.trial:4: nothing was booked on `P9`; ");
  EXPECT_EQ(Outcome("tick 24h\nsettle P1\n"), "t.trial:5: not expected: charged 7.00; mend the rule, or name it behind `->`");
  EXPECT_EQ(Outcome("link down\nscan P1 code at gate:B/out -> admitted\nlink up\n"),
            "t.trial:6: not expected: charged 2.00; mend the rule, or name it behind `->`");
}

TEST(Trial, MistakesOfTheTrialNameTheRemedy) {
  const struct {
    const char* line;
    const char* expected;
  } rows[] = {
      {"skan P1 code at gate:A/in -> admitted", "unknown statement `skan`; write `scan`"},
      {"scan P1 code at gate:A/in", "nothing is expected; write `scan P1 code at gate:POINT/in -> admitted`"},
      {"scan P1 code at gate:A/in -> admited", "nothing is ever `admited`; write `admitted`"},
      {"scan P1 code at gate:A/in -> refused list_stail", "unknown reason `list_stail`; write `list_stale`"},
      {"scan P1 code gate:A/in -> admitted", "this statement cannot be read; write `scan P1 code at gate:POINT/in -> admitted`"},
      {"scan P2 code at gate:A/in -> admitted", "there is no person `P2`; write `P1`"},
      {"scan P1 code at gate:A/inn -> admitted", "there is no gate `gate:A/inn`; write `gate:A/in`"},
      {"scan P1 card at gate:A/in -> admitted",
       "cannot scan `card`; write `scan P1 code`, `scan P1 printed_code` or `tap P1 card`"},
      {"tap P1 code at gate:A/in -> admitted",
       "cannot tap `code`; write `scan P1 code`, `scan P1 printed_code` or `tap P1 card`"},
      {"person P1", "a second `P1`; use another name"},
      {"person P2 age 9", "unknown word `age`; write one of `born`, `balance`, `class`, `cap`"},
      {"person P2 class pupil", "unknown class `pupil`; write one of `ordinary`, `student`, `senior`, `test`, `soldier`"},
      {"person P2 balance 2.0", "`2.0` is no sum; write `balance 20.00`"},
      {"person P2 cap -1.00", "`-1.00` is no sum; write `cap 20.00`"},
      {"person P2 born 2026-03-02", "`2026-03-02` is no date of birth; write `born 1990-01-01`"},
      {"tick 22", "this statement cannot be read; write `tick 22m`"},
      {"tick 400d", "this statement cannot be read; write `tick 22m`"},
      {"clock 2026-03-01T07:59:59+08:00", "time does not go back; write a later time than 2026-03-01T08:00:00+08:00"},
      {"clock tomorrow", "this statement cannot be read; write `clock 2026-03-01T08:00:00+08:00`"},
      {"link sideways", "this statement cannot be read; write `link down` or `link up gate:POINT/in -> charged 3.00`"},
      {"link up gate:D/in", "there is no gate `gate:D/in`; write `gate:A/in`"},
      {"freeze P2", "whom?; write `freeze` and a person of this trial"},
      {"settle", "whom?; write `settle` and a person of this trial"},
      {"pay P1 3.00", "P1 owes 0.00; pay more than nothing and not more than that"},
      {"audit P1 -> admitted", "this statement cannot be read; write `audit P1 last 2 -> admitted, charged 3.00`"},
      {"journeys P2 -> open", "whose?; write `journeys` and a person of this trial"},
      {"ledger P1 3.00 -> admitted", "this statement cannot be read; write `ledger operator:ID +3.00 ; P1 -3.00 ; sum 0`"},
      {"tick 1m ; tick 2m", "this statement cannot be read; write `tick 22m`"},
      {"crowd many code at gate:A/in -> admitted",
       "this statement cannot be read; write `crowd 100 code at gate:POINT/in -> admitted`"},
      {"crowd 9999 code at gate:A/in -> admitted", "too large a crowd; at most 5000 in one trial"},
  };
  for (const auto& row : rows) EXPECT_EQ(Outcome(row.line), "t.trial:4: " + std::string(row.expected)) << row.line;
}

TEST(Trial, ClockComesFirstAndSomethingIsExpected) {
  const auto first = [](std::string_view text) { return RunTrial(SmallScene(), "t.trial", text).problems.front().Text(); };
  EXPECT_EQ(first("person P1\n"), "t.trial:1: there is no time yet; begin with `clock 2026-03-01T08:00:00+08:00`");
  EXPECT_EQ(first("clock 2026-03-01T08:00:00+08:00\nperson P1\n"), "t.trial: expects nothing; say behind `->` what must happen");
  EXPECT_EQ(first("clock 2026-03-01T08:00:00+08:00\nscan P1 same code at gate:A/in -> admitted\n"),
            "t.trial:2: there is no person `P1`; remove it");
  EXPECT_EQ(first("clock 2026-03-01T08:00:00+08:00\nperson P1\nscan P1 same code at gate:A/in -> repeated\n"),
            "t.trial:3: nothing was shown before; leave out `same`");
}

TEST(Trial, OwingPersonPaysAndRefundsGoToWhatIsOwed) {
  EXPECT_EQ(
      Outcome("person P2 balance 1.00\nlink down\nscan P2 code at gate:A/in -> admitted\ntick 1h\n"
              "scan P2 code at gate:B/out -> admitted\nlink up gate:A/in\ntick 30h\nsettle P2 -> charged 7.00\n"
              "ledger receivable:P2 -7.00 ; operator:test +7.00\nscan P2 code at gate:A/in -> refused receivable_outstanding\n"
              "link up -> refunded 5.00\nledger receivable:P2 -2.00 ; operator:test +2.00 ; sum 0\npay P2 2.00\n"
              "scan P2 code at gate:A/in -> admitted\nledger receivable:P2 0 ; opening -2.00 ; sum 0\n"),
      "");
}

TEST(Trial, CrowdMustAgree) {
  EXPECT_EQ(Outcome("link down\ncrowd 4 code at gate:B/in -> admitted\n"), "");
  EXPECT_EQ(Outcome("link down\ncrowd 5 code at gate:B/in -> admitted\n"),
            "t.trial:5: number 5 of the crowd: refused offline_limit_terminal; before: admitted; mend the rule, or the size of "
            "the crowd");
}

TEST(Trial, TimeEndsWithTheCalendar) {
  std::string text;
  for (int i = 0; i < 3; ++i) text += "clock 9999-12-31T23:00:00+08:00\ntick 1h\n";
  EXPECT_EQ(Outcome(text), "t.trial:5: after the year 9999; begin earlier");
}

TEST(RunAll, NamesRefusalsThatNobodyTried) {
  engine::Scene scene = SmallScene();
  scene.trials = {
      {"a.trial", "clock 2026-03-01T03:00:00+08:00\nperson P1\nscan P1 code at gate:A/in -> refused scene_not_in_force\n"},
      {"b.trial",
       "clock 2026-03-01T08:00:00+08:00\nperson P1\ntap P1 card at gate:A/in -> admitted, refused carrier_not_accepted\n"}};
  const Report report = RunAll(scene);
  EXPECT_EQ(report.trials, 2u);
  std::vector<std::string> texts;
  for (const Problem& problem : report.problems) texts.push_back(problem.Text());
  ASSERT_EQ(texts.size(), 7u);  // The failed trial, and six refusals without a passing one.
  EXPECT_EQ(texts[0].substr(0, 28), "b.trial:3: expected admitted");
  EXPECT_EQ(texts[1], "no passing trial expects `refused carrier_not_accepted`; add one that leads to it");
}

// Every scene of the repository keeps what it promises.
TEST(Scenes, KeepTheirTrials) {
  const auto engine = engine::Engine::LoadAll(std::filesystem::path(YUKUAI_SOURCE_DIR) / "scenes");
  ASSERT_TRUE(engine.ok()) << engine.error().detail;
  ASSERT_FALSE(engine->scenes().empty());
  for (const auto& [id, scene] : engine->scenes()) {
    const Report report = RunAll(scene);
    for (const Problem& problem : report.problems) ADD_FAILURE() << id << "/" << problem.Text();
    EXPECT_GT(report.expectations, 0u);
  }
}

}  // namespace
}  // namespace yukuai::trials
