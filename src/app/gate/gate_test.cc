// SPDX-License-Identifier: Apache-2.0
// The gate against a server in memory and a data folder on the disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>
#include <qrencode.h>
#include <stdlib.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <sstream>

#include "app/gate/gate_command.h"
#include "app/gate/run.h"
#include "app/gate/sync.h"
#include "platform/host/host.h"
#include "terminal/sdk/sample_gate_test.h"

namespace yukuai::gate {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kServer = "https://city.example";

// Answers as the server would; remembers what it was asked.
class SampleServer : public http::Client {
 public:
  explicit SampleServer(sdk::SampleGate& sample) : sample_(sample) {}

  Result<http::CallAnswer> Send(const http::Call& call) override {
    calls.push_back(call);
    if (!reachable) return Fault(http::kPeerUnreachable);
    const std::string path = call.url.substr(kServer.size());
    if (path == "/v1/terminal-enrolments") return Enrol(call);
    if (path == "/v1/terminal-files") {
      return Json(200, {{"config_version", 1},
                        {"rule_files", {{{"scene", "other"}, {"version", 9}}, {{"scene", "test-line"}, {"version", 1}}}},
                        {"freeze_lists", json::array{json::object{{"clearing_group", 1}, {"version", list_version}}}}});
    }
    if (path == "/v1/terminal-config") return Octets(sample_.ConfigFile());
    if (path == "/v1/rule-files/test-line") return Octets(sample_.RulesFile());
    if (path == "/v1/freeze-lists/1") return Octets(sample_.FreezeFile({.version = list_version}, frozen));
    if (path == "/v1/terminal-reports") return Json(201, {});
    if (path == "/v1/record-batches") return TakeBatch(call);
    return Json(404, {{"code", "route_unknown"}});
  }

  std::vector<std::string> Paths() {
    std::vector<std::string> paths;
    for (const http::Call& call : calls) paths.push_back(call.url.substr(kServer.size() + 4));
    calls.clear();
    return paths;
  }

  bool reachable = true;
  bool answer_lost = false;
  uint64_t list_version = 1;
  std::vector<ByteArray<10>> frozen;
  uint64_t acknowledged = 0;
  uint64_t refuse_from = UINT64_MAX;
  std::map<std::string, http::CallAnswer> kept_answers;  // By Idempotency-Key, as the server keeps them.
  std::vector<http::Call> calls;

 private:
  static http::CallAnswer Octets(const Bytes& bytes) { return {200, {}, std::string(AsText(bytes))}; }
  static http::CallAnswer Json(int status, const json::object& body) { return {status, {}, json::serialize(body)}; }
  Result<http::CallAnswer> Enrol(const http::Call& call) {
    if (answer_lost) return Fault(http::kPeerOutcomeUnknown);
    const json::value body = json::parse(call.body);
    const auto key = sm2::PublicKey::Parse(*FromBase64Url(std::string_view(body.at("public_key").as_string())));
    const Bytes proof = *FromBase64Url(std::string_view(body.at("proof").as_string()));
    sm2::Signature signature{};
    std::ranges::copy(proof, signature.begin());
    const Bytes message =
        ByteWriter().AppendText("yukuai-terminal-enrolment").Append(Bytes(16, 7)).Append(key->compressed()).Finish();
    if (!sm2::Verify(*key, AsBytes(sm2::kDefaultId), message, signature)) return Json(401, {{"code", "terminal_proof_refused"}});
    return Json(201, {{"terminal_id", sample_.config.terminal.Text()}});
  }
  http::CallAnswer TakeBatch(const http::Call& call) {
    const auto key = std::ranges::find(call.headers, "Idempotency-Key", &http::Field::name);
    const auto kept = kept_answers.find(key->value);
    if (kept != kept_answers.end()) return kept->second;
    return kept_answers[key->value] = Judge(call);
  }
  http::CallAnswer Judge(const http::Call& call) {
    json::array results;
    const json::value body = json::parse(call.body);
    for (const json::value& text : body.at("records").as_array()) {
      const auto one = record::Parse(*FromBase64Url(std::string_view(text.as_string()))).value();
      if (one.counter >= refuse_from || one.counter > acknowledged + 1) {
        const char* code = one.counter >= refuse_from ? "record_signature" : "record_gap";
        results.push_back({{"counter", one.counter}, {"outcome", "refused"}, {"code", code}});
        break;
      }
      results.push_back({{"counter", one.counter}, {"outcome", one.counter <= acknowledged ? "known" : "applied"}});
      acknowledged = std::max(acknowledged, one.counter);
    }
    return Json(201, {{"acknowledged", acknowledged}, {"results", std::move(results)}});
  }

  sdk::SampleGate& sample_;
};

class GateTest : public testing::Test {
 protected:
  host::SystemFiles files_;
  GateTest() {
    std::string name = (std::filesystem::temp_directory_path() / "yukuai-gate-XXXXXX").string();
    folder_path_ = ::mkdtemp(name.data());
  }
  ~GateTest() override {
    Stop();
    std::filesystem::remove_all(folder_path_);
  }

  std::string TokenText() const { return sample_.config.terminal.Text() + "." + ToBase32(Bytes(16, 7)); }
  Credentials Given() const { return {TokenText(), sample_.list_key.public_key().compressed()}; }
  LinkParts Parts() { return {server_, std::string(kServer), clock_, entropy_}; }

  // A gate's parts, put together as the command does, without its threads.
  Result<Lane::Started> StartLane() {
    Stop();
    folder_.emplace(Folder::Open(files_, folder_path_ / "gate", Folder::Access::kOwn).value());
    const Enrolled enrolled = EnrolOnce(*folder_, Parts(), Given()).value();
    log_ = RecordLog::Open(files_, folder_->log(), RecordLog::Access::kWrite).value();
    link_.emplace(Parts(), enrolled.identity.terminal, enrolled.key);
    return Lane::Start({*folder_, *log_, clock_, true}, enrolled.identity, enrolled.key);
  }
  std::optional<uint64_t> Start() {
    auto started = StartLane();
    EXPECT_TRUE(started.ok()) << (started.ok() ? "" : started.error().reason.slug);
    lane_ = std::move(started->lane);
    synchroniser_.emplace(*lane_, *link_, clock_, entropy_);
    uploader_.emplace(Uploader::Start(*folder_, *log_, *lane_, *link_, sample_.config.terminal).value());
    return started->unknown_counter;
  }
  void Stop() {
    uploader_.reset();
    synchroniser_.reset();
    lane_.reset();
    log_.reset();
    folder_.reset();
  }
  void StartSynchronised() {
    Start();
    ASSERT_TRUE(synchroniser_->Step().ok());
    server_.calls.clear();
  }
  record::Record RecordAt(uint64_t counter) { return record::Parse(log_->Read(counter).value()).value(); }
  std::string Show(const Bytes& code, Barrier barrier = Barrier::kOk) {
    std::ostringstream out;
    Display display(out, false);
    Attendant attendant({*lane_, display, YUKUAI_TERMINAL_IN, barrier, [] {}});
    attendant.Take({Input::Kind::kCode, code, {}});
    return out.str();
  }

  sdk::SampleGate sample_;
  SampleServer server_{sample_};
  ManualClock clock_{Instant::FromSeconds(sdk::kNow)};
  SeededEntropy entropy_{11};
  std::filesystem::path folder_path_;
  std::optional<Folder> folder_;
  std::unique_ptr<RecordLog> log_;
  std::optional<Link> link_;
  std::unique_ptr<Lane> lane_;
  std::optional<Synchroniser> synchroniser_;
  std::optional<Uploader> uploader_;
};

TEST_F(GateTest, EnrolmentAfterALostAnswerSendsTheSameRequest) {
  const Folder folder = Folder::Open(files_, folder_path_ / "new", Folder::Access::kOwn).value();
  server_.answer_lost = true;
  EXPECT_EQ(EnrolOnce(folder, Parts(), Given()).error().reason, http::kPeerOutcomeUnknown);
  server_.answer_lost = false;
  const auto enrolled = EnrolOnce(folder, Parts(), Given());
  ASSERT_TRUE(enrolled.ok()) << enrolled.error().detail;
  EXPECT_TRUE(enrolled->just_now);
  ASSERT_EQ(server_.calls.size(), 2u);
  EXPECT_EQ(server_.calls[0].body, server_.calls[1].body);
  EXPECT_EQ(server_.calls[0].headers[1].name, "Idempotency-Key");
  EXPECT_EQ(server_.calls[0].headers[1].value, server_.calls[1].headers[1].value);
  EXPECT_FALSE(EnrolOnce(folder, Parts(), Given())->just_now);
  EXPECT_FALSE(EnrolOnce(folder, Parts(), std::nullopt)->just_now);
  EXPECT_EQ(server_.calls.size(), 2u) << "an enrolled gate asks nobody";
  for (const auto& file : std::filesystem::directory_iterator(folder_path_ / "new")) {
    EXPECT_EQ(file.status().permissions(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)
        << file.path();
  }
}

TEST_F(GateTest, EnrolmentFaults) {
  const Folder folder = Folder::Open(files_, folder_path_ / "new", Folder::Access::kOwn).value();
  EXPECT_EQ(EnrolOnce(folder, Parts(), std::nullopt).error().reason, kNotEnrolled);
  for (const std::string& token : {std::string(), std::string("ter_"), TokenText() + "0", "dev" + TokenText().substr(3)}) {
    EXPECT_EQ(EnrolOnce(folder, Parts(), Credentials{token, {}}).error().reason, kGateTokenMalformed) << token;
  }
  const std::string other = TerminalId(ByteArray<16>{9}).Text() + TokenText().substr(30);
  EXPECT_EQ(EnrolOnce(folder, Parts(), Credentials{other, Given().list_key}).error().reason, kServerAnswerMalformed);
  ASSERT_TRUE(EnrolOnce(folder, Parts(), Given()).ok());
  EXPECT_EQ(EnrolOnce(folder, Parts(), Credentials{other, Given().list_key}).error().reason, kEnrolledOtherwise);
  EXPECT_EQ(EnrolOnce(folder, Parts(), Credentials{TokenText(), {}}).error().reason, kEnrolledOtherwise);
  EXPECT_EQ(Folder::Open(files_, folder_path_ / "new", Folder::Access::kOwn).error().reason, kFolderInUse);
}

TEST_F(GateTest, SynchronisingFetchesWhatIsNewerAndReportsIt) {
  Start();
  EXPECT_THAT(Show(sample_.Code()), HasSubstr("! 人工核验"));
  server_.calls.clear();
  const auto first = synchroniser_->Step();
  ASSERT_TRUE(first.ok()) << first.error().detail;
  EXPECT_TRUE(first->changed);
  EXPECT_TRUE(first->refused.empty());
  EXPECT_EQ(json::parse(server_.calls.back().body),
            json::parse(R"({"codes_forgotten_early":0,"rule_files":[{"scene":"test-line","version":1}],
      "freeze_lists":[{"clearing_group":1,"version":1}]})"));
  EXPECT_THAT(server_.Paths(),
              ElementsAre("terminal-files", "terminal-config", "rule-files/test-line", "freeze-lists/1", "terminal-reports"));
  EXPECT_FALSE(synchroniser_->Step()->changed);
  EXPECT_THAT(server_.Paths(), ElementsAre("terminal-files"));
  server_.list_version = 2;
  EXPECT_TRUE(synchroniser_->Step()->changed);
  EXPECT_THAT(server_.Paths(), ElementsAre("terminal-files", "freeze-lists/1", "terminal-reports"));
  // The same version, issued later: a younger list.
  clock_.Advance(700);
  EXPECT_FALSE(synchroniser_->Step()->changed);
  EXPECT_THAT(server_.Paths(), ElementsAre("terminal-files", "freeze-lists/1"));
  // An older one is refused, and told once.
  server_.list_version = 1;
  EXPECT_EQ(synchroniser_->Step()->refused.at(0).reason, "file_older");
  EXPECT_TRUE(synchroniser_->Step()->refused.empty());
  server_.reachable = false;
  EXPECT_EQ(synchroniser_->Step().error().reason, http::kPeerUnreachable);
}

TEST_F(GateTest, RequestsAreSignedByTheKeyThatWasEnrolled) {
  Start();
  server_.calls.clear();
  ASSERT_TRUE(link_->Get("/v1/terminal-files").ok());
  ASSERT_EQ(server_.calls.size(), 1u);
  std::string fields;
  for (const auto& field : server_.calls[0].headers) fields += field.name + ": " + field.value + "\n";
  EXPECT_THAT(fields, HasSubstr("keyid=\"" + sample_.config.terminal.Text() + "\";alg=\"sm2-sm3\""));
  EXPECT_EQ(link_->Get("/v1/elsewhere").error().reason, kServerRefused);
  EXPECT_EQ(link_->Get("/v1/elsewhere").error().detail, "route_unknown");
}

TEST_F(GateTest, APassageIsHeldBeforeAndConfirmedAfterTheBarrierMoves) {
  StartSynchronised();
  const Bytes code = sample_.Code();
  EXPECT_THAT(Show(code), testing::StartsWith("✓ 请通行  Please pass\n"));
  EXPECT_EQ(RecordAt(1).event, record::EventKind::kHeld);
  EXPECT_EQ(RecordAt(2).event, record::EventKind::kConfirmed);
  EXPECT_EQ(RecordAt(2).held_counter, 1u);
  EXPECT_THAT(Show(code), testing::StartsWith("✕ 此码已使用"));
  EXPECT_EQ(log_->count(), 2u);
  Bytes forged = sample_.CodeOf(2);
  forged.back() ^= 1;
  EXPECT_THAT(Show(forged), testing::StartsWith("✕ "));
  EXPECT_EQ(RecordAt(3).event, record::EventKind::kRefused);
}

TEST_F(GateTest, ABarrierThatDidNotMoveVoidsThePassage) {
  StartSynchronised();
  const Bytes code = sample_.Code();
  EXPECT_THAT(Show(code, Barrier::kStuck), HasSubstr("did not move"));
  EXPECT_EQ(RecordAt(2).event, record::EventKind::kVoided);
  EXPECT_THAT(Show(code), HasSubstr("✓ 请通行")) << "the same code may be shown again";
}

TEST_F(GateTest, APassageThatWasOpenWhenThePowerWentBecomesUnknown) {
  StartSynchronised();
  ASSERT_EQ(lane_->Decide(sample_.Code(), YUKUAI_TERMINAL_IN).verdict, Answer::Verdict::kAdmitted);
  server_.reachable = false;
  EXPECT_EQ(Start(), 1u);
  EXPECT_EQ(RecordAt(2).event, record::EventKind::kUnknown);
  EXPECT_EQ(RecordAt(2).held_counter, 1u);
  EXPECT_EQ(Start(), std::nullopt);
  // Offline, with the files that were held.
  EXPECT_THAT(Show(sample_.CodeOf(2)), HasSubstr("✓"));
  EXPECT_EQ(log_->count(), 4u);
}

TEST_F(GateTest, ARecordTornAnywhereIsWrittenAnewWithItsCounter) {
  StartSynchronised();
  Show(sample_.Code());
  const std::filesystem::path path = folder_->log();
  const Bytes whole = host::ReadFile(path, 1 << 20).value();
  const size_t entry = 2 + log_->Read(2)->size() + 8;
  Stop();
  for (size_t cut = 1; cut < entry; cut += 29) {
    std::filesystem::resize_file(path, whole.size() - cut);
    EXPECT_EQ(Start(), 1u) << "the outcome was torn: nobody knows it";
    EXPECT_EQ(log_->count(), 2u);
    EXPECT_EQ(RecordAt(2).event, record::EventKind::kUnknown);
    Stop();
    ASSERT_TRUE(host::WriteFileDurably(path, whole).ok());
  }
}

TEST_F(GateTest, UploadGoesOnFromWhatWasAcknowledged) {
  StartSynchronised();
  EXPECT_EQ(uploader_->Step()->count, 0u);
  // Some are admitted, most refused because this terminal has reached its bound without network.
  for (int rider = 0; rider < 100; ++rider) Show(sample_.CodeOf(static_cast<uint8_t>(rider / 10 << 4 | rider % 10)));
  const uint64_t total = log_->count();
  ASSERT_GT(total, kBatchRecordsMax);
  ASSERT_LT(total, 2 * kBatchRecordsMax);
  server_.reachable = false;
  EXPECT_EQ(uploader_->Step().error().reason, http::kPeerUnreachable);
  server_.reachable = true;
  EXPECT_EQ(uploader_->Step()->acknowledged, kBatchRecordsMax);
  EXPECT_EQ(uploader_->pending(), total - kBatchRecordsMax);
  EXPECT_EQ(server_.calls[0].body, server_.calls[1].body);
  EXPECT_EQ(server_.calls[0].headers[2].name, "Idempotency-Key");
  EXPECT_EQ(server_.calls[0].headers[2].value, server_.calls[1].headers[2].value);
  Start();
  EXPECT_EQ(uploader_->pending(), total - kBatchRecordsMax);
  EXPECT_EQ(lane_->Status().acknowledged_counter, kBatchRecordsMax);
  EXPECT_EQ(uploader_->Step()->acknowledged, total);
  EXPECT_EQ(uploader_->pending(), 0u);
  EXPECT_EQ(lane_->Status().acknowledged_counter, total);
}

TEST_F(GateTest, UploadStopsAtARefusedRecord) {
  StartSynchronised();
  Show(sample_.Code());
  Show(sample_.CodeOf(2));
  server_.refuse_from = 3;
  const auto done = uploader_->Step();
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(done->acknowledged, 2u);
  ASSERT_TRUE(done->refusal);
  EXPECT_EQ(done->refusal->counter, 3u);
  EXPECT_EQ(done->refusal->code, "record_signature");
  EXPECT_TRUE(uploader_->stopped());
  EXPECT_EQ(uploader_->pending(), 0u);
  EXPECT_THAT(Show(sample_.CodeOf(3)), HasSubstr("✓")) << "people are let through all the same";
}

TEST_F(GateTest, AServerThatLostRecordsGetsThemAgain) {
  StartSynchronised();
  Show(sample_.Code());
  ASSERT_EQ(uploader_->Step()->acknowledged, 2u);
  Show(sample_.CodeOf(2));
  server_.acknowledged = 1;
  const auto done = uploader_->Step();
  EXPECT_TRUE(done->rewound);
  EXPECT_FALSE(done->refusal);
  EXPECT_EQ(uploader_->Step()->acknowledged, 4u);
}

TEST_F(GateTest, AServerThatWasPutBackIsFoundOutWithoutAPassage) {
  StartSynchronised();
  Show(sample_.Code());
  ASSERT_EQ(uploader_->Step()->acknowledged, 2u);
  // It is what it was: the question is asked once, and changes nothing.
  uploader_->DoubtAcknowledged();
  EXPECT_FALSE(uploader_->idle());
  const auto same = uploader_->Step();
  ASSERT_TRUE(same.ok()) << same.error().detail;
  EXPECT_EQ(same->count, 0u);
  EXPECT_FALSE(same->rewound);
  EXPECT_TRUE(uploader_->idle());
  // It was put back to before the first record. A new start asks too.
  server_.acknowledged = 0;
  server_.kept_answers.clear();
  Start();
  EXPECT_EQ(uploader_->pending(), 0u);
  EXPECT_FALSE(uploader_->idle());
  EXPECT_TRUE(uploader_->Step()->rewound);
  EXPECT_EQ(uploader_->Step()->acknowledged, 2u);
  EXPECT_TRUE(uploader_->idle());
}

TEST_F(GateTest, ABatchThatWasRefusedForAGapIsTakenOnceTheGapIsFilled) {
  StartSynchronised();
  for (int rider = 0; rider < 100; ++rider) Show(sample_.CodeOf(static_cast<uint8_t>(rider / 10 << 4 | rider % 10)));
  const uint64_t total = log_->count();
  ASSERT_EQ(uploader_->Step()->acknowledged, kBatchRecordsMax);
  server_.acknowledged = 0;
  server_.kept_answers.clear();
  // The very batch that is sent here is sent again after the one before it: its kept answer would rewind for ever.
  EXPECT_TRUE(uploader_->Step()->rewound);
  EXPECT_EQ(uploader_->Step()->acknowledged, kBatchRecordsMax);
  EXPECT_EQ(uploader_->Step()->acknowledged, total);
  EXPECT_EQ(uploader_->pending(), 0u);
}

TEST_F(GateTest, ALogThatIsOlderThanTheServersIsNotContinued) {
  StartSynchronised();
  Show(sample_.Code());
  ASSERT_EQ(uploader_->Step()->acknowledged, 2u);
  Stop();
  std::filesystem::remove(folder_path_ / "gate" / "records.log");
  EXPECT_EQ(StartLane().error().reason, kLogBehindServer);
}

TEST(Backoff, DoublesUpToFiveSecondsWithJitter) {
  SeededEntropy entropy(3);
  Backoff backoff;
  const int64_t ceilings[] = {200, 400, 800, 1600, 3200, 5000, 5000};
  for (int round = 0; round < 50; ++round) {
    for (const int64_t ceiling : ceilings) {
      const int64_t wait = backoff.Next(entropy).count();
      EXPECT_GE(wait, ceiling / 2);
      EXPECT_LE(wait, ceiling);
    }
    backoff.Reset();
  }
}

// ---- The command itself, offline: its server is a port of this machine where nobody listens.

struct Ran {
  int code;
  std::string out;
  std::string err;
  std::vector<json::object> Decisions() const {
    std::vector<json::object> lines;
    std::istringstream stream(out);
    for (std::string line; std::getline(stream, line);) {
      json::object object = json::parse(line).as_object();
      if (object.contains("decision")) lines.push_back(std::move(object));
    }
    return lines;
  }
};

class GateCommandTest : public GateTest {
 protected:
  Ran Run(std::vector<std::string> words, std::string_view input = {}) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    EXPECT_EQ(::write(ends[1], input.data(), input.size()), static_cast<ssize_t>(input.size()));
    ::close(ends[1]);
    cli::Command program{.name = "yukuai", .summary = "", .examples = {}, .options = {}, .run = {}, .subcommands = {}};
    program.subcommands.push_back(Gate(clock_, entropy_, ends[0]));
    words.insert(words.begin(), {"yukuai", "gate"});
    std::vector<const char*> pointers;
    for (const std::string& word : words) pointers.push_back(word.c_str());
    std::ostringstream out;
    std::ostringstream err;
    const int code = cli::Run(program, static_cast<int>(pointers.size()), pointers.data(), {out, err});
    ::close(ends[0]);
    return {code, out.str(), err.str()};
  }
  Ran RunOffline(std::vector<std::string> more, std::string_view input) {
    more.insert(more.begin(), {"--data", (folder_path_ / "gate").string(), "--server", "http://127.0.0.1:1", "--json"});
    return Run(std::move(more), input);
  }
  std::string WriteQr(const Bytes& content) {
    const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
        QRcode_encodeData(static_cast<int>(content.size()), content.data(), 0, QR_ECLEVEL_M), &QRcode_free);
    const uint32_t side = (static_cast<uint32_t>(code->width) + 8) * 4;
    Bytes pixels(size_t{side} * side, 255);
    for (uint32_t y = 16; y < side - 16; ++y) {
      for (uint32_t x = 16; x < side - 16; ++x) {
        const size_t module = (y / 4 - 4) * static_cast<size_t>(code->width) + (x / 4 - 4);
        if ((code->data[module] & 1) != 0) pixels[size_t{y} * side + x] = 0;
      }
    }
    png_image png{};
    png.version = PNG_IMAGE_VERSION;
    png.width = png.height = side;
    png.format = PNG_FORMAT_GRAY;
    const std::string path = (folder_path_ / "screenshot.png").string();
    EXPECT_NE(png_image_write_to_file(&png, path.c_str(), 0, pixels.data(), 0, nullptr), 0);
    return path;
  }
};

TEST_F(GateCommandTest, DecidesOfflineWhatComesInEachForm) {
  StartSynchronised();
  Stop();
  const std::string image = WriteQr(sample_.CodeOf(3));
  const Bytes code = sample_.Code();
  const std::string input = std::string(AsText(code)) + "https://city.example/c#" + ToBase64Url(sample_.CodeOf(2)) +
                            "\nnonsense\n@" + image + "\n" + std::string(AsText(code));
  const Ran ran = RunOffline({"--direction", "in"}, input);
  EXPECT_EQ(ran.code, 0) << ran.err;
  const auto decisions = ran.Decisions();
  ASSERT_EQ(decisions.size(), 4u) << ran.out;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(decisions[i].at("decision"), "admitted");
    EXPECT_EQ(decisions[i].at("title_zh"), "请通行");
    EXPECT_EQ(decisions[i].at("point"), "A");
    EXPECT_EQ(decisions[i].at("direction"), "in");
    EXPECT_EQ(decisions[i].at("list_age_seconds").as_int64(), 60);
    EXPECT_FALSE(decisions[i].contains("reason"));
  }
  EXPECT_EQ(decisions[3].at("decision"), "repeated");
  EXPECT_EQ(decisions[3].at("first_decision"), "admitted");
  EXPECT_EQ(decisions[3].at("counter").as_int64(), 1);
  EXPECT_THAT(ran.out, HasSubstr(R"("event":"input_unreadable","reason":"gate_input_unreadable")"));

  const Ran status = Run({"status", "--data", (folder_path_ / "gate").string(), "--json"});
  EXPECT_EQ(status.code, 0) << status.err;
  const json::value said = json::parse(status.out);
  EXPECT_EQ(said.at("records").as_int64(), 6);
  EXPECT_EQ(said.at("pending").as_int64(), 6);
  EXPECT_EQ(said.at("freeze_list_version").as_int64(), 1);
  EXPECT_EQ(said.at("list_age_seconds").as_int64(), 60);
}

TEST_F(GateCommandTest, ReadsPicturesAndEnds) {
  StartSynchronised();
  Stop();
  const Bytes code = sample_.Code();
  const std::string image = WriteQr(code);
  const auto decisions = RunOffline({"--direction", "in", "--image", image, "--barrier", "stuck"}, "").Decisions();
  ASSERT_EQ(decisions.size(), 1u);
  EXPECT_EQ(decisions[0].at("decision"), "admitted");
  const std::string text = WriteQr(ToBytes("https://city.example/c#" + ToBase64Url(code)));
  const Ran again = RunOffline({"--direction", "in", "--image", text}, "");
  ASSERT_EQ(again.Decisions().size(), 1u) << again.out;
  EXPECT_EQ(again.Decisions()[0].at("decision"), "admitted") << "the first passage was void";
  EXPECT_THAT(RunOffline({"--direction", "in", "--image", "/nowhere.png"}, "").out, HasSubstr(R"("reason":"file_missing")"));
}

TEST_F(GateCommandTest, UsageAndFaultsHaveTheirExitCodes) {
  const std::string data = (folder_path_ / "gate").string();
  const std::vector<std::string> whole = {"--data", data, "--server", "http://127.0.0.1:1", "--direction", "in"};
  const std::vector<std::vector<std::string>> wrong = {
      {"--data", data, "--server", "http://127.0.0.1:1"},
      {"--data", data, "--server", "ftp://x", "--direction", "in"},
      {"--data", data, "--server", "https://x", "--direction", "in"},
      {"--data", data, "--server", "http://x", "--direction", "up"},
      {"--data", data, "--server", "http://x", "--direction", "in", "--barrier", "open"},
      {"--data", data, "--server", "http://x", "--direction", "in", "--token", "t"},
      {"--data", data, "--server", "http://x", "--direction", "in", "--token", "t", "--list-key", "00"},
      {"--data", data, "--server", "http://x", "--direction", "in", "--sync-seconds", "0"},
      {"restart"}};
  for (const auto& words : wrong) EXPECT_EQ(Run(words).code, 64) << words.size();
  const Ran stranger = Run(whole);
  EXPECT_EQ(stranger.code, 1);
  EXPECT_THAT(stranger.err, HasSubstr("gate_not_enrolled"));
  EXPECT_EQ(Run({"status", "--data", data}).code, 1);
}

}  // namespace
}  // namespace yukuai::gate
