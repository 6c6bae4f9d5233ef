// SPDX-License-Identifier: Apache-2.0
// `yukuai serve`: the server. Public API and pages over TLS, health and metrics on a listener of their own.
#pragma once

#include "app/cli/command.h"
#include "base/entropy/entropy.h"
#include "base/time/time.h"

namespace yukuai::serve {

cli::Command Serve(const Clock& clock, Entropy& entropy);

}  // namespace yukuai::serve
