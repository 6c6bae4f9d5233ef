// SPDX-License-Identifier: Apache-2.0
#include "scenes/trials/trial.h"

#include <algorithm>

#include "base/bytes/bytes.h"
#include "rules/judgement/judgement.h"
#include "scenes/trials/world.h"

namespace yukuai::trials {
namespace {

using engine::Problem;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// Reads one line; `problem` is set at the first thing that is no item.
class LineReader {
 public:
  LineReader(std::string_view text, Statement& statement) : text_(text), statement_(statement) {}

  // What is wrong and what to write instead; both empty when the line is whole.
  std::pair<std::string, std::string> Read() {
    while (Skip(), position_ < text_.size() && text_[position_] != '#' && message_.first.empty()) ReadItem();
    if (!message_.first.empty()) return message_;
    ClosePhrase();
    if (message_.first.empty() && expects_ && statement_.expected.empty()) Fail("nothing after `->`", "write what is expected");
    return message_;
  }

 private:
  void Fail(std::string message, std::string instead) {
    if (message_.first.empty()) message_ = {std::move(message), std::move(instead)};
  }
  void Skip() {
    while (position_ < text_.size() && IsBlank(text_[position_])) ++position_;
  }
  void ReadItem() {
    if (text_[position_] == '"') return ReadText();
    if (text_[position_] == ',' || text_[position_] == ';') {
      const bool comma = text_[position_] == ',';
      if (comma != expects_) Fail(comma ? "`,` before `->`" : "`;` after `->`", comma ? "write `;`" : "write `,`");
      ++position_;
      if (phrase_.words.empty() && phrase_.texts.empty()) Fail("nothing before the separator", "remove one separator");
      return ClosePhrase();
    }
    const size_t begin = position_;
    while (position_ < text_.size() && !IsBlank(text_[position_]) &&
           std::string_view("\",;#").find(text_[position_]) == std::string_view::npos) {
      ++position_;
    }
    const std::string_view word = text_.substr(begin, position_ - begin);
    if (word != "->") {
      phrase_.words.emplace_back(word);
      return;
    }
    ClosePhrase();
    if (expects_) Fail("a second `->`", "write `,` between what is expected");
    if (statement_.phrases.empty()) Fail("nothing before `->`", "write what happens before it");
    expects_ = true;
  }
  void ReadText() {
    const size_t end = text_.find('"', position_ + 1);
    if (end == std::string_view::npos) {
      Fail("a quoted text without end", "write a closing `\"`");
      return;
    }
    phrase_.texts.emplace_back(text_.substr(position_ + 1, end - position_ - 1));
    if (phrase_.texts.back().empty()) Fail("an empty text", "write what must occur");
    position_ = end + 1;
  }
  void ClosePhrase() {
    if (phrase_.words.empty() && phrase_.texts.empty()) return;
    if (phrase_.words.empty()) Fail("a text that belongs to nothing", "write it behind a word, as in `charged 3.00 \"10.4 km\"`");
    if (!expects_ && !phrase_.texts.empty()) Fail("a text before `->`", "write it behind what is expected");
    (expects_ ? statement_.expected : statement_.phrases).push_back(std::move(phrase_));
    phrase_ = {};
  }

  std::string_view text_;
  Statement& statement_;
  size_t position_ = 0;
  bool expects_ = false;
  Phrase phrase_;
  std::pair<std::string, std::string> message_;
};

}  // namespace

std::string Phrase::Text() const {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::variant<std::vector<Statement>, Problem> ParseTrial(const std::string& file, std::string_view text) {
  if (text.size() > kTrialBytesMax) return Problem{file, 0, "too long for one trial", "divide it by what it shows"};
  if (!IsUtf8(text)) return Problem{file, 0, "not UTF-8", "save the file as UTF-8"};
  std::vector<Statement> statements;
  int line = 0;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    ++line;
    Statement statement{line, {}, {}};
    const auto [message, instead] = LineReader(text.substr(begin, end - begin), statement).Read();
    if (!message.empty()) return Problem{file, line, message, instead};
    if (!statement.phrases.empty()) statements.push_back(std::move(statement));
    if (statements.size() > kStatementCountMax)
      return Problem{file, line, "too many statements for one trial", "divide it by what it shows"};
    begin = end + 1;
  }
  if (statements.empty()) return Problem{file, 0, "an empty trial", "begin with `clock 2026-03-01T08:00:00+08:00`"};
  return statements;
}

Report RunTrial(const engine::Scene& scene, const std::string& file, std::string_view text) {
  Report report;
  report.trials = 1;
  const auto parsed = ParseTrial(file, text);
  if (const auto* problem = std::get_if<Problem>(&parsed)) {
    report.problems.push_back(*problem);
    return report;
  }
  World world(scene);
  for (const Statement& statement : std::get<std::vector<Statement>>(parsed)) {
    const auto mistake = world.Run(statement);
    report.expectations += statement.expected.size() + (statement.verb() == "ledger" ? statement.phrases.size() : 0);
    if (!mistake) continue;
    report.problems.push_back({file, statement.line, mistake->message, mistake->instead});
    return report;  // What follows would be judged in a world that is not the one meant.
  }
  if (report.expectations == 0) report.problems.push_back({file, 0, "expects nothing", "say behind `->` what must happen"});
  return report;
}

Report RunAll(const engine::Scene& scene) {
  Report all;
  std::vector<std::string> tried;
  for (const auto& [file, text] : scene.trials) {
    Report report = RunTrial(scene, file, text);
    all.trials += report.trials;
    all.expectations += report.expectations;
    const bool passed = report.problems.empty();
    all.problems.insert(all.problems.end(), report.problems.begin(), report.problems.end());
    if (!passed) continue;
    const auto parsed = ParseTrial(file, text);
    for (const Statement& statement : std::get<std::vector<Statement>>(parsed)) {
      for (const Phrase& phrase : statement.expected) {
        if (phrase.words.size() == 2 && phrase.words[0] == "refused") tried.push_back(phrase.words[1]);
      }
    }
  }
  const scene_file::Version& newest = scene.judged.file().versions.back();
  for (const Reason& reason : judgement::RefusalsReachable(newest.rules, newest.offline)) {
    if (std::find(tried.begin(), tried.end(), reason.slug) != tried.end()) continue;
    all.problems.push_back(
        {"", 0, "no passing trial expects `refused " + std::string(reason.slug) + "`", "add one that leads to it"});
  }
  return all;
}

}  // namespace yukuai::trials
