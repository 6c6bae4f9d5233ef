// SPDX-License-Identifier: Apache-2.0
// What each statement of a trial does to its world.
#include <algorithm>

#include "scenes/engine/section.h"
#include "scenes/trials/world.h"

namespace yukuai::trials {
namespace {

constexpr int64_t kSecondsOfYear = 366LL * 86'400;
constexpr size_t kCrowdMax = 5000;
constexpr Money kBalance = Money::Fen(5000);  // Of who is given none.
constexpr Money kCodeCap = Money::Fen(2000);
constexpr int64_t kBalanceFenMax = 1'000'000'000;

Mistake Usage(const std::string& usage) { return {"this statement cannot be read", "write `" + usage + "`"}; }

// "22m", "1h30m", "45s", "2d" as seconds, at most a year.
std::optional<int64_t> ParseDuration(std::string_view text) {
  int64_t total = 0;
  int64_t number = 0;
  bool digits = false;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      number = number * 10 + (c - '0');
      digits = true;
      if (number > kSecondsOfYear) return std::nullopt;
      continue;
    }
    const int64_t unit = c == 'd' ? 86'400 : c == 'h' ? 3600 : c == 'm' ? 60 : c == 's' ? 1 : 0;
    if (unit == 0 || !digits) return std::nullopt;
    total += number * unit;
    if (total > kSecondsOfYear) return std::nullopt;
    number = 0;
    digits = false;
  }
  if (digits || total == 0) return std::nullopt;
  return total;
}

// "3.00", "+3.00", "-3.00", "0".
std::optional<Money> ParseMoney(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const size_t point = text.find('.');
  const std::string_view yuan = text.substr(0, point);
  if (yuan.empty() || yuan.size() > 8 || (point != std::string_view::npos && text.size() != point + 3)) return std::nullopt;
  int64_t fen = 0;
  for (const char c : text) {
    if (c == '.') continue;
    if (c < '0' || c > '9') return std::nullopt;
    fen = fen * 10 + (c - '0');
  }
  if (std::count(text.begin(), text.end(), '.') > 1) return std::nullopt;
  if (point == std::string_view::npos) fen *= 100;
  if (fen > kBalanceFenMax) return std::nullopt;
  return Money::Fen(negative ? -fen : fen);
}

}  // namespace

std::optional<Mistake> World::SetClock(const Statement& statement, Happenings&) {
  const auto& words = statement.phrases.front().words;
  const auto at = words.size() == 2 ? ParseRfc3339(words[1]) : std::nullopt;
  if (!at) return Usage(Verbs().at("clock").usage);
  if (now_ && *at < *now_) return Mistake{"time does not go back", "write a later time than " + ToRfc3339(*now_)};
  now_ = at;
  return std::nullopt;
}

std::optional<Mistake> World::Tick(const Statement& statement, Happenings&) {
  const auto& words = statement.phrases.front().words;
  const auto seconds = words.size() == 2 ? ParseDuration(words[1]) : std::nullopt;
  if (!seconds) return Usage(Verbs().at("tick").usage);
  const Instant next = now_->PlusSeconds(*seconds);
  if (ChinaDate(next).year > 9999) return Mistake{"after the year 9999", "begin earlier"};
  now_ = next;
  return std::nullopt;
}

std::optional<Mistake> World::AddPerson(const Statement& statement, Happenings&) {
  const auto& words = statement.phrases.front().words;
  const std::string usage = Verbs().at("person").usage;
  if (words.size() < 2 || words.size() % 2 != 0) return Usage(usage);
  Person person;
  person.balance = kBalance;
  person.code_cap = kCodeCap;
  for (size_t i = 2; i < words.size(); i += 2) {
    const std::string& value = words[i + 1];
    if (words[i] == "born") {
      person.born = ParseDate(value);
      if (!person.born || *person.born > ChinaDate(*now_))
        return Mistake{"`" + value + "` is no date of birth", "write `born 1990-01-01`"};
    } else if (words[i] == "class") {
      const auto concession = fare::ConcessionNamed(value);
      if (!concession) {
        return Mistake{"unknown class `" + value + "`",
                       engine::Suggestion(value, {"ordinary", "student", "senior", "test", "soldier"})};
      }
      person.concession = *concession;
    } else if (words[i] == "balance" || words[i] == "cap") {
      const auto money = ParseMoney(value);
      if (!money || *money < Money()) return Mistake{"`" + value + "` is no sum", "write `" + words[i] + " 20.00`"};
      (words[i] == "cap" ? person.code_cap : person.balance) = *money;
    } else {
      return Mistake{"unknown word `" + words[i] + "`", engine::Suggestion(words[i], {"born", "balance", "class", "cap"})};
    }
  }
  person.facts.concession = person.concession;
  if (!persons_.emplace(words[1], std::move(person)).second) return Mistake{"a second `" + words[1] + "`", "use another name"};
  return std::nullopt;
}

std::optional<Mistake> World::Present(const Statement& statement, Happenings& happened) {
  std::vector<std::string> words = statement.phrases.front().words;
  const std::string usage = Verbs().at(statement.verb()).usage;
  const bool same = words.size() == 6 && words[2] == "same";
  if (same) words.erase(words.begin() + 2);
  if (words.size() != 5 || words[3] != "at") return Usage(usage);
  const auto carrier = scene_file::CarrierNamed(words[2]);
  if (!carrier || (words[0] == "tap") != (*carrier == scene_file::Carrier::kCard)) {
    return Mistake{"cannot " + words[0] + " `" + words[2] + "`", "write `scan P1 code`, `scan P1 printed_code` or `tap P1 card`"};
  }
  const auto person = persons_.find(words[1]);
  if (person == persons_.end())
    return Mistake{"there is no person `" + words[1] + "`", engine::Suggestion(words[1], PersonNames())};
  const auto found = gates_.find(words[4]);
  if (found == gates_.end()) return Mistake{"there is no gate `" + words[4] + "`", engine::Suggestion(words[4], GateNames())};
  if (same && person->second.presentation == 0) return Mistake{"nothing was shown before", "leave out `same`"};
  if (!same) ++person->second.presentation;

  PresentCode(found->second, words[4], words[1], *carrier, happened);
  return std::nullopt;
}

void World::PresentCode(Gate& gate, const std::string& gate_name, const std::string& name, scene_file::Carrier carrier,
                        Happenings& happened) {
  const Person& person = persons_.at(name);
  Passage passage{name, person.presentation, {}, std::nullopt};
  passage.event.key = gate_name + ":" + std::to_string(++gate.counter);
  passage.event.at = *now_;
  passage.event.carrier = static_cast<decision::Carrier>(carrier);
  passage.event.point = gate.point;
  passage.event.direction = gate.direction;
  const auto seen = gate.seen.find(name);
  const bool counted = gate.linked && person.counted.contains(passage.presentation);
  if (counted || (seen != gate.seen.end() && seen->second == passage.presentation)) {
    happened.push_back({"repeated", {}});
  } else if (gate.linked) {
    AskServer(gate, std::move(passage), happened);
  } else {
    DecideAlone(gate, std::move(passage), happened);
  }
}

// Many persons without a name, each with a balance and an ordinary code, one after the other. What happened to the first must
// happen to all.
std::optional<Mistake> World::PresentCrowd(const Statement& statement, Happenings& happened) {
  const auto& words = statement.phrases.front().words;
  const std::string usage = Verbs().at("crowd").usage;
  if (words.size() != 5 || words[2] != "code" || words[3] != "at") return Usage(usage);
  if (words[1].empty() || words[1].size() > 4 || words[1].find_first_not_of("0123456789") != std::string::npos)
    return Usage(usage);
  const auto found = gates_.find(words[4]);
  if (found == gates_.end()) return Mistake{"there is no gate `" + words[4] + "`", engine::Suggestion(words[4], GateNames())};
  if (crowd_ + std::stoul(words[1]) > kCrowdMax)
    return Mistake{"too large a crowd", "at most " + std::to_string(kCrowdMax) + " in one trial"};
  for (size_t i = 0; i < std::stoul(words[1]); ++i) {
    const std::string name = "crowd:" + std::to_string(++crowd_);
    Person& person = persons_[name];
    person.balance = kBalance;
    person.code_cap = kCodeCap;
    person.presentation = 1;
    Happenings own;
    PresentCode(found->second, words[4], name, scene_file::Carrier::kCode, own);
    if (i == 0) {
      happened = std::move(own);
    } else if (own.front().phrase != happened.front().phrase) {
      return Mistake{
          "number " + std::to_string(i + 1) + " of the crowd: " + own.front().phrase + "; before: " + happened.front().phrase,
          "mend the rule, or the size of the crowd"};
    }
  }
  return std::nullopt;
}

std::optional<Mistake> World::SetLink(const Statement& statement, Happenings& happened) {
  const auto& words = statement.phrases.front().words;
  if (words.size() < 2 || words.size() > 3 || (words[1] != "up" && words[1] != "down")) return Usage(Verbs().at("link").usage);
  if (words.size() == 3 && !gates_.contains(words[2])) {
    return Mistake{"there is no gate `" + words[2] + "`", engine::Suggestion(words[2], GateNames())};
  }
  for (auto& [name, gate] : gates_) {
    if (words.size() == 3 && name != words[2]) continue;
    if (words[1] == "up") {
      Upload(gate, happened);
    } else if (gate.linked) {
      Unlink(gate);
    }
  }
  return std::nullopt;
}

std::optional<Mistake> World::SetFrozen(const Statement& statement, Happenings&) {
  const auto& words = statement.phrases.front().words;
  const auto person = words.size() == 2 ? persons_.find(words[1]) : persons_.end();
  if (person == persons_.end()) return Mistake{"whom?", "write `" + words[0] + "` and a person of this trial"};
  person->second.frozen = words[0] == "freeze";
  return std::nullopt;
}

std::optional<Mistake> World::Settle(const Statement& statement, Happenings& happened) {
  const auto& words = statement.phrases.front().words;
  const auto person = words.size() == 2 ? persons_.find(words[1]) : persons_.end();
  if (person == persons_.end()) return Mistake{"whom?", "write `settle` and a person of this trial"};
  decision::Event event;
  event.at = *now_;
  event.happened = true;
  const auto decision = judgement::Decide(scene_.judged, event, LiveFacts(person->second));
  if (decision.ok()) {
    person->second.facts.settled_until = *now_;
    Apply(words[1], *decision, happened);
  } else {
    happened.push_back({"failed " + std::string(decision.error().reason.slug), {}});
  }
  return std::nullopt;
}

std::optional<Mistake> World::Pay(const Statement& statement, Happenings&) {
  const auto& words = statement.phrases.front().words;
  const auto person = words.size() == 3 ? persons_.find(words[1]) : persons_.end();
  const auto money = words.size() == 3 ? ParseMoney(words[2]) : std::nullopt;
  if (person == persons_.end() || !money) return Usage(Verbs().at("pay").usage);
  if (*money <= Money() || *money > person->second.receivable) {
    return Mistake{words[1] + " owes " + person->second.receivable.Text(), "pay more than nothing and not more than that"};
  }
  person->second.receivable = person->second.receivable - *money;
  accounts_["receivable:" + words[1]] = accounts_["receivable:" + words[1]] + *money;
  accounts_["opening"] = accounts_["opening"] - *money;
  return std::nullopt;
}

std::optional<Mistake> World::ShowAudit(const Statement& statement, Happenings& happened) {
  const auto& words = statement.phrases.front().words;
  const auto person = words.size() == 4 && words[2] == "last" ? persons_.find(words[1]) : persons_.end();
  if (person == persons_.end() || words[3].size() > 3 || words[3].find_first_not_of("0123456789") != std::string::npos) {
    return Usage(Verbs().at("audit").usage);
  }
  const std::vector<std::string>& audit = person->second.audit;
  const size_t count = std::min<size_t>(std::stoul(words[3]), audit.size());
  for (size_t i = audit.size() - count; i < audit.size(); ++i) happened.push_back({audit[i], {}});
  return std::nullopt;
}

std::optional<Mistake> World::ShowJourneys(const Statement& statement, Happenings& happened) {
  const auto& words = statement.phrases.front().words;
  const auto found = words.size() == 2 ? persons_.find(words[1]) : persons_.end();
  if (found == persons_.end()) return Mistake{"whose?", "write `journeys` and a person of this trial"};
  const Person& person = found->second;
  std::vector<std::pair<Instant, std::string>> began;
  for (const fare::Tap& tap : person.facts.taps) {
    if (person.recorded.contains(tap.key)) began.emplace_back(tap.at, tap.key);
  }
  std::sort(began.begin(), began.end());
  for (const auto& [at, subject] : began) {
    const std::string state = person.recorded.at(subject).substr(std::string_view("journey_").size());
    if (state == "withdrawn") continue;
    Money paid;
    for (const fare::Charged& charged : person.facts.charged) {
      if (charged.subject == subject) paid = paid + charged.amount;
    }
    const bool priced = state == "closed" || state == "incomplete";
    happened.push_back({priced ? state + " " + paid.Text() : state, {}});
  }
  return std::nullopt;
}

std::optional<Mistake> World::CompareLedger(const Statement& statement, Happenings&) {
  if (!statement.expected.empty()) return Usage(Verbs().at("ledger").usage);
  for (size_t i = 0; i < statement.phrases.size(); ++i) {
    std::vector<std::string> words = statement.phrases[i].words;
    if (i == 0) words.erase(words.begin());
    const auto wanted = words.size() == 2 ? ParseMoney(words[1]) : std::nullopt;
    if (!wanted) return Usage(Verbs().at("ledger").usage);
    Money is;
    if (words[0] == "sum") {
      for (const auto& [account, change] : accounts_) is = is + change;
    } else if (const auto account = accounts_.find(words[0]); account != accounts_.end()) {
      is = account->second;
    } else {
      std::vector<std::string> known;
      for (const auto& [name, change] : accounts_) known.push_back(name);
      return Mistake{"nothing was booked on `" + words[0] + "`", engine::Suggestion(words[0], known)};
    }
    if (is != *wanted)
      return Mistake{words[0] + " changed by " + is.Text() + ", not " + wanted->Text(), "mend the rule or the expectation"};
  }
  return std::nullopt;
}

}  // namespace yukuai::trials
