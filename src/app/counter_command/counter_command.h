// SPDX-License-Identifier: Apache-2.0
// What a clerk does, from the clerk's own machine: `yukuai person add` registers a resident; `yukuai counter-code` issues the
// code that a resident enrols a phone with, or freezes and unfreezes a resident. A signed request to the city's public
// interface; the data folder is not needed.
#pragma once

#include <functional>
#include <memory>

#include "app/cli/command.h"
#include "base/entropy/entropy.h"
#include "base/time/time.h"
#include "platform/http/client.h"

namespace yukuai::counter_command {

// The server answered, but not as its interface says: another program listens there, or a much older one.
inline constexpr Reason kAnswerMalformed{Kind::kUnavailable, "counter_answer_malformed"};

using MakeClient = std::function<std::unique_ptr<http::Client>(http::ClientOptions)>;

// The command, and the group `person`. clock and entropy outlive them.
cli::Command CounterCode(const Clock& clock, Entropy& entropy, MakeClient make_client);
cli::Command Person(const Clock& clock, Entropy& entropy, MakeClient make_client);

}  // namespace yukuai::counter_command
