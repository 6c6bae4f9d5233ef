// SPDX-License-Identifier: Apache-2.0
// How the tests of this module read vectors and profiles from the repository.
#include <fstream>
#include <iterator>

#include "formats/code/sample_codes_test.h"

namespace yukuai::code {

std::string ReadTextFile(const std::string& path_from_source) {
  std::ifstream file(std::string(YUKUAI_SOURCE_DIR "/") + path_from_source, std::ios::binary);
  YUKUAI_CHECK(file.good());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Profile ReadProfileFile(const std::string& name) {
  auto profile = ParseProfile(ReadTextFile("profiles/" + name + ".toml"));
  YUKUAI_CHECK(profile.ok());
  return *std::move(profile);
}

}  // namespace yukuai::code
