// SPDX-License-Identifier: Apache-2.0
// Through the C interface, as a gate would.
#include "terminal/sdk/terminal.h"

#include "terminal/sdk/sample_gate_test.h"

namespace yukuai::sdk {
namespace {

constexpr uint32_t kIn = YUKUAI_TERMINAL_IN;
constexpr uint32_t kOut = YUKUAI_TERMINAL_OUT;

TEST(Terminal, AdmitsInAndOutAndChainsItsRecords) {
  SampleGate gate;
  gate.Start();
  const Bytes code = gate.Code();
  ASSERT_EQ(gate.Show(code, kIn), "admitted");
  EXPECT_EQ(gate.last.open_barrier, 1U);
  EXPECT_EQ(gate.last.exposure_fen, 500);
  EXPECT_STREQ(gate.last.reason, "");
  ASSERT_EQ(gate.host.log.size(), 1U);
  const record::Record held = gate.LastRecord();
  EXPECT_EQ(held.event, record::EventKind::kHeld);
  EXPECT_EQ(held.rule_file, "test-line@3");
  EXPECT_EQ(held.point, "A");
  EXPECT_EQ(held.freeze_list_version, 1U);
  EXPECT_EQ(held.code, code);
  EXPECT_EQ(gate.End(), "");
  gate.Advance(30);
  EXPECT_EQ(gate.Pass(gate.Code(kNow + 30), kOut), "admitted");
  ASSERT_EQ(gate.host.log.size(), 4U);
  EXPECT_EQ(gate.LastRecord().direction, record::Direction::kOut);
  EXPECT_EQ(gate.LastRecord().held_counter, 3U);
  // As the server checks them.
  record::ChainHead head;
  for (const Bytes& bytes : gate.host.log) {
    const auto record = record::Parse(bytes);
    ASSERT_TRUE(record.ok());
    const auto standing = record::CheckChain(
        {bytes, *record, gate.config.terminal, gate.key.public_key(), head, std::nullopt, Instant::FromSeconds(kNow + 30)});
    ASSERT_TRUE(standing.ok()) << standing.error().reason.slug;
    head = record::HeadAfter(*record, bytes);
  }
  EXPECT_EQ(gate.Status().state.counter, 4U);
}

TEST(Terminal, RefusesBrokenCodesAndRecordsThem) {
  SampleGate gate;
  gate.Start();
  EXPECT_EQ(gate.Show({}), "refused code_length");
  EXPECT_EQ(gate.Show(Bytes(5000, 0x80)), "refused code_length");
  EXPECT_EQ(gate.LastRecord().event, record::EventKind::kRefused);
  EXPECT_EQ(gate.LastRecord().code.size(), code::kLengthMax);
  EXPECT_EQ(gate.Show(gate.Code(kNow - 61)), "refused code_expired");
  EXPECT_EQ(gate.Show(gate.Code(kNow + 21), kOut), "refused generated_in_future");
  Bytes forged = gate.Code();
  forged[300] ^= 1;
  EXPECT_EQ(gate.Show(forged, kOut), "refused user_signature");
  EXPECT_EQ(gate.last.open_barrier, 0U);
  EXPECT_EQ(gate.host.log.size(), 5U);
  EXPECT_EQ(gate.LastRecord().reason, "user_signature");
}

TEST(Terminal, RefusalsFollowPrecedence) {
  SampleGate gate;
  const Bytes known = gate.CodeOf(1);
  code::TemplateContent foreign = gate.city.template_content();
  const auto field = code::EncodeIssuerField({code::GrantKind::kRide, 0, 2, {}});
  foreign.issuer_field.assign(field.begin(), field.end());
  ByteArray<10> account = foreign.card_account;
  gate.scene.versions[0].offline.loss_max = Money::Fen(499);
  gate.scene.versions[0].offline.loss_total_max = Money::Fen(499);
  ASSERT_EQ(gate.InOrder({gate.Create(), gate.Restore()}), "");
  ASSERT_EQ(gate.LoadConfig(gate.ConfigFile()), "");
  // Every refusal holds at once; each line takes the first away. Same second, other bytes: a signature has a new nonce.
  ASSERT_EQ(gate.LoadRules(gate.RulesFile({.expires = kNow + 10})), "");
  ASSERT_EQ(gate.LoadFreeze(gate.FreezeFile({.expires = kNow + 10}, {account})), "");
  gate.Advance(10);
  EXPECT_EQ(gate.Show(gate.city.Complete(foreign)), "refused clearing_group_wrong");
  EXPECT_EQ(gate.Show(gate.Code()), "refused file_expired");
  ASSERT_EQ(gate.LoadRules(gate.RulesFile({.version = 2})), "");
  EXPECT_EQ(gate.Show(gate.Code()), "refused frozen");
  ASSERT_EQ(gate.LoadFreeze(gate.FreezeFile({.version = 2, .issued = kNow - 24 * kHour}, {})), "");
  EXPECT_EQ(gate.Show(gate.Code()), "refused list_stale");
  ASSERT_EQ(gate.LoadFreeze(gate.FreezeFile({.version = 3})), "");
  EXPECT_EQ(gate.Show(gate.Code()), "refused offline_limit_carrier");
  gate.scene.versions[0].offline.loss_max = Money::Fen(500);
  ASSERT_EQ(gate.LoadRules(gate.RulesFile({.version = 3})), "");
  EXPECT_EQ(gate.Show(gate.Code()), "refused offline_limit_terminal");
  gate.scene.versions[0].offline.loss_total_max = Money::Fen(500);
  ASSERT_EQ(gate.LoadRules(gate.RulesFile({.version = 4})), "");
  EXPECT_EQ(gate.Show(known), "admitted");
}

TEST(Terminal, ScenesOfItsOwnAdmitRideCodesOfTheGroup) {
  SampleGate gate;
  gate.Start();
  code::TemplateContent content = gate.city.template_content();
  const auto field = code::EncodeIssuerField({code::GrantKind::kRide, 0, 1, {}});
  content.issuer_field.assign(field.begin(), field.end());
  EXPECT_EQ(gate.Pass(gate.city.Complete(content)), "admitted");
  // A code of another group still lets its rider out.
  content.issuer_field[3] = 2;
  EXPECT_EQ(gate.Pass(gate.city.Complete(content), kOut), "admitted");
}

TEST(Terminal, SameCodeGetsItsFirstAnswer) {
  SampleGate gate;
  gate.Start();
  const Bytes code = gate.Code();
  ASSERT_EQ(gate.Show(code), "admitted");
  // The barrier is still open for this passage: opening it again lets nobody else in.
  EXPECT_EQ(gate.Show(code), "repeated");
  EXPECT_EQ(gate.last.open_barrier, 1U);
  EXPECT_EQ(gate.Show(gate.CodeOf(2)), "none passage_open");
  EXPECT_EQ(gate.End(), "");
  gate.Advance(60);  // The last second of the code.
  EXPECT_EQ(gate.Show(code), "repeated");
  EXPECT_EQ(gate.last.open_barrier, 0U);
  EXPECT_EQ(gate.last.first_verdict, YUKUAI_TERMINAL_ADMITTED);
  EXPECT_EQ(gate.last.counter, 1U);
  EXPECT_EQ(gate.host.log.size(), 2U);
  gate.Advance(1);
  EXPECT_EQ(gate.Show(code), "refused code_expired");
}

TEST(Terminal, RefusalIsRepeatedTooAndCarriesTheScenesWords) {
  SampleGate gate;
  gate.Start();
  ASSERT_EQ(gate.LoadFreeze(gate.FreezeFile({.version = 2}, {gate.city.template_content().card_account})), "");
  const Bytes code = gate.Code();
  ASSERT_EQ(gate.Show(code), "refused frozen");
  EXPECT_STREQ(gate.last.next_zh, "请到甲站服务台");
  EXPECT_STREQ(gate.last.next_en, "Ask at the desk of Alpha");
  ASSERT_EQ(gate.Show(code), "repeated");
  EXPECT_EQ(gate.last.first_verdict, YUKUAI_TERMINAL_REFUSED);
  EXPECT_STREQ(gate.last.reason, "frozen");
  EXPECT_EQ(gate.last.open_barrier, 0U);
  EXPECT_EQ(gate.host.log.size(), 1U);
}

TEST(Terminal, VoidedPassageMayBeTriedAgainWithTheSameCode) {
  SampleGate gate;
  gate.Start();
  const Bytes code = gate.Code();
  ASSERT_EQ(gate.Show(code), "admitted");
  EXPECT_EQ(gate.Status().exposure_total_fen, 500);
  EXPECT_EQ(gate.End(YUKUAI_TERMINAL_VOIDED), "");
  EXPECT_EQ(gate.Status().exposure_total_fen, 0);
  ASSERT_EQ(gate.Show(code), "admitted");
  EXPECT_EQ(gate.last.counter, 3U);
  EXPECT_EQ(gate.End(), "");
  EXPECT_EQ(gate.Show(code), "repeated");
  EXPECT_EQ(gate.last.counter, 3U);
}

TEST(Terminal, ExitIsNeverRefusedByListsOrBounds) {
  SampleGate gate;
  gate.scene.versions[0].offline.loss_max = Money();
  gate.Start();
  ASSERT_EQ(gate.LoadFreeze(gate.FreezeFile({.version = 2, .expires = kNow + 1}, {gate.city.template_content().card_account})),
            "");
  EXPECT_EQ(gate.Pass(gate.Code(), kOut), "admitted");
  EXPECT_EQ(gate.last.exposure_fen, 0);
  gate.host.trusted = 0;
  gate.Advance(300 * kHour);  // Every file has expired.
  code::TemplateContent content = gate.city.template_content();
  content.authorisation_expiry = Instant::FromSeconds(kNow + 400 * kHour);
  EXPECT_EQ(gate.Show(gate.city.Complete(content, kNow + 300 * kHour), kIn), "refused file_expired");
  EXPECT_EQ(gate.Pass(gate.city.Complete(content, kNow + 300 * kHour), kOut), "admitted");
}

TEST(Terminal, ListIsGoodToItsLastSecondAndNotWithAnUnsetClock) {
  SampleGate gate;
  gate.Start();
  ASSERT_EQ(gate.LoadFreeze(gate.FreezeFile({.version = 2, .issued = kNow - 24 * kHour})), "");
  EXPECT_EQ(gate.Status().list_age_seconds, 24 * kHour);
  EXPECT_EQ(gate.Pass(gate.CodeOf(1)), "admitted");
  gate.host.trusted = 0;
  EXPECT_EQ(gate.Show(gate.CodeOf(2)), "refused list_stale");
  EXPECT_EQ(gate.Status().list_age_seconds, -1);
  gate.host.trusted = 1;
  gate.Advance(1);
  EXPECT_EQ(gate.Show(gate.CodeOf(3)), "refused list_stale");
}

TEST(Terminal, WithoutAListOnlyExits) {
  SampleGate gate;
  EXPECT_EQ(gate.InOrder({gate.Create(), gate.Restore(), gate.LoadConfig(gate.ConfigFile()), gate.LoadRules(gate.RulesFile())}),
            "");
  EXPECT_EQ(gate.Show(gate.CodeOf(1)), "refused list_stale");
  EXPECT_EQ(gate.Show(gate.CodeOf(2), kOut), "admitted");
}

TEST(Terminal, BoundsWhatOneCarrierAndAllMayOwe) {
  SampleGate gate;
  gate.Start();
  EXPECT_EQ(gate.Pass(gate.CodeOf(1, kNow)), "admitted");
  EXPECT_EQ(gate.Pass(gate.CodeOf(1, kNow - 1)), "admitted");
  EXPECT_EQ(gate.Show(gate.CodeOf(1, kNow - 2)), "refused offline_limit_carrier");
  EXPECT_EQ(gate.Pass(gate.CodeOf(2, kNow)), "admitted");
  EXPECT_EQ(gate.Pass(gate.CodeOf(3, kNow)), "admitted");
  EXPECT_EQ(gate.Status().exposure_total_fen, 2000);
  EXPECT_EQ(gate.Show(gate.CodeOf(4, kNow)), "refused offline_limit_terminal");
  // The server has the first two passages: rider 1 may enter again.
  EXPECT_EQ(yukuai_terminal_acknowledged(gate.terminal.get(), 4), nullptr);
  EXPECT_EQ(gate.Status().exposure_total_fen, 1000);
  EXPECT_EQ(gate.Pass(gate.CodeOf(1, kNow - 3)), "admitted");
  EXPECT_STREQ(yukuai_terminal_acknowledged(gate.terminal.get(), 1000), "acknowledged_ahead");
  EXPECT_EQ(gate.Status().acknowledged_counter, 4U);
}

TEST(Terminal, TimeNeverRunsBehindRecordsAndFiles) {
  SampleGate gate;
  gate.Start();
  ASSERT_EQ(gate.Pass(gate.CodeOf(1)), "admitted");
  gate.Advance(-10);
  EXPECT_EQ(gate.Status().clock_behind_us, 10'000'000);
  EXPECT_EQ(gate.Pass(gate.CodeOf(2)), "admitted");
  EXPECT_EQ(gate.LastRecord().at, Instant::FromSeconds(kNow));
  gate.host.now_us -= 1;  // Behind by more than the skew: as good as not set.
  EXPECT_EQ(gate.Status().clock_trusted, 0U);
  EXPECT_EQ(gate.Show(gate.CodeOf(3)), "refused list_stale");
  EXPECT_EQ(gate.Pass(gate.CodeOf(4), kOut), "admitted");
  // A file from later than the clock moves time on; a clock gone mad does not overflow.
  ASSERT_EQ(gate.LoadFreeze(gate.FreezeFile({.version = 2, .issued = kNow + 30})), "");
  EXPECT_EQ(gate.Pass(gate.CodeOf(5, kNow + 30), kOut), "admitted");
  EXPECT_EQ(gate.LastRecord().at, Instant::FromSeconds(kNow + 30));
  for (const int64_t mad : {INT64_MIN, INT64_MAX}) {
    gate.host.now_us = mad;
    EXPECT_EQ(gate.Status().state.at_us, (kNow + 30) * 1'000'000);
  }
}

TEST(Terminal, WithoutItsLogItAdmitsNobody) {
  SampleGate gate;
  gate.Start();
  gate.host.log_works = false;
  const Bytes code = gate.Code();
  EXPECT_EQ(gate.Show(code), "refused log_unavailable");
  EXPECT_EQ(gate.last.counter, 0U);
  EXPECT_EQ(gate.last.open_barrier, 0U);
  EXPECT_EQ(gate.Show(gate.CodeOf(2), kOut), "refused log_unavailable");
  EXPECT_EQ(gate.Show({}), "refused code_length");
  yukuai_terminal_status status = gate.Status();
  EXPECT_EQ(status.append_failures, 3U);
  EXPECT_EQ(status.state.counter, 0U);
  EXPECT_EQ(status.exposure_total_fen, 0);
  gate.host.log_works = true;
  ASSERT_EQ(gate.Show(code), "admitted");
  EXPECT_EQ(gate.last.counter, 1U);
  gate.host.log_works = false;
  EXPECT_EQ(gate.End(), "log_unavailable");
  EXPECT_EQ(gate.Status().passage_open, 1U);
  gate.host.log_works = true;
  EXPECT_EQ(gate.End(), "");
  EXPECT_EQ(gate.host.log.size(), 2U);
}

TEST(Terminal, PassagesEndOnceAndAsTheyBegan) {
  SampleGate gate;
  gate.Start();
  EXPECT_EQ(gate.End(), "passage_not_open");
  ASSERT_EQ(gate.Show(gate.Code()), "admitted");
  EXPECT_STREQ(yukuai_terminal_outcome(gate.terminal.get(), 1, 4, nullptr), "outcome_malformed");
  EXPECT_STREQ(yukuai_terminal_outcome(gate.terminal.get(), 2, YUKUAI_TERMINAL_VOIDED, nullptr), "passage_not_open");
  uint64_t counter = 0;
  EXPECT_EQ(yukuai_terminal_outcome(gate.terminal.get(), 1, YUKUAI_TERMINAL_UNKNOWN, &counter), nullptr);
  EXPECT_EQ(counter, 2U);
  EXPECT_EQ(gate.LastRecord().event, record::EventKind::kUnknown);
  EXPECT_EQ(gate.End(), "passage_not_open");
}

TEST(Terminal, RestartKnowsWhatTheLogKnows) {
  SampleGate gate;
  gate.Start();
  const Bytes first = gate.CodeOf(1), second = gate.CodeOf(2), third = gate.CodeOf(3);
  ASSERT_EQ(gate.Pass(first), "admitted");
  ASSERT_EQ(gate.Show(second), "admitted");
  ASSERT_EQ(gate.End(YUKUAI_TERMINAL_VOIDED), "");
  ASSERT_EQ(gate.Show({}), "refused code_length");
  ASSERT_EQ(gate.Show(third), "admitted");
  const yukuai_terminal_status before = gate.Status();
  gate.Restart();
  const yukuai_terminal_status after = gate.Status();
  EXPECT_EQ(after.state.counter, before.state.counter);
  EXPECT_TRUE(std::ranges::equal(after.state.digest, before.state.digest));
  EXPECT_EQ(after.exposure_total_fen, before.exposure_total_fen);
  EXPECT_EQ(after.state.open_counter, 6U);
  EXPECT_EQ(after.state.open_direction, kIn);
  // The open passage first; codes seen before the power cut are known; the voided one may be tried again.
  EXPECT_EQ(gate.Show(second), "none passage_open");
  gate.last.counter = 6;
  EXPECT_EQ(gate.End(YUKUAI_TERMINAL_UNKNOWN), "");
  EXPECT_EQ(gate.Show(first), "repeated");
  EXPECT_EQ(gate.Show(third), "repeated");
  EXPECT_EQ(gate.Show(second), "admitted");
  EXPECT_EQ(gate.Replay(gate.host.log.back()), "replay_late");
}

TEST(Terminal, StateOfTheHeadStandsForAnUploadedLog) {
  SampleGate gate;
  gate.Start();
  ASSERT_EQ(gate.Show(gate.Code(), kOut), "admitted");
  const yukuai_terminal_state state = gate.Status().state;
  ASSERT_EQ(gate.InOrder({gate.Create(), gate.Restore(state)}), "");
  EXPECT_EQ(gate.Restore(state), "restore_late");
  EXPECT_EQ(gate.InOrder({gate.LoadConfig(gate.ConfigFile()), gate.LoadRules(gate.RulesFile())}), "");
  EXPECT_EQ(gate.Status().acknowledged_counter, 1U);
  EXPECT_EQ(gate.End(YUKUAI_TERMINAL_UNKNOWN), "");
  EXPECT_EQ(gate.LastRecord().direction, record::Direction::kOut);
  EXPECT_EQ(gate.LastRecord().previous, record::DigestOf(gate.host.log[0]));
}

TEST(Terminal, RefusesAStateThatCannotBe) {
  const Kept wrong[] = {{.at_us = 1},
                        {.open_counter = 1, .open_direction = kIn},
                        {.counter = 1, .at_us = -1},
                        {.counter = 1, .open_counter = 2, .open_direction = kIn},
                        {.counter = 1, .open_counter = 1, .open_direction = 3}};
  for (const Kept& state : wrong) {
    SampleGate gate;
    ASSERT_EQ(gate.Create(), "");
    EXPECT_EQ(gate.Restore(state), "restore_malformed");
  }
}

TEST(Terminal, RefusesALogThatWasTouched) {
  SampleGate gate;
  gate.Start();
  ASSERT_EQ(gate.Pass(gate.CodeOf(1)), "admitted");
  ASSERT_EQ(gate.Pass(gate.CodeOf(2)), "admitted");
  const std::vector<Bytes> log = gate.host.log;
  ASSERT_EQ(gate.Create(), "");
  EXPECT_EQ(gate.Replay(log[0]), "restore_missing");
  ASSERT_EQ(gate.Restore(), "");
  EXPECT_EQ(gate.Replay(log[1]), "record_gap");
  Bytes touched = log[0];
  touched[70] ^= 1;  // The held counter's first byte of a held record.
  EXPECT_EQ(gate.Replay(touched), "record_malformed");
  touched = log[0];
  touched[67] ^= 1;  // The time.
  EXPECT_EQ(gate.Replay(touched), "record_signature");
  EXPECT_EQ(gate.Replay(log[0]), "");
  EXPECT_EQ(gate.Replay(log[0]), "record_fork");
  EXPECT_EQ(gate.InOrder({gate.Replay(log[1]), gate.Replay(log[2]), gate.Replay(log[3])}), "");
}

TEST(Terminal, RefusesOlderExpiredForeignAndForgedFiles) {
  SampleGate gate;
  ASSERT_EQ(gate.Create(), "");
  EXPECT_EQ(gate.LoadConfig(gate.ConfigFile()), "restore_missing");
  ASSERT_EQ(gate.Restore(Kept{.versions = 5}), "");
  EXPECT_EQ(gate.LoadRules(gate.RulesFile()), "config_missing");
  EXPECT_EQ(gate.LoadFreeze(gate.FreezeFile()), "config_missing");
  EXPECT_EQ(gate.Show(gate.Code()), "none config_missing");

  EXPECT_EQ(gate.LoadConfig(Bytes(10, 1)), "file_malformed");
  EXPECT_EQ(gate.LoadConfig(gate.ConfigFile({.version = 5}, gate.rules_key)), "file_signature");
  EXPECT_EQ(gate.LoadConfig(*rulefile::Build({Edition{.version = 5}, "terminal", {1}}, gate.list_key)), "config_malformed");
  EXPECT_EQ(gate.LoadConfig(gate.ConfigFile({.version = 4})), "file_older");
  EXPECT_EQ(gate.LoadConfig(gate.ConfigFile({.version = 6, .expires = kNow})), "file_expired");
  const TerminalId own = gate.config.terminal;
  gate.config.terminal = TerminalId(ByteArray<16>{9});
  EXPECT_EQ(gate.LoadConfig(gate.ConfigFile({.version = 5})), "config_terminal");
  gate.config.terminal = own;
  // The version it held before it restarted: expired, and still good for letting people out.
  EXPECT_EQ(gate.LoadConfig(gate.ConfigFile({.version = 5, .expires = kNow})), "");

  EXPECT_EQ(gate.Show(gate.Code()), "none rules_missing");
  EXPECT_EQ(gate.LoadRules(gate.ConfigFile({.version = 5})), "file_signature");
  EXPECT_EQ(gate.LoadRules(*rulefile::Build({Edition{}, "other", {1}}, gate.rules_key)), "file_scene");
  EXPECT_EQ(gate.LoadRules(*rulefile::Build({Edition{}, "test-line", {1}}, gate.rules_key)), "scene_file_syntax");
  EXPECT_EQ(gate.LoadRules(gate.RulesFile({.version = 4})), "file_older");
  EXPECT_EQ(gate.LoadRules(gate.RulesFile({.version = 6, .expires = kNow})), "file_expired");
  EXPECT_EQ(gate.LoadRules(gate.RulesFile({.version = 5})), "");

  EXPECT_EQ(gate.LoadFreeze(gate.RulesFile()), "file_signature");
  EXPECT_EQ(gate.LoadFreeze(gate.FreezeFile({.version = 5}, {}, 2)), "file_clearing_group");
  EXPECT_EQ(gate.LoadFreeze(gate.FreezeFile({.version = 4})), "file_older");
  EXPECT_EQ(gate.LoadFreeze(gate.FreezeFile({.version = 6, .expires = kNow})), "file_expired");
  EXPECT_EQ(gate.LoadFreeze(gate.FreezeFile({.version = 6})), "");

  EXPECT_EQ(gate.Show(gate.CodeOf(1)), "refused file_expired");
  EXPECT_EQ(gate.Pass(gate.CodeOf(2), kOut), "admitted");
}

TEST(Terminal, FollowsANewConfiguration) {
  SampleGate gate;
  gate.Start();
  const Bytes code = gate.CodeOf(1);
  ASSERT_EQ(gate.Pass(code), "admitted");
  gate.config.point = "B";
  gate.config.directions = terminal_config::Directions::kOut;
  gate.config.profile = "name = \"longer\"\nvalidity_seconds_max = 3600\n";
  ASSERT_EQ(gate.LoadConfig(gate.ConfigFile({.version = 2})), "");
  EXPECT_EQ(gate.Show(gate.CodeOf(2), kIn), "none direction_wrong");
  EXPECT_EQ(gate.Show(gate.CodeOf(2), 3), "none direction_wrong");
  EXPECT_EQ(gate.Show(code, kOut), "repeated");  // What it has seen it has seen.
  EXPECT_EQ(gate.Pass(gate.CodeOf(3), kOut), "admitted");
  EXPECT_EQ(gate.LastRecord().point, "B");
  gate.config.scene = "other-line";
  gate.config.clearing_group = 2;
  ASSERT_EQ(gate.LoadConfig(gate.ConfigFile({.version = 3})), "");
  EXPECT_EQ(gate.Show(gate.CodeOf(4), kOut), "none rules_missing");
  EXPECT_EQ(gate.Status().state.freeze_list_version, 0U);
}

TEST(Terminal, NeedsRealKeysAndAHost) {
  EXPECT_EQ(yukuai_terminal_abi(), YUKUAI_TERMINAL_ABI);
  SampleGate gate;
  yukuai_terminal_identity identity{};
  yukuai_terminal* made = nullptr;
  const yukuai_terminal_host host{&gate.host, SampleHost::Now, SampleHost::Append};
  EXPECT_STREQ(yukuai_terminal_create(&identity, &host, &made), "terminal_identity");
  std::ranges::copy(gate.key.d().Expose(), identity.private_key);
  EXPECT_STREQ(yukuai_terminal_create(&identity, &host, &made), "terminal_identity");
  std::ranges::copy(gate.config.list_key, identity.list_key);
  const yukuai_terminal_host incomplete{&gate.host, SampleHost::Now, nullptr};
  EXPECT_STREQ(yukuai_terminal_create(&identity, &incomplete, &made), "host_incomplete");
  EXPECT_EQ(made, nullptr);
  yukuai_terminal_destroy(nullptr);
}

}  // namespace
}  // namespace yukuai::sdk
