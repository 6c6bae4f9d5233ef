// SPDX-License-Identifier: Apache-2.0
// The C example, run as an integrator would: a program of its own on a folder of files.
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "terminal/sdk/sample_gate_test.h"

namespace yukuai::sdk {
namespace {

class Example : public testing::Test {
 protected:
  Example() {
    std::string pattern = (std::filesystem::temp_directory_path() / "yukuai_example_XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    Bytes identity(gate_.config.terminal.bytes().begin(), gate_.config.terminal.bytes().end());
    identity.insert(identity.end(), gate_.key.d().Expose().begin(), gate_.key.d().Expose().end());
    identity.insert(identity.end(), gate_.config.list_key.begin(), gate_.config.list_key.end());
    Write("identity.bin", identity);
    Write("config.bin", gate_.ConfigFile());
    Write("rules.bin", gate_.RulesFile());
    Write("freeze-list.bin", gate_.FreezeFile());
  }
  ~Example() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const Bytes& bytes) {
    std::ofstream(folder_ + "/" + name, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  int Run(std::string* output) {
    const std::string command = std::string(YUKUAI_EXAMPLE) + " " + folder_ + " " + std::to_string(kNow);
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return -1;
    std::array<char, 256> part{};
    while (fgets(part.data(), part.size(), pipe) != nullptr) *output += part.data();
    const int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  SampleGate gate_;
  std::string folder_;
};

TEST_F(Example, AdmitsOnceAndRemembersItInItsLog) {
  Write("code.bin", gate_.Code());
  std::string output;
  EXPECT_EQ(Run(&output), 0);
  EXPECT_EQ(output, "admitted counter=1 barrier=1 \n");
  // A torn record at the end of the log, as a power cut leaves it.
  std::ofstream(folder_ + "/records.log", std::ios::binary | std::ios::app).write("\x01\x02half", 6);
  output.clear();
  EXPECT_EQ(Run(&output), 1);
  EXPECT_EQ(output, "repeated counter=1 barrier=0 \n");
  Write("code.bin", gate_.Code(kNow - 61));
  output.clear();
  EXPECT_EQ(Run(&output), 1);
  EXPECT_EQ(output.rfind("refused counter=3 barrier=0 code_expired\n", 0), 0U) << output;
}

TEST_F(Example, DecidesNothingWithoutItsFiles) {
  std::filesystem::remove(folder_ + "/rules.bin");
  std::string output;
  EXPECT_EQ(Run(&output), 2);
  EXPECT_EQ(output, "");
}

}  // namespace
}  // namespace yukuai::sdk
