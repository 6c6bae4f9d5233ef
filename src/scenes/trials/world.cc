// SPDX-License-Identifier: Apache-2.0
// Which statements there are, and comparing what happened with what was expected.
#include "scenes/trials/world.h"

#include <algorithm>

#include "formats/lists/freeze_list.h"
#include "scenes/engine/section.h"

namespace yukuai::trials {
namespace {

Mistake Usage(const std::string& usage) { return {"this statement cannot be read", "write `" + usage + "`"}; }

bool MustBeNamed(const std::string& phrase) {
  return phrase.starts_with("charged") || phrase.starts_with("refunded") || phrase.starts_with("refused") ||
         phrase.starts_with("failed") || phrase == "repeated";
}

const std::vector<std::string>& Outcomes() {
  static const std::vector<std::string> kOutcomes{"admitted", "refused",  "repeated", "charged", "refunded",   "free",
                                                  "failed",   "notified", "open",     "closed",  "incomplete", "unpaired"};
  return kOutcomes;
}

std::string Listed(const std::vector<std::string>& phrases) {
  std::string all;
  for (const std::string& phrase : phrases) all += (all.empty() ? "" : ", ") + phrase;
  return all.empty() ? "nothing" : all;
}

}  // namespace

World::World(const engine::Scene& scene) : scene_(scene) {
  for (const scene_file::Version& version : scene.judged.file().versions) {
    if (!version.fare) continue;
    for (const scene_file::Station& station : version.fare->stations) {
      for (const auto direction : {decision::Direction::kIn, decision::Direction::kOut}) {
        const std::string side = direction == decision::Direction::kIn ? "/in" : "/out";
        Gate gate;
        gate.point = station.code;
        gate.direction = direction;
        gates_.emplace("gate:" + station.code + side, std::move(gate));
      }
    }
  }
}

const std::map<std::string, World::Verb>& World::Verbs() {
  static const std::map<std::string, Verb> kVerbs{
      {"clock", {&World::SetClock, false, "clock 2026-03-01T08:00:00+08:00"}},
      {"tick", {&World::Tick, false, "tick 22m"}},
      {"person", {&World::AddPerson, false, "person P1 born 1990-01-01 balance 20.00 class student cap 20.00"}},
      {"scan", {&World::Present, true, "scan P1 code at gate:POINT/in -> admitted"}},
      {"tap", {&World::Present, true, "tap P1 card at gate:POINT/in -> admitted"}},
      {"crowd", {&World::PresentCrowd, true, "crowd 100 code at gate:POINT/in -> admitted"}},
      {"link", {&World::SetLink, false, "link down` or `link up gate:POINT/in -> charged 3.00"}},
      {"freeze", {&World::SetFrozen, false, "freeze P1"}},
      {"unfreeze", {&World::SetFrozen, false, "unfreeze P1"}},
      {"settle", {&World::Settle, false, "settle P1 -> charged 6.00"}},
      {"pay", {&World::Pay, false, "pay P1 3.00"}},
      {"audit", {&World::ShowAudit, true, "audit P1 last 2 -> admitted, charged 3.00"}},
      {"journeys", {&World::ShowJourneys, true, "journeys P1 -> closed 3.00, open"}},
      {"ledger", {&World::CompareLedger, false, "ledger operator:ID +3.00 ; P1 -3.00 ; sum 0"}},
  };
  return kVerbs;
}

std::vector<std::string> World::PersonNames() const {
  std::vector<std::string> names;
  for (const auto& [name, person] : persons_) names.push_back(name);
  return names;
}

std::vector<std::string> World::GateNames() const {
  std::vector<std::string> names;
  for (const auto& [name, gate] : gates_) names.push_back(name);
  return names;
}

// Words of expectations that could never come true are mistakes of the trial, not of the scene.
std::optional<Mistake> World::CheckWords(const Statement& statement, const Verb& verb) const {
  if (statement.phrases.size() > 1 && statement.verb() != "ledger") return Usage(verb.usage);
  if (verb.needs_expectation && statement.expected.empty()) return Mistake{"nothing is expected", "write `" + verb.usage + "`"};
  std::vector<std::string> reasons{std::string(lists::kFrozen.slug)};
  for (const scene_file::Version& version : scene_.judged.file().versions) {
    for (const Reason& reason : judgement::Refusals(version.rules)) reasons.emplace_back(reason.slug);
  }
  for (const Phrase& phrase : statement.expected) {
    const std::string& word = phrase.words.front();
    if (std::find(Outcomes().begin(), Outcomes().end(), word) == Outcomes().end()) {
      return Mistake{"nothing is ever `" + word + "`", engine::Suggestion(word, Outcomes())};
    }
    if (word != "refused") continue;
    const std::string slug = phrase.words.size() == 2 ? phrase.words[1] : "";
    if (std::find(reasons.begin(), reasons.end(), slug) == reasons.end()) {
      return Mistake{"unknown reason `" + slug + "`", engine::Suggestion(slug, reasons)};
    }
  }
  return std::nullopt;
}

std::optional<Mistake> World::Run(const Statement& statement) {
  const auto verb = Verbs().find(statement.verb());
  if (verb == Verbs().end()) {
    std::vector<std::string> known;
    for (const auto& [name, unused] : Verbs()) known.push_back(name);
    return Mistake{"unknown statement `" + statement.verb() + "`", engine::Suggestion(statement.verb(), known)};
  }
  if (!now_ && statement.verb() != "clock")
    return Mistake{"there is no time yet", "begin with `clock 2026-03-01T08:00:00+08:00`"};
  if (auto mistake = CheckWords(statement, verb->second)) return mistake;
  Happenings happened;
  if (auto mistake = (this->*verb->second.handler)(statement, happened)) return mistake;

  std::vector<std::string> phrases;
  for (const Happening& happening : happened) phrases.push_back(happening.phrase);
  if (statement.verb() == "audit" || statement.verb() == "journeys") {
    std::vector<std::string> expected;
    for (const Phrase& phrase : statement.expected) expected.push_back(phrase.Text());
    if (expected == phrases) return std::nullopt;
    return Mistake{"expected " + Listed(expected) + "; it is " + Listed(phrases), "mend the rule or the expectation"};
  }
  return Compare(statement, happened);
}

std::optional<Mistake> World::Compare(const Statement& statement, Happenings happened) {
  std::vector<std::string> phrases;
  for (const Happening& happening : happened) phrases.push_back(happening.phrase);
  for (const Phrase& phrase : statement.expected) {
    const auto told = [&phrase](const Happening& happening) {
      return std::all_of(phrase.texts.begin(), phrase.texts.end(), [&happening](const std::string& wanted) {
        return std::any_of(happening.texts.begin(), happening.texts.end(),
                           [&wanted](const std::string& text) { return text.find(wanted) != std::string::npos; });
      });
    };
    const auto found = std::find_if(happened.begin(), happened.end(), [&](const Happening& happening) {
      return happening.phrase == phrase.Text() && told(happening);
    });
    if (found != happened.end()) {
      happened.erase(found);
      continue;
    }
    std::string message = "expected " + phrase.Text();
    for (const std::string& text : phrase.texts) message += " \"" + text + "\"";
    message += "; it was " + Listed(phrases);
    for (const Happening& happening : happened) {
      for (const std::string& text : happening.texts) message += " \"" + text + "\"";
    }
    return Mistake{message, "mend the rule or the expectation"};
  }
  for (const Happening& happening : happened) {
    if (MustBeNamed(happening.phrase))
      return Mistake{"not expected: " + happening.phrase, "mend the rule, or name it behind `->`"};
  }
  return std::nullopt;
}

}  // namespace yukuai::trials
