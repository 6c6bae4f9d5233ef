// SPDX-License-Identifier: Apache-2.0
// `yukuai counter-code`: a clerk issues the code that a resident enrols a phone with, or freezes and unfreezes a resident, from
// the clerk's own machine. A signed request to the city's public interface; the data folder is not needed.
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

// The command. clock and entropy outlive it.
cli::Command CounterCode(const Clock& clock, Entropy& entropy, MakeClient make_client);

}  // namespace yukuai::counter_command
