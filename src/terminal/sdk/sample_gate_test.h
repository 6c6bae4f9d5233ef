// SPDX-License-Identifier: Apache-2.0
// For tests: a terminal with keys, files, a clock that is told the time and a log in memory.
#pragma once

#include <gtest/gtest.h>
#include <yukuai/terminal.h>

#include <memory>
#include <vector>

#include "formats/code/alias.h"
#include "formats/code/sample_codes_test.h"
#include "formats/lists/freeze_list.h"
#include "formats/record/record.h"
#include "formats/rulefile/rulefile.h"
#include "formats/terminal_config/terminal_config.h"

namespace yukuai::sdk {

using code::SampleCity;
inline constexpr int64_t kNow = SampleCity::kNow;
inline constexpr int64_t kHour = 3600;

// What went out of the gate; survives the terminal as a disk would.
struct SampleHost {
  int64_t now_us = kNow * 1'000'000;
  int trusted = 1;
  bool log_works = true;
  std::vector<Bytes> log;

  static int64_t Now(void* user, int* trusted) {
    const auto* host = static_cast<SampleHost*>(user);
    *trusted = host->trusted;
    return host->now_us;
  }
  static int Append(void* user, uint64_t counter, const uint8_t* record, size_t size) {
    auto* host = static_cast<SampleHost*>(user);
    if (!host->log_works) return 1;
    host->log.emplace_back(record, record + size);
    EXPECT_EQ(counter, host->log.size());
    return 0;
  }
};

// Of a file that is good now, unless told otherwise.
struct Edition {
  uint64_t version = 1;
  int64_t issued = kNow - 60;
  int64_t expires = kNow + 240 * kHour;
  operator signed_file::Edition() const { return {version, Instant::FromSeconds(issued), Instant::FromSeconds(expires)}; }
};

// What a terminal kept, written by what a test is about.
struct Kept {
  uint64_t counter = 0;
  int64_t at_us = 0;
  uint64_t versions = 0;
  uint64_t open_counter = 0;
  uint32_t open_direction = 0;
  operator yukuai_terminal_state() const {
    return {counter, {}, at_us, versions, versions, versions, open_counter, open_direction};
  }
};

struct SampleGate {
  SampleCity city;
  SeededEntropy entropy{7};
  sm2::PrivateKey key = sm2::PrivateKey::Generate(entropy);
  sm2::PrivateKey list_key = sm2::PrivateKey::Generate(entropy);
  sm2::PrivateKey rules_key = sm2::PrivateKey::Generate(entropy);
  SampleHost host;
  terminal_config::TerminalConfig config;
  scene_file::SceneFile scene;
  std::unique_ptr<yukuai_terminal, void (*)(yukuai_terminal*)> terminal{nullptr, yukuai_terminal_destroy};

  SampleGate() {
    config.terminal = TerminalId(ByteArray<16>{1, 2, 3});
    config.city = {"渝快市", "Yukuai City"};
    config.root_keys = {{SampleCity::kRootIndex, city.root.public_key().compressed(), std::nullopt}};
    config.profile = "name = \"sample\"\n";
    config.list_key = list_key.public_key().compressed();
    config.rules_key = rules_key.public_key().compressed();
    config.clearing_group = 1;
    config.scene = "test-line";
    config.point = "A";

    scene_file::Fare fare;
    fare.stations = {{"A", {"甲", "Alpha"}}, {"B", {"乙", "Beta"}}};
    fare.segments = {{0, 1, 2500}};
    fare.bands = {{std::nullopt, Money::Fen(200)}};
    fare.incomplete_price = Money::Fen(500);  // The most that an entry can come to.
    fare.daily_cap = Money::Fen(1500);
    fare.journey_max_minutes = 240;
    fare.settle_after_hours = 24;
    scene_file::Version version;
    version.number = 3;
    version.since = {2026, 3, 1};
    version.carriers = {scene_file::Carrier::kCode};
    version.offline = {true, 24, std::nullopt, Money::Fen(1000), Money::Fen(2000)};
    version.refusals = {{"frozen", {"请到甲站服务台", "Ask at the desk of Alpha"}}};
    version.rules = {"fare"};
    version.fare = fare;
    scene = {"test-line", {"试验线", "Test line"}, 1, 4, {version}};
  }

  Bytes ConfigFile(Edition edition, const sm2::PrivateKey& signer) const {
    return *rulefile::Build({edition, "terminal", ToBytes(terminal_config::Emit(config))}, signer);
  }
  Bytes ConfigFile(Edition edition = {}) const { return ConfigFile(edition, list_key); }
  Bytes RulesFile(Edition edition = {}) const {
    return *rulefile::Build({edition, scene.id, ToBytes(scene_file::Emit(scene))}, rules_key);
  }
  Bytes FreezeFile(Edition edition = {}, std::vector<ByteArray<10>> frozen = {}, uint16_t group = 1) {
    const signed_file::Edition e = edition;
    return *lists::BuildFreezeList({e.version, group, e.issued_at, e.expires_at, std::move(frozen)}, list_key, entropy);
  }

  std::string Create() {
    yukuai_terminal_identity identity{};
    std::ranges::copy(config.terminal.bytes(), identity.terminal_id);
    std::ranges::copy(key.d().Expose(), identity.private_key);
    std::ranges::copy(config.list_key, identity.list_key);
    const yukuai_terminal_host callbacks{&host, SampleHost::Now, SampleHost::Append};
    yukuai_terminal* made = nullptr;
    const char* reason = yukuai_terminal_create(&identity, &callbacks, &made);
    terminal.reset(made);
    return Slug(reason);
  }
  static std::string Slug(const char* reason) { return reason == nullptr ? "" : reason; }
  std::string Restore(const yukuai_terminal_state& state = {}) { return Slug(yukuai_terminal_restore(terminal.get(), &state)); }
  std::string Replay(const Bytes& record) { return Slug(yukuai_terminal_replay(terminal.get(), record.data(), record.size())); }
  std::string LoadConfig(const Bytes& file) {
    return Slug(yukuai_terminal_load_config(terminal.get(), file.data(), file.size()));
  }
  std::string LoadRules(const Bytes& file) { return Slug(yukuai_terminal_load_rules(terminal.get(), file.data(), file.size())); }
  std::string LoadFreeze(const Bytes& file) {
    return Slug(yukuai_terminal_load_freeze_list(terminal.get(), file.data(), file.size()));
  }
  // The reasons of steps that are to go well, one after the other: braces keep their order.
  static std::string InOrder(std::initializer_list<std::string> reasons) {
    std::string all;
    for (const std::string& reason : reasons) all += reason;
    return all;
  }
  void Start() {
    EXPECT_EQ(InOrder({Create(), Restore(), LoadConfig(ConfigFile()), LoadRules(RulesFile()), LoadFreeze(FreezeFile())}), "");
  }
  // As after a power cut: a new terminal that knows what the log says.
  void Restart() {
    EXPECT_EQ(InOrder({Create(), Restore(), LoadConfig(ConfigFile()), LoadRules(RulesFile()), LoadFreeze(FreezeFile())}), "");
    for (const Bytes& record : host.log) EXPECT_EQ(Replay(record), "");
  }

  yukuai_terminal_decision last{};
  // "admitted", "repeated", "refused <slug>" or "none <slug>".
  std::string Show(const Bytes& code, uint32_t direction = YUKUAI_TERMINAL_IN) {
    const char* reason = yukuai_terminal_decide(terminal.get(), code.data(), code.size(), direction, &last);
    if (reason != nullptr) return "none " + std::string(reason);
    switch (last.verdict) {
      case YUKUAI_TERMINAL_ADMITTED: return "admitted";
      case YUKUAI_TERMINAL_REPEATED: return "repeated";
      default: return "refused " + std::string(last.reason);
    }
  }
  std::string End(uint32_t outcome = YUKUAI_TERMINAL_CONFIRMED) {
    return Slug(yukuai_terminal_outcome(terminal.get(), last.counter, outcome, nullptr));
  }
  // Shows, and confirms when admitted.
  std::string Pass(const Bytes& code, uint32_t direction = YUKUAI_TERMINAL_IN) {
    const std::string answer = Show(code, direction);
    if (answer == "admitted") { EXPECT_EQ(End(), ""); }
    return answer;
  }
  yukuai_terminal_status Status() {
    yukuai_terminal_status status{};
    EXPECT_EQ(yukuai_terminal_read_status(terminal.get(), &status), nullptr);
    return status;
  }

  Bytes Code(int64_t generated = kNow) const { return city.Code(generated); }
  // Of another rider: the last digits of the card account.
  Bytes CodeOf(uint8_t rider, int64_t generated = kNow) const {
    code::TemplateContent content = city.template_content();
    content.card_account[9] = rider;
    return city.Complete(content, generated);
  }
  void Advance(int64_t seconds) { host.now_us += seconds * 1'000'000; }
  record::Record LastRecord() const { return *record::Parse(host.log.back()); }
};

}  // namespace yukuai::sdk
