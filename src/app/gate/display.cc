// SPDX-License-Identifier: Apache-2.0
#include "app/gate/display.h"

#include <boost/json.hpp>
#include <ostream>

#include "formats/reason_text/reason_text.h"

namespace yukuai::gate {
namespace json = boost::json;
namespace {

using Verdict = Answer::Verdict;

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAdmitted: return "admitted";
    case Verdict::kRefused: return "refused";
    case Verdict::kRepeated: return "repeated";
  }
  return "refused";
}

// What the SDK leaves unsaid, because nothing was refused.
void FillIn(Answer& answer) {
  if (!answer.title_zh.empty() || !answer.reason.empty()) return;
  const bool used = answer.verdict == Verdict::kRepeated && !answer.open_barrier;
  answer.title_zh = used ? "此码已使用，不重复扣费" : "请通行";
  answer.title_en = used ? "Already used, nothing more is charged" : "Please pass";
  if (!used) return;
  answer.next_zh = "请刷新二维码后再出示";
  answer.next_en = "Refresh the code and show it again";
}

std::string Pair(std::string_view zh, std::string_view en) { return std::string(zh) + "  " + std::string(en); }

std::string TextOf(const Answer& answer) {
  const std::string title = Pair(answer.title_zh, answer.title_en);
  const std::string next = answer.next_zh.empty() ? "" : " — " + Pair(answer.next_zh, answer.next_en);
  const bool admitted = answer.verdict == Verdict::kAdmitted || answer.open_barrier;
  if (admitted) return "✓ " + title;
  // Without a record nothing was decided by the rules: the gate is not fit, and the person is not to blame.
  if (answer.counter == 0) return "! 人工核验  Ask the staff — " + title + next;
  return "✕ " + title + next;
}

}  // namespace

void Display::Show(const Answer& given, const Place& place) {
  Answer answer = given;
  FillIn(answer);
  if (!as_json_) return Line(TextOf(answer));
  json::object line{{"decision", VerdictName(answer.verdict)}};
  if (!answer.reason.empty()) line["reason"] = answer.reason;
  if (answer.verdict == Verdict::kRepeated) line["first_decision"] = VerdictName(answer.first_verdict);
  line["title_zh"] = answer.title_zh;
  line["title_en"] = answer.title_en;
  line["next_zh"] = answer.next_zh;
  line["next_en"] = answer.next_en;
  line["counter"] = answer.counter;
  line["point"] = place.point;
  line["direction"] = place.direction;
  line["at"] = ToRfc3339(answer.at);
  if (answer.list_age_seconds >= 0) {
    line["list_age_seconds"] = answer.list_age_seconds;
  } else {
    line["list_age_seconds"] = nullptr;
  }
  Line(json::serialize(line));
}

void Display::Tell(std::string_view event, json::object details, std::string_view text) {
  if (!as_json_) return Line("· " + std::string(text));
  json::object line{{"event", event}};
  for (auto& [key, value] : details) line[key] = std::move(value);
  Line(json::serialize(line));
}

void Display::Line(std::string_view line) {
  const std::lock_guard lock(mutex_);
  out_ << line << std::endl;  // A line that waits in a buffer is no display.
}

std::string Sentence(std::string_view slug) {
  const auto* text = reason_text::Find(slug);
  if (text == nullptr) return std::string(slug);
  return Pair(text->title_zh, text->title_en) + " — " + Pair(text->next_zh, text->next_en);
}

}  // namespace yukuai::gate
