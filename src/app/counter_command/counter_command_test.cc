// SPDX-License-Identifier: Apache-2.0
// What `yukuai counter-code` sends, prints and ends with, against a server that answers what it is told to.
#include "app/counter_command/counter_command.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <sstream>

#include "formats/http_signature/http_signature.h"
#include "platform/keys/staff_key.h"

namespace yukuai::counter_command {
namespace {

namespace json = boost::json;

constexpr Instant kNow = Instant::FromSeconds(1'772'323'200);

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

// Remembers what it was sent.
struct Server {
  Result<http::CallAnswer> answer = http::CallAnswer{};
  std::string authority_file;
  std::vector<http::Call> calls;
};

class ToldClient : public http::Client {
 public:
  explicit ToldClient(Server& server) : server_(server) {}
  Result<http::CallAnswer> Send(const http::Call& call) override {
    server_.calls.push_back(call);
    return server_.answer;
  }

 private:
  Server& server_;
};

class CounterCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "yukuai-counter-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    ASSERT_TRUE(keys::WriteStaffKey(KeyFile(), key_).ok());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string KeyFile() const { return (folder_ / "clerk.key").string(); }
  void Answer(int status, std::string body) { server_.answer = http::CallAnswer{status, {}, std::move(body)}; }
  // After "--key FILE", unless the arguments name a key themselves.
  Outcome Run(std::vector<std::string> arguments) { return RunCommand({"counter-code"}, std::move(arguments)); }
  Outcome RunCommand(const std::vector<std::string>& command, std::vector<std::string> arguments) {
    if (std::ranges::find(arguments, "--key") == arguments.end()) arguments.insert(arguments.begin(), {"--key", KeyFile()});
    arguments.insert(arguments.begin(), command.begin(), command.end());
    arguments.insert(arguments.begin(), "yukuai");
    const MakeClient make = [this](const http::ClientOptions& options) {
      server_.authority_file = options.authority_file;
      return std::make_unique<ToldClient>(server_);
    };
    const cli::Command program{.name = "yukuai",
                               .summary = "",
                               .examples = {},
                               .options = {},
                               .run = {},
                               .subcommands = {CounterCode(clock_, entropy_, make), Person(clock_, entropy_, make)}};
    std::vector<const char*> line;
    for (const std::string& argument : arguments) line.push_back(argument.c_str());
    std::ostringstream out, err;
    const int code = cli::Run(program, static_cast<int>(line.size()), line.data(), {out, err});
    return {code, out.str(), err.str()};
  }
  Outcome Issue(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"--name", "陈一鸣", "--number", "990101199003072512"});
    return Run(std::move(more));
  }
  std::string Header(std::string_view name) const {
    for (const http::Field& field : server_.calls.back().headers) {
      if (field.name == name) return field.value;
    }
    return {};
  }

  ManualClock clock_{kNow};
  SeededEntropy entropy_{11};
  keys::StaffKey key_{StaffId(ByteArray<16>{7}), p256::Generate(entropy_), "https://city.example:8443/"};
  std::filesystem::path folder_;
  Server server_;
};

constexpr const char* kIssued = R"({"counter_code":"7K3M9QX2AB","expires_at":"2026-03-02T08:00:00+08:00"})";
constexpr const char* kProblem = R"({"title":"The name does not match","title_zh":"姓名不符","code":"name_mismatch","status":409,
  "request_id":"req_1","retryable":false,"next_step":{"en":"Look at the document again.","zh":"请再次核对证件。"}})";

TEST_F(CounterCommand, PrintsTheCodeAndItsExpiry) {
  Answer(201, kIssued);
  const Outcome outcome = Issue({"--ca", "authority.pem"});
  EXPECT_EQ(outcome.code, cli::kExitOk) << outcome.err;
  EXPECT_EQ(outcome.out, "counter code          7K3M9QX2AB\nexpires               2026-03-02T08:00:00+08:00\n");
  EXPECT_EQ(server_.authority_file, "authority.pem");
  const Outcome as_json = Issue({"--json"});
  EXPECT_EQ(json::parse(as_json.out), json::parse(kIssued));
}

TEST_F(CounterCommand, SignsTheRequestWithTheClerksKey) {
  Answer(201, kIssued);
  ASSERT_EQ(Issue().code, cli::kExitOk);
  const http::Call& call = server_.calls.at(0);
  EXPECT_EQ(call.url, "https://city.example:8443/v1/counter-codes");
  EXPECT_EQ(json::parse(call.body),
            json::parse(R"({"name":"陈一鸣","document":{"kind":"citizen_id","number":"990101199003072512"}})"));
  const auto signed_message = http_signature::Parse(Header("Signature-Input"), Header("Signature"));
  ASSERT_TRUE(signed_message.ok());
  EXPECT_EQ(signed_message->parameters.keyid, key_.id.Text());
  EXPECT_GE(signed_message->parameters.nonce.size(), http_signature::kNonceBytesMin);
  const std::string digest = Header("Content-Digest");
  const std::string idempotency_key = Header("Idempotency-Key");
  EXPECT_GE(idempotency_key.size(), 16u);
  const http_signature::Message message{call.method, call.url, call.body, digest, idempotency_key};
  EXPECT_TRUE(http_signature::CheckCoverage(*signed_message, message, kNow).ok());
  EXPECT_TRUE(http_signature::VerifySignature(*signed_message, message, key_.key.public_key).ok());
}

TEST_F(CounterCommand, NeverRepeatsANonceOrAnIdempotencyKey) {
  Answer(201, kIssued);
  ASSERT_EQ(Issue().code, cli::kExitOk);
  const std::string first_key = Header("Idempotency-Key");
  const auto first = http_signature::Parse(Header("Signature-Input"), Header("Signature"));
  ASSERT_EQ(Issue().code, cli::kExitOk);
  const auto second = http_signature::Parse(Header("Signature-Input"), Header("Signature"));
  EXPECT_NE(Header("Idempotency-Key"), first_key);
  EXPECT_NE(first->parameters.nonce, second->parameters.nonce);
}

TEST_F(CounterCommand, FreezesAndUnfreezesByNumberAlone) {
  Answer(201, R"({"list_version":8,"frozen_since":"2026-03-01T08:00:00+08:00"})");
  const Outcome frozen = Run({"--number", "990101199003072512", "--freeze"});
  EXPECT_EQ(frozen.code, cli::kExitOk) << frozen.err;
  EXPECT_EQ(frozen.out, "frozen since          2026-03-01T08:00:00+08:00\nfreeze list version   8\n");
  EXPECT_EQ(server_.calls.back().url, "https://city.example:8443/v1/counter-freezes");
  EXPECT_EQ(server_.calls.back().body, R"({"document":{"kind":"citizen_id","number":"990101199003072512"}})");
  Answer(201, R"({"list_version":9,"unfrozen_at":"2026-03-01T09:00:00+08:00"})");
  const Outcome unfrozen = Run({"--number", "990101199003072512", "--unfreeze"});
  EXPECT_EQ(unfrozen.out, "unfrozen at           2026-03-01T09:00:00+08:00\nfreeze list version   9\n");
  EXPECT_EQ(server_.calls.back().url, "https://city.example:8443/v1/counter-unfreezes");
}

TEST_F(CounterCommand, RegistersAResident) {
  Answer(201, R"({"standing":"new","registered_at":"2026-03-01T08:00:00+08:00"})");
  const Outcome registered = RunCommand({"person", "add"}, {"--name", "陈一鸣", "--number", "990101199003072512"});
  EXPECT_EQ(registered.code, cli::kExitOk) << registered.err;
  EXPECT_EQ(registered.out, "resident              new\nregistered            2026-03-01T08:00:00+08:00\n");
  EXPECT_EQ(server_.calls.back().url, "https://city.example:8443/v1/counter-persons");
  EXPECT_EQ(json::parse(server_.calls.back().body),
            json::parse(R"({"name":"陈一鸣","document":{"kind":"citizen_id","number":"990101199003072512"}})"));
  server_.calls.clear();
  EXPECT_EQ(RunCommand({"person", "add"}, {"--number", "990101199003072512"}).code, cli::kExitUsage);
  EXPECT_EQ(RunCommand({"person", "add"}, {"--name", "陈一鸣"}).code, cli::kExitUsage);
  EXPECT_TRUE(server_.calls.empty());
}

TEST_F(CounterCommand, WrongUsageSendsNothing) {
  const std::vector<std::vector<std::string>> lines = {
      {},
      {"--number", "990101199003072512"},
      {"--name", "陈一鸣"},
      {"--name", "陈一鸣", "--number", "990101199003072512", "--freeze"},
      {"--number", "990101199003072512", "--freeze", "--unfreeze"},
      {"--name", "陈一鸣", "--number", "990101199003072512", "--unknown"},
  };
  for (const auto& line : lines) {
    const Outcome outcome = Run(line);
    EXPECT_EQ(outcome.code, cli::kExitUsage) << outcome.err;
    EXPECT_FALSE(outcome.err.empty());
  }
  EXPECT_TRUE(server_.calls.empty());
}

TEST_F(CounterCommand, TellsAProblemWithItsNextStepAndRequest) {
  Answer(409, kProblem);
  const Outcome outcome = Issue();
  EXPECT_EQ(outcome.code, cli::kExitRefused);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err,
            "yukuai: The name does not match (name_mismatch)\n  姓名不符\n  Look at the document again.\n  请再次核对证件。\n"
            "  request req_1\n");
  EXPECT_EQ(json::parse(Issue({"--json"}).out), json::parse(kProblem));
}

TEST_F(CounterCommand, EndsAsTheProblemSays) {
  struct Row {
    int status;
    bool retryable;
    int code;
  };
  for (const Row& row :
       {Row{400, false, cli::kExitDataErr}, Row{401, false, cli::kExitNoPermission}, Row{403, false, cli::kExitNoPermission},
        Row{404, false, cli::kExitRefused}, Row{409, false, cli::kExitRefused}, Row{422, false, cli::kExitDataErr},
        Row{429, true, cli::kExitTempFail}, Row{500, false, cli::kExitUnavailable}, Row{503, true, cli::kExitTempFail}}) {
    Answer(row.status, json::serialize(json::object{{"title", "t"}, {"code", "c"}, {"retryable", row.retryable}}));
    EXPECT_EQ(Issue().code, row.code) << row.status;
  }
}

TEST_F(CounterCommand, ReportsWhatIsNoAnswerOfTheInterface) {
  for (const auto& [status, body] : {std::pair{201, "{}"}, std::pair{201, "<html>"}, std::pair{201, R"({"counter_code":"7K"})"},
                                     std::pair{502, "<html>"}, std::pair{404, "{}"}, std::pair{301, ""}}) {
    Answer(status, body);
    const Outcome outcome = Issue();
    EXPECT_EQ(outcome.code, cli::kExitUnavailable) << body;
    EXPECT_TRUE(outcome.err.starts_with("yukuai: counter_answer_malformed")) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
}

TEST_F(CounterCommand, ReportsFilesAndConnections) {
  EXPECT_EQ(Issue({"--key", (folder_ / "absent.key").string()}).code, cli::kExitNoInput);
  EXPECT_TRUE(server_.calls.empty());
  server_.answer = Fault(http::kPeerUnreachable);
  EXPECT_EQ(Issue().code, cli::kExitUnavailable);
  server_.answer = Fault(http::kPeerOutcomeUnknown);
  EXPECT_EQ(Issue().code, cli::kExitTempFail);
}

}  // namespace
}  // namespace yukuai::counter_command
