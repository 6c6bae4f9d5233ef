// SPDX-License-Identifier: Apache-2.0
// A scene of three stations for the tests of the trial language. Only tests include it.
#pragma once

#include "scenes/engine/engine.h"

namespace yukuai::trials {

inline engine::Scene SmallScene() {
  const std::string scene = R"(id = "test-line"
version = 1
since = 2026-03-01
title = { zh = "试验线", en = "Test line" }
order = "clause 1"
owner = "org:test"
operator = { id = "test", zh = "试验", en = "Test" }
clearing_group = 1
day_starts_hour = 4
rules = ["fare"]
carriers = ["code"]
modes = ["scan"]
assurance = "real_name"
[offline]
allowed = true
list_age_max_hours = 24
stale = "refuse"
loss_max_fen = 2000
loss_total_max_fen = 3000
[fare]
table = "prices"
daily_cap_fen = 3000
same_station_free_minutes = 20
duplicate_seconds = 60
journey_max_minutes = 240
settle_after_hours = 24
[fare.concessions]
student = 50
[refusals]
scene_not_in_force = { zh = "尚未开始", en = "Not begun" }
carrier_not_accepted = { zh = "不支持", en = "Not accepted" }
list_stale = { zh = "数据太旧", en = "Too old" }
offline_limit_carrier = { zh = "次数已满", en = "Too often" }
offline_limit_terminal = { zh = "额度已满", en = "Too much" }
receivable_outstanding = { zh = "有待办事项", en = "Something is pending" }
code_cap_too_low = { zh = "请刷新", en = "Refresh" }
)";
  const std::string table = R"(incomplete_price_fen = 700
[[station]]
code = "A"
name = { zh = "甲", en = "Alpha" }
[[station]]
code = "B"
name = { zh = "乙", en = "Beta" }
[[station]]
code = "C"
name = { zh = "丙", en = "Gamma" }
[[segment]]
from = "A"
to = "B"
metres = 6000
[[segment]]
from = "B"
to = "C"
metres = 4400
[[band]]
up_to_metres = 6000
price_fen = 200
[[band]]
price_fen = 300
)";
  const engine::Folder folder{
      {"scene.toml", scene}, {"tables/prices.toml", table}, {"README.md", "org:test, clause 1"}, {"a.trial", ""}};
  engine::Loaded loaded = engine::Load(folder, "test-line");
  YUKUAI_CHECK(loaded.scene.has_value());
  return *std::move(loaded.scene);
}

}  // namespace yukuai::trials
