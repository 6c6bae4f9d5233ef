// SPDX-License-Identifier: Apache-2.0
#include "app/city_command/residents.h"

namespace yukuai::city_command {
namespace {

// Rare characters, one beyond the basic plane, and a minority name with a middle dot are among them: a city has them all.
constexpr const char* kSurnames[] = {"王", "李", "张", "刘", "陈", "杨", "黄",   "赵",   "吴", "周", "徐", "孙", "马", "朱",
                                     "胡", "郭", "何", "高", "林", "罗", "欧阳", "上官", "旸", "冉", "向", "谭", "龚", "牟"};
constexpr const char* kGiven[] = {"伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇",
                                  "艳", "杰", "娟", "涛", "明", "超", "霞", "平", "刚", "喆", "㛃",
                                  "鑫", "雨", "晨", "梓", "涵", "欣", "怡", "浩", "宇", "轩", "𬭚"};
constexpr const char* kMinority[] = {"阿依古丽·买买提", "古丽娜尔·艾山", "扎西·多吉"};

constexpr int kSequencesPerDay = 900;      // 17th digit and the two before it.
constexpr int64_t kFirstBirthDay = -7305;  // 1950-01-01
constexpr int kBirthDays = 22000;          // Up to 2010.

}  // namespace

persons::NewPerson MakeResident(uint64_t n, SeededEntropy& entropy) {
  // Days walk with a stride that is coprime to their count, so that neighbours do not share a birthday.
  const int64_t day = kFirstBirthDay + static_cast<int64_t>(n * 7919 % kBirthDays);
  const int sequence = static_cast<int>(n / kBirthDays % kSequencesPerDay) + 1;
  std::string name;
  if (entropy.Below(200) == 0) {
    name = kMinority[entropy.Below(std::size(kMinority))];
  } else {
    name = kSurnames[entropy.Below(std::size(kSurnames))];
    name += kGiven[entropy.Below(std::size(kGiven))];
    if (entropy.Below(3) != 0) name += kGiven[entropy.Below(std::size(kGiven))];
  }
  persons::NewPerson person{identifiers::Document(identifiers::CitizenId::Make(kUnassignedRegion, CivilFromDays(day), sequence)),
                            *persons::Name::Parse(name), persons::Concession::kOrdinary, "city-generator"};
  const uint64_t share = entropy.Below(100);
  if (share < 12) person.concession = persons::Concession::kStudent;
  if (share >= 12 && share < 27) person.concession = persons::Concession::kSenior;
  if (n == 0) person.concession = persons::Concession::kOrdinary;  // The resident that is tried first pays the whole fare.
  return person;
}

}  // namespace yukuai::city_command
