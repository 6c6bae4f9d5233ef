// SPDX-License-Identifier: Apache-2.0
// What a terminal is told about itself: where it stands, which way it leads, which keys it trusts and by which operator values
// it verifies codes. The body of a signed file (docs/formats/terminal.md): canonical JSON as in formats/scene_file — keys
// ascending, no white space, whole numbers — in the container of formats/rulefile under the scene id "terminal", signed by
// the list key, whose fingerprint the operator handed over at enrolment.
//
//   {"city":{"en":"Chongqing","zh":"重庆"},"clearing_group":1,"clock_skew_seconds":10,"directions":"both",
//    "list_key":"02…","point":"hongtudi","profile":"name = …","root_keys":[{"expiry":"2029-12","index":1,"key":"03…"}],
//    "rules_key":"02…","scene":"test-line","terminal":"ter_…"}
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids/ids.h"
#include "base/result/result.h"
#include "crypto/sm2/sm2.h"
#include "formats/code/verify.h"
#include "formats/scene_file/scene_file.h"

namespace yukuai::terminal_config {

// In order of precedence. The detail names the key.
inline constexpr Reason kConfigMalformed{Kind::kMalformed, "config_malformed"};
inline constexpr Reason kConfigNotCanonical{Kind::kMalformed, "config_not_canonical"};  // Also: unknown or repeated keys.

inline constexpr std::string_view kSceneId = "terminal";  // Of the container.
inline constexpr size_t kBodyBytesMax = 512 * 1024;
inline constexpr size_t kRootKeyCountMax = 16;
inline constexpr scene_file::Range kSkewSecondsRange{0, 60};

enum class Directions : uint8_t { kIn = 1, kOut = 2, kBoth = 3 };  // Bits: decision::Direction kIn = 1, kOut = 2.

// A certificate root as written down; MakeRoots gives the verifier's form.
struct RootKey {
  uint8_t index = 0;
  sm2::CompressedKey key{};
  std::optional<code::CertificateMonth> expiry;  // Nothing: does not expire.
  friend bool operator==(const RootKey&, const RootKey&) = default;
};

struct TerminalConfig {
  TerminalId terminal;
  scene_file::Text city;
  std::vector<RootKey> root_keys;  // 1..16, indexes ascending.
  std::string profile;             // The text of a profile, as formats/code/profile.h documents it.
  sm2::CompressedKey list_key{};   // Signs freeze lists; of this file's signer the terminal already knows.
  sm2::CompressedKey rules_key{};
  uint16_t clearing_group = 0;
  std::string scene;
  std::string point;
  Directions directions = Directions::kBoth;
  // How far the clock may read behind the last record or signed file before it counts as not set.
  int64_t clock_skew_seconds = 10;
  friend bool operator==(const TerminalConfig&, const TerminalConfig&) = default;
};

std::string Emit(const TerminalConfig& config);
Result<TerminalConfig> Parse(std::string_view body);

// Of a config that Parse gave.
code::RootKeys MakeRoots(const TerminalConfig& config);

}  // namespace yukuai::terminal_config
