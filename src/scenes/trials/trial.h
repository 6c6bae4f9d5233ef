// SPDX-License-Identifier: Apache-2.0
// The language of trials: what a scene promises, written so that the office that owns the scene can read it. docs/scenes.md
// teaches it; the grammar is
//
//   line       = [ statement ] [ "#" comment ]
//   statement  = phrase { ";" phrase } [ "->" phrase { "," phrase } ]
//   phrase     = item { item }            item = word | quoted text
//
// Words stand apart by white space; ',' and ';' end a phrase; "->" begins what is expected. The parser knows no verb: which
// statements there are and what can be expected is for the world that runs them, so a new rule set needs no new grammar.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "scenes/engine/engine.h"

namespace yukuai::trials {

inline constexpr size_t kTrialBytesMax = size_t{256} << 10;
inline constexpr size_t kStatementCountMax = 2000;

struct Phrase {
  std::vector<std::string> words;
  std::vector<std::string> texts;  // Quoted; each must occur in what the person is told.
  std::string Text() const;        // The words, one blank between them.
};

struct Statement {
  int line = 0;
  std::vector<Phrase> phrases;   // At least one; the first word of the first is the verb.
  std::vector<Phrase> expected;  // After "->"; empty when there was none.
  const std::string& verb() const { return phrases.front().words.front(); }
};

// The statements of a trial, or its first problem. `file` names it in problems.
std::variant<std::vector<Statement>, engine::Problem> ParseTrial(const std::string& file, std::string_view text);

// What came of one trial or of all trials of a scene.
struct Report {
  size_t trials = 0;
  size_t expectations = 0;                // Phrases that were compared with what happened.
  std::vector<engine::Problem> problems;  // Empty: the scene keeps what it promises.
};

// Runs one trial in a world of its own, to its end or to its first problem.
Report RunTrial(const engine::Scene& scene, const std::string& file, std::string_view text);

// Runs all trials of the scene, and says which refusals no trial expects: a refusal that nobody has tried is not promised.
Report RunAll(const engine::Scene& scene);

}  // namespace yukuai::trials
