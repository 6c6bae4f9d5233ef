// SPDX-License-Identifier: Apache-2.0
// The world a trial runs in: persons with balances, gates with and without network, a server that judges and books. All in
// memory, on a clock that moves only when told. Decisions are the real ones: gates judge by the compiled body, the server by
// the scene; only storage, network and codes are played.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "rules/judgement/judgement.h"
#include "scenes/engine/engine.h"
#include "scenes/trials/trial.h"

namespace yukuai::trials {

// What is wrong with a statement, or with what came of it.
struct Mistake {
  std::string message;
  std::string instead;
};

class World {
 public:
  explicit World(const engine::Scene& scene);
  std::optional<Mistake> Run(const Statement& statement);

 private:
  // One thing that happened, as an expectation would say it, with the texts that a person is told about it.
  struct Happening {
    std::string phrase;
    std::vector<std::string> texts;
  };
  struct Person {
    Money balance;
    Money receivable;
    std::optional<CivilDate> born;
    fare::Concession concession = fare::Concession::kOrdinary;
    Money code_cap;
    bool frozen = false;
    fare::Facts facts;
    std::map<std::string, std::string> recorded;  // Journey -> its last fact.
    std::vector<std::string> audit;
    int64_t presentation = 0;   // Number of the code last shown.
    std::set<int64_t> counted;  // Presentations that the server has counted.
  };
  struct Passage {  // What a gate knows of a presentation.
    std::string person;
    int64_t presentation = 0;
    decision::Event event;
    std::optional<Reason> refused;
  };
  struct Gate {
    std::string point;
    decision::Direction direction = decision::Direction::kIn;
    bool linked = true;
    Instant synchronised;                           // When the link went down.
    std::shared_ptr<const judgement::Scene> rules;  // As of then; none before the first version.
    std::set<std::string> frozen;                   // As of then.
    std::vector<Passage> unsent;
    std::map<std::string, Money> unsynchronised;  // By person: the most that its unsent passages can come to.
    std::map<std::string, int64_t> seen;          // Last presentation admitted of each person.
    int64_t counter = 0;
  };
  struct Applying;
  using Happenings = std::vector<Happening>;
  using Handler = std::optional<Mistake> (World::*)(const Statement&, Happenings&);
  struct Verb {
    Handler handler;
    bool needs_expectation;
    std::string usage;
  };

  static const std::map<std::string, Verb>& Verbs();
  std::optional<Mistake> CheckWords(const Statement& statement, const Verb& verb) const;
  static std::optional<Mistake> Compare(const Statement& statement, Happenings happened);

  // Statements.
  std::optional<Mistake> SetClock(const Statement& statement, Happenings& happened);
  std::optional<Mistake> Tick(const Statement& statement, Happenings& happened);
  std::optional<Mistake> AddPerson(const Statement& statement, Happenings& happened);
  std::optional<Mistake> Present(const Statement& statement, Happenings& happened);
  std::optional<Mistake> PresentCrowd(const Statement& statement, Happenings& happened);
  std::optional<Mistake> SetLink(const Statement& statement, Happenings& happened);
  std::optional<Mistake> SetFrozen(const Statement& statement, Happenings& happened);
  std::optional<Mistake> Settle(const Statement& statement, Happenings& happened);
  std::optional<Mistake> Pay(const Statement& statement, Happenings& happened);
  std::optional<Mistake> ShowAudit(const Statement& statement, Happenings& happened);
  std::optional<Mistake> ShowJourneys(const Statement& statement, Happenings& happened);
  std::optional<Mistake> CompareLedger(const Statement& statement, Happenings& happened);

  // What gates and server do.
  void PresentCode(Gate& gate, const std::string& gate_name, const std::string& name, scene_file::Carrier carrier,
                   Happenings& happened);
  void AskServer(Gate& gate, Passage passage, Happenings& happened);
  void DecideAlone(Gate& gate, Passage passage, Happenings& happened);
  void Unlink(Gate& gate);
  void Upload(Gate& gate, Happenings& happened);
  void Receive(const Passage& passage, Happenings& happened);
  void Apply(const std::string& name, const decision::Decision& decision, Happenings& happened);
  void Move(const std::string& name, Money amount);  // From the person to the operator; negative: back.
  Happening Refused(const Reason& reason) const;
  judgement::Facts LiveFacts(const Person& person) const;

  std::vector<std::string> PersonNames() const;
  std::vector<std::string> GateNames() const;

  const engine::Scene& scene_;
  std::optional<Instant> now_;
  std::map<std::string, Person> persons_;
  size_t crowd_ = 0;                       // Persons without a name so far.
  std::map<std::string, Gate> gates_;      // By "gate:<point>/in"; two at every point of the scene.
  std::map<std::string, Money> accounts_;  // Changes since the beginning of the trial.
};

}  // namespace yukuai::trials
