// SPDX-License-Identifier: Apache-2.0
#include "gateway/resident/history_title.h"

namespace yukuai::resident {
namespace {

struct Row {
  std::string_view action;
  HistoryTitle title;
};
constexpr Row kTitles[] = {
    {"account_opened", {"开立账户", "Account opened"}},
    {"code_verified", {"联网验码", "Code verified online"}},
    {"counter_code_issued", {"窗口发放绑定码", "Counter code issued"}},
    {"counter_code_wrong_try", {"有人输错绑定码", "Somebody typed a wrong counter code"}},
    {"device_enrolled", {"登记新设备", "Device enrolled"}},
    {"device_revoked", {"停用设备", "Device revoked"}},
    {"entered", {"进站", "Entered"}},
    {"grant_made", {"申领乘车码", "Ride code made"}},
    {"left", {"出站", "Left"}},
    {"passage_disputed", {"重复的通行记录，未扣费", "A second claim on one passage; not charged"}},
    {"person_frozen", {"冻结卡和码", "Card and code frozen"}},
    {"person_registered", {"窗口登记入册", "Registered at a counter"}},
    {"person_unfrozen", {"解冻卡和码", "Card and code unfrozen"}},
    {"registration_repeated", {"窗口再次登记，资料未变", "Registration asked for again; nothing changed"}},
    {"ride_charged", {"乘车扣费", "Ride charged"}},
    {"ride_refunded", {"乘车退费", "Ride refunded"}},
    {"ride_settled", {"行程缺少进站或出站记录，已结算", "A journey without entry or exit was settled"}},
};

}  // namespace

HistoryTitle TitleOf(std::string_view action) {
  for (const Row& row : kTitles) {
    if (row.action == action) return row.title;
  }
  return {"其他记录", "Recorded"};
}

}  // namespace yukuai::resident
