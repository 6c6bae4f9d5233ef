// SPDX-License-Identifier: Apache-2.0
// Counter codes as people write and type them.
#include "services/identity/identity.h"

namespace yukuai::identity {
namespace {

constexpr std::string_view kDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr size_t kLength = 10;
constexpr size_t kTypedMax = 64;

}  // namespace

std::optional<std::string> NormaliseCounterCode(std::string_view typed) {
  if (typed.size() > kTypedMax) return std::nullopt;
  std::string code;
  for (char c : typed) {
    if (c == ' ' || c == '-') continue;
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == 'I' || c == 'L') c = '1';
    if (c == 'O') c = '0';
    if (kDigits.find(c) == std::string_view::npos) return std::nullopt;
    code.push_back(c);
  }
  if (code.size() != kLength) return std::nullopt;
  return code;
}

}  // namespace yukuai::identity
