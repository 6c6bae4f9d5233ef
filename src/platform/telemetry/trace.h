// SPDX-License-Identifier: Apache-2.0
// W3C Trace Context, so far as we need it: a request's `traceparent` is read strictly, its trace id is logged, and what we
// ask of others on its behalf carries the same trace id.
//
//   traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes/bytes.h"
#include "base/entropy/entropy.h"

namespace yukuai::telemetry {

struct Trace {
  ByteArray<16> id{};     // Never all zero.
  ByteArray<8> parent{};  // Never all zero.
  uint8_t flags = 0;
};

// Version 00 only; lower-case hex. Anything else is nothing, as the standard asks: a broken header starts a new trace.
std::optional<Trace> ParseTraceParent(std::string_view text);
std::string TraceParent(const Trace& trace);
Trace StartTrace(Entropy& entropy);
Trace ChildOf(const Trace& trace, Entropy& entropy);

}  // namespace yukuai::telemetry
