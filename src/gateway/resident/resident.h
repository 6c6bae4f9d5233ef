// SPDX-License-Identifier: Apache-2.0
// The API of a person's own device: enrol, apply for codes, rides, freeze, history, proofs, events. Parses, calls a service,
// writes the answer; no rule lives here.
#pragma once

#include <string>
#include <vector>

#include "gateway/push/push.h"
#include "gateway/routing/routing.h"
#include "platform/audit/audit.h"
#include "registers/journeys/journeys.h"
#include "registers/persons/persons.h"
#include "scenes/engine/engine.h"
#include "services/codes/codes.h"
#include "services/identity/identity.h"

namespace yukuai::resident {

inline constexpr Reason kPageTokenInvalid{Kind::kMalformed, "page_token_invalid"};

struct Parts {
  const persons::Register& persons;
  const identity::Identity& identity;
  const codes::Codes& codes;
  const audit::Log& log;
  const engine::Engine& engine;
  push::Hub& hub;
  int64_t refresh_seconds = 45;
};
std::vector<routing::Route> Routes(Parts parts);

// Tells the person's open pages what a journey has become and what is left; read from after the commit.
void TellRides(const Parts& parts, storage::Reader& reader, PersonId person, const std::vector<JourneyId>& changed);
void TellFreeze(const Parts& parts, storage::Reader& reader, PersonId person, Instant now);

}  // namespace yukuai::resident
