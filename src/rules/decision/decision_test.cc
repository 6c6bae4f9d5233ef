// SPDX-License-Identifier: Apache-2.0
#include "rules/decision/decision.h"

#include <gtest/gtest.h>

namespace yukuai::decision {
namespace {

constexpr Reason kNo{Kind::kRefused, "test_no"};
constexpr Reason kOther{Kind::kRefused, "test_other"};
constexpr Reason kBroken{Kind::kMalformed, "test_broken"};

Step Gives(std::vector<Effect> effects) {
  return [effects]() -> Result<Decision> { return Decision{effects, "ignored"}; };
}

TEST(RunInOrder, ConcatenatesEffectsInListedOrder) {
  const auto decision = RunInOrder({Gives({Admit{"entry"}}), Gives({Charge{"j", Money::Fen(300), Money::Fen(300), {}}})}, "s@1");
  ASSERT_TRUE(decision.ok());
  ASSERT_EQ(decision->effects.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<Admit>(decision->effects[0]));
  EXPECT_EQ(decision->rule_version, "s@1");
  EXPECT_TRUE(decision->admitted());
  EXPECT_EQ(decision->charged(), Money::Fen(300));
  EXPECT_EQ(decision->refusal(), nullptr);
}

TEST(RunInOrder, FirstRefusalStandsAloneAndEndsTheRun) {
  bool third_ran = false;
  const auto decision = RunInOrder(
      {Gives({Admit{"entry"}, Charge{"j", Money::Fen(300), Money::Fen(300), {}}}), Gives({Refuse{kNo}, Refuse{kOther}}),
       [&third_ran]() -> Result<Decision> {
         third_ran = true;
         return Decision{};
       }},
      "s@1");
  ASSERT_TRUE(decision.ok());
  ASSERT_EQ(decision->effects.size(), 1u);
  EXPECT_EQ(decision->refusal()->reason, kNo);
  EXPECT_FALSE(decision->admitted());
  EXPECT_EQ(decision->charged(), Money());
  EXPECT_FALSE(third_ran);
}

TEST(RunInOrder, RepetitionStandsAloneAndEndsTheRun) {
  const auto decision = RunInOrder({Gives({Admit{"entry"}}), Gives({Repeat{"j"}}), Gives({Refuse{kNo}})}, "s@1");
  ASSERT_TRUE(decision.ok());
  ASSERT_EQ(decision->effects.size(), 1u);
  EXPECT_EQ(decision->repeat()->subject, "j");
  EXPECT_FALSE(decision->admitted());
}

TEST(RunInOrder, FaultIsPassedOn) {
  const auto decision = RunInOrder({Gives({Admit{"entry"}}), []() -> Result<Decision> { return Fault(kBroken); }}, "s@1");
  ASSERT_FALSE(decision.ok());
  EXPECT_EQ(decision.error().reason, kBroken);
}

TEST(Decision, RefusalWinsOverAdmission) {
  const Decision decision{{Admit{"entry"}, Refuse{kNo}}, "s@1"};
  EXPECT_FALSE(decision.admitted());
}

TEST(Decision, ChargedIsNetOfRefunds) {
  const Decision decision{{Refund{"a", Money::Fen(600), Money(), {}}, Charge{"b", Money::Fen(300), Money::Fen(300), {}}}, "s@1"};
  EXPECT_EQ(decision.charged(), Money::Fen(-300));
}

}  // namespace
}  // namespace yukuai::decision
