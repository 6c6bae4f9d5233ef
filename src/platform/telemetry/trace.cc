// SPDX-License-Identifier: Apache-2.0
#include "platform/telemetry/trace.h"

#include <algorithm>

namespace yukuai::telemetry {
namespace {

bool IsZero(ByteSpan bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}

// Zero means "none" in the standard, and one draw in 2^64 may be zero.
template <size_t N>
ByteArray<N> TakeNonZero(Entropy& entropy) {
  ByteArray<N> bytes = entropy.Take<N>();
  if (IsZero(bytes)) bytes[0] = 1;
  return bytes;
}

}  // namespace

std::optional<Trace> ParseTraceParent(std::string_view text) {
  if (text.size() != 55 || !text.starts_with("00-") || text[35] != '-' || text[52] != '-') return std::nullopt;
  if (std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) return std::nullopt;
  const auto id = FromHex(text.substr(3, 32));
  const auto parent = FromHex(text.substr(36, 16));
  const auto flags = FromHex(text.substr(53, 2));
  if (!id || !parent || !flags || IsZero(*id) || IsZero(*parent)) return std::nullopt;
  Trace trace;
  std::copy(id->begin(), id->end(), trace.id.begin());
  std::copy(parent->begin(), parent->end(), trace.parent.begin());
  trace.flags = flags->front();
  return trace;
}

std::string TraceParent(const Trace& trace) {
  const uint8_t flags[] = {trace.flags};
  return "00-" + ToHex(trace.id) + "-" + ToHex(trace.parent) + "-" + ToHex(flags);
}

Trace StartTrace(Entropy& entropy) { return {TakeNonZero<16>(entropy), TakeNonZero<8>(entropy), 0}; }
Trace ChildOf(const Trace& trace, Entropy& entropy) { return {trace.id, TakeNonZero<8>(entropy), trace.flags}; }

}  // namespace yukuai::telemetry
