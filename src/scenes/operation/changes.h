// SPDX-License-Identifier: Apache-2.0
// Inside of scenes/operation: what a decision changes about a person's journeys, before anything is written.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/entropy/entropy.h"
#include "base/ids/ids.h"
#include "base/money/money.h"
#include "base/time/time.h"
#include "registers/journeys/journeys.h"
#include "rules/decision/decision.h"
#include "rules/judgement/judgement.h"

namespace yukuai::operation {

// A journey as it will be.
struct Change {
  journeys::Journey journey;
  Money moved;  // Positive: charged now. Negative: refunded now.
};

// Whose journeys, in which scene, and when they are changed.
struct Occasion {
  PersonId person;
  std::string scene;
  Instant now;
};

// What is known of the person in the scene.
struct Known {
  std::vector<journeys::Passage> passages;
  std::vector<journeys::Journey> journeys;
};

// By the journey's subject, in the order in which the decision names them. Each journey is labelled with the version of the
// rules that priced it: the one in force when it began.
std::vector<Change> ChangesOf(const decision::Decision& decision, const Occasion& occasion, const Known& known,
                              const judgement::Scene& scene, Entropy& entropy);

}  // namespace yukuai::operation
