// SPDX-License-Identifier: Apache-2.0
// A terminal's verification, see verification.h.
#include <algorithm>

#include "app/bench_command/verification.h"

namespace yukuai::bench_command {
namespace {

// Everything measured happens at this moment; the bench reads no wall clock.
constexpr Instant kNow = Instant::FromSeconds(1'780'000'000);  // 2026-05-28T20:26:40Z
constexpr uint8_t kRootIndex = 1;
constexpr uint16_t kClearingGroup = 1;
constexpr std::string_view kPoint = "A";
constexpr size_t kFrozen = 1000;  // A list of the length that a city of millions has.

ByteSpan Id() { return AsBytes(sm2::kDefaultId); }

scene_file::SceneFile MeasuredScene() {
  scene_file::Fare fare;
  fare.stations = {{"A", {"甲", "Alpha"}}, {"B", {"乙", "Beta"}}};
  fare.segments = {{0, 1, 2500}};
  fare.bands = {{std::nullopt, Money::Fen(200)}};
  fare.incomplete_price = Money::Fen(500);
  fare.daily_cap = Money::Fen(1500);
  fare.journey_max_minutes = 240;
  fare.settle_after_hours = 24;
  scene_file::Version version;
  version.number = 1;
  version.since = {2026, 1, 1};
  version.carriers = {scene_file::Carrier::kCode};
  version.offline = {true, 24, std::nullopt, Money::Fen(1000), Money::Fen(100'000)};
  version.rules = {"fare"};
  version.fare = std::move(fare);
  return {"measured", {"测量", "Measured"}, kClearingGroup, 4, {std::move(version)}};
}

judgement::Scene MakeScene() {
  auto scene = judgement::Scene::Make(MeasuredScene());
  YUKUAI_CHECK(scene.ok());
  return *std::move(scene);
}

lists::FreezeList MakeFreezeList(Entropy& entropy) {
  lists::FreezeListContent content{1, kClearingGroup, kNow.PlusSeconds(-60), kNow.PlusSeconds(3600), {}};
  for (size_t i = 0; i < kFrozen; ++i) content.card_accounts.push_back(entropy.Take<10>());
  const sm2::PrivateKey key = sm2::PrivateKey::Generate(entropy);
  const auto file = lists::BuildFreezeList(content, key, entropy);
  YUKUAI_CHECK(file.ok());
  auto list = lists::FreezeList::Open(*file, key.public_key());
  YUKUAI_CHECK(list.ok());
  return *std::move(list);
}

code::Decimal10 CardAccount(size_t rider) {
  std::string digits = std::to_string(rider);
  digits.insert(0, 14 - digits.size(), '0');
  return *code::ParseDecimal10("310499" + digits);
}

}  // namespace

WholeVerification::WholeVerification(Entropy& entropy, size_t codes)
    : freeze_list_(MakeFreezeList(entropy)), scene_(MakeScene()) {
  const sm2::PrivateKey root = sm2::PrivateKey::Generate(entropy);
  const sm2::PrivateKey issuer = sm2::PrivateKey::Generate(entropy);
  code::TemplateContent content;
  const auto certificate = code::BuildCertificate(
      {kRootIndex, *code::ParseDecimal4("65000001"), {2026, 6}, {0, 0, 1}, issuer.public_key().compressed()}, root, Id());
  YUKUAI_CHECK(certificate.ok());
  content.certificate = *certificate;
  std::ranges::copy(AsBytes("0000000000ABCDEF"), content.payment_account.begin());
  content.issuer = *code::ParseDecimal4("65000001");
  content.platform = *code::ParseDecimal4("65000101");
  content.amount_cap = Money::Fen(2000);
  content.authorisation_expiry = kNow.PlusSeconds(3600);
  for (size_t i = 0; i < codes; ++i) {
    const sm2::PrivateKey user = sm2::PrivateKey::Generate(entropy);
    content.card_account = CardAccount(i);
    content.user_key = user.public_key().compressed();
    const auto made = code::BuildTemplate(content, issuer, Id());
    YUKUAI_CHECK(made.ok());
    auto code = code::CompleteCode(*made, kNow, user, Id());
    YUKUAI_CHECK(code.ok());
    codes_.push_back(*std::move(code));
  }
  verifier_ =
      std::make_unique<code::Verifier>(code::Profile{}, code::RootKeys::ByIndex({{kRootIndex, root.public_key(), std::nullopt}}));
}

bool WholeVerification::Next() {
  const Bytes& code = codes_[next_];
  next_ = (next_ + 1) % codes_.size();
  const code::Verdict verdict = verifier_->Verify(code, kNow);
  if (!verdict.accepted() || freeze_list_.Contains(verdict.view->card_account())) return false;
  decision::Event event;
  event.at = kNow;
  event.point = kPoint;
  event.direction = decision::Direction::kIn;
  event.offline = true;
  judgement::Facts facts;
  facts.fare.cap = verdict.view->amount_cap();
  facts.terminal = judgement::TerminalState{60, Money(), Money()};
  const auto decided = judgement::Decide(scene_, event, facts);
  return decided.ok() && decided->admitted();
}

}  // namespace yukuai::bench_command
