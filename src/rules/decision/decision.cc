// SPDX-License-Identifier: Apache-2.0
#include "rules/decision/decision.h"

namespace yukuai::decision {
namespace {

template <typename Wanted>
const Wanted* First(const std::vector<Effect>& effects) {
  for (const Effect& effect : effects) {
    if (const auto* found = std::get_if<Wanted>(&effect)) return found;
  }
  return nullptr;
}

}  // namespace

const Refuse* Decision::refusal() const { return First<Refuse>(effects); }

const Repeat* Decision::repeat() const { return First<Repeat>(effects); }

bool Decision::admitted() const { return First<Admit>(effects) != nullptr && refusal() == nullptr; }

Money Decision::charged() const {
  Money sum;
  for (const Effect& effect : effects) {
    if (const auto* charge = std::get_if<Charge>(&effect)) sum = sum + charge->amount;
    if (const auto* refund = std::get_if<Refund>(&effect)) sum = sum - refund->amount;
  }
  return sum;
}

Result<Decision> RunInOrder(const std::vector<Step>& steps, std::string rule_version) {
  Decision whole;
  whole.rule_version = std::move(rule_version);
  for (const Step& step : steps) {
    YUKUAI_ASSIGN(Decision part, step());
    if (const Refuse* refusal = part.refusal()) {
      // What earlier rule sets granted must not survive: a refused person has neither paid nor entered.
      whole.effects = {*refusal};
      return whole;
    }
    if (const Repeat* repeat = part.repeat()) {
      whole.effects = {*repeat};
      return whole;
    }
    for (Effect& effect : part.effects) whole.effects.push_back(std::move(effect));
  }
  return whole;
}

}  // namespace yukuai::decision
