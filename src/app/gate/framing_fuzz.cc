// SPDX-License-Identifier: Apache-2.0
// The first byte says how the rest is split over Feed(); the presentations must not depend on it, raw codes must be what their
// length field says, and nothing may be kept beyond the bounds.
#include <algorithm>
#include <vector>

#include "app/gate/framing.h"
#include "base/result/check.h"

namespace {

using yukuai::ByteSpan;
using yukuai::gate::Framing;
using yukuai::gate::Input;

std::vector<Input> Cut(ByteSpan bytes, size_t step) {
  Framing framing;
  std::vector<Input> inputs;
  for (size_t at = 0; at < bytes.size(); at += step) {
    framing.Feed(bytes.subspan(at, std::min(step, bytes.size() - at)));
    while (auto input = framing.Next()) inputs.push_back(*input);
  }
  while (auto input = framing.End()) inputs.push_back(*input);
  return inputs;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const ByteSpan bytes(data + 1, size - 1);
  const auto whole = Cut(bytes, std::max<size_t>(bytes.size(), 1));
  const auto split = Cut(bytes, size_t{data[0]} + 1);
  YUKUAI_CHECK(whole.size() == split.size());
  for (size_t i = 0; i < whole.size(); ++i) {
    YUKUAI_CHECK(whole[i].kind == split[i].kind && whole[i].code == split[i].code && whole[i].path == split[i].path);
    YUKUAI_CHECK(whole[i].code.size() <= yukuai::gate::kLineBytesMax);
    YUKUAI_CHECK(whole[i].path.size() < yukuai::gate::kLineBytesMax);
  }
  Framing patient;
  patient.Feed(bytes);
  for (int silences = 0; silences < 3; ++silences) {
    while (patient.Idle()) {}
  }
  return 0;
}
