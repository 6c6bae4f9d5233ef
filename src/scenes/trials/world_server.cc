// SPDX-License-Identifier: Apache-2.0
// What gates and the server do in a trial's world. The order of questions is the real one: the same presentation, the freeze
// list, then the rules; a gate judges by what it held when its link went down, the server by live state.
#include "formats/lists/freeze_list.h"
#include "scenes/trials/world.h"

namespace yukuai::trials {

judgement::Facts World::LiveFacts(const Person& person) const {
  judgement::Facts facts;
  facts.fare = person.facts;
  facts.fare.owes = person.receivable > Money();
  return facts;
}

World::Happening World::Refused(const Reason& reason) const {
  Happening happening{"refused " + std::string(reason.slug), {}};
  const scene_file::Version& newest = scene_.judged.file().versions.back();
  const auto text = newest.refusals.find(std::string(reason.slug));
  if (text != newest.refusals.end()) happening.texts = {text->second.zh, text->second.en};
  return happening;
}

void World::AskServer(Gate& gate, Passage passage, Happenings& happened) {
  Person& person = persons_.at(passage.person);
  const bool entry = gate.direction == decision::Direction::kIn;
  if (person.frozen && entry) {
    happened.push_back(Refused(lists::kFrozen));
    person.audit.push_back(happened.back().phrase);
    return;
  }
  judgement::Facts facts = LiveFacts(person);
  if (passage.event.carrier == decision::Carrier::kCode) facts.fare.cap = person.code_cap;
  const auto decision = judgement::Decide(scene_.judged, passage.event, facts);
  if (!decision.ok()) {
    happened.push_back({"failed " + std::string(decision.error().reason.slug), {}});
  } else if (decision->refusal() != nullptr) {
    happened.push_back(Refused(decision->refusal()->reason));
    person.audit.push_back(happened.back().phrase);
  } else if (decision->repeat() != nullptr) {
    happened.push_back({"repeated", {}});
  } else {
    gate.seen[passage.person] = passage.presentation;
    Receive(passage, happened);
  }
}

void World::DecideAlone(Gate& gate, Passage passage, Happenings& happened) {
  const Person& person = persons_.at(passage.person);
  passage.event.offline = true;
  judgement::Facts facts;
  facts.fare.concession = person.concession;
  if (passage.event.carrier == decision::Carrier::kCode) facts.fare.cap = person.code_cap;
  Money total;
  for (const auto& [name, money] : gate.unsynchronised) total = total + money;
  const Money of_carrier = gate.unsynchronised[passage.person];
  facts.terminal = judgement::TerminalState{(now_->us - gate.synchronised.us) / 1'000'000, of_carrier, total};

  if (gate.direction == decision::Direction::kIn && gate.frozen.contains(passage.person)) {
    passage.refused = lists::kFrozen;
  } else if (gate.rules == nullptr) {
    passage.refused = judgement::kSceneNotInForce;
  } else {
    const auto decision = judgement::Decide(*gate.rules, passage.event, facts);
    if (!decision.ok()) {
      happened.push_back({"failed " + std::string(decision.error().reason.slug), {}});
      return;
    }
    if (const decision::Refuse* refusal = decision->refusal()) passage.refused = refusal->reason;
  }
  if (passage.refused) {
    happened.push_back(Refused(*passage.refused));
  } else {
    happened.push_back({"admitted", {}});
    gate.seen[passage.person] = passage.presentation;
    gate.unsynchronised[passage.person] = of_carrier + judgement::Exposure(*gate.rules, passage.event, facts.fare);
  }
  gate.unsent.push_back(std::move(passage));
}

void World::Unlink(Gate& gate) {
  gate.linked = false;
  gate.synchronised = *now_;
  gate.frozen.clear();
  for (const auto& [name, person] : persons_) {
    if (person.frozen) gate.frozen.insert(name);
  }
  gate.rules = nullptr;
  const auto compiled = engine::Compile(scene_, *now_);
  if (!compiled.ok()) return;
  auto file = scene_file::Parse(compiled->body);
  YUKUAI_CHECK(file.ok());  // Load has parsed the same scene with more versions.
  auto scene = judgement::Scene::Make(std::move(file).value());
  YUKUAI_CHECK(scene.ok());
  gate.rules = std::make_shared<const judgement::Scene>(std::move(scene).value());
}

void World::Upload(Gate& gate, Happenings& happened) {
  gate.linked = true;
  for (const Passage& passage : gate.unsent) {
    if (passage.refused) {
      persons_.at(passage.person).audit.push_back("refused " + std::string(passage.refused->slug));
    } else {
      Receive(passage, happened);
    }
  }
  gate.unsent.clear();
  gate.unsynchronised.clear();
}

void World::Receive(const Passage& passage, Happenings& happened) {
  Person& person = persons_.at(passage.person);
  if (!person.counted.insert(passage.presentation).second) {
    // One presentation counts once in the city; a second claim is a case for people, never a charge.
    happened.push_back({"repeated", {}});
    return;
  }
  decision::Event event = passage.event;
  event.happened = true;
  judgement::Facts facts = LiveFacts(person);
  if (event.carrier == decision::Carrier::kCode) facts.fare.cap = person.code_cap;
  const auto decision = judgement::Decide(scene_.judged, event, facts);
  if (!decision.ok()) {
    happened.push_back({"failed " + std::string(decision.error().reason.slug), {}});
    return;
  }
  person.facts.taps.push_back({event.key, event.at, event.point, event.direction, facts.fare.cap});
  if (decision->repeat() != nullptr) {
    happened.push_back({"repeated", {}});
    return;
  }
  Apply(passage.person, *decision, happened);
}

// One overload for each effect: a new one does not compile until it is said here what it does in a trial.
struct World::Applying {
  World& world;
  const std::string& name;
  Person& person;
  Happenings& happened;
  bool told = false;  // The history has its entry.

  void Tell(std::string phrase, const std::vector<decision::Explanation>& lines) {
    Happening happening{std::move(phrase), {}};
    for (const decision::Explanation& line : lines) {
      happening.texts.push_back(line.detail_zh);
      happening.texts.push_back(line.detail_en);
    }
    person.audit.push_back(happening.phrase);
    happened.push_back(std::move(happening));
    told = true;
  }
  void operator()(const decision::Charge& charge) {
    person.facts.charged.push_back({charge.subject, charge.amount});
    world.Move(name, charge.amount);
    Tell(charge.total == Money() ? "free" : "charged " + charge.amount.Text(), charge.lines);
  }
  void operator()(const decision::Refund& refund) {
    person.facts.charged.push_back({refund.subject, -refund.amount});
    world.Move(name, -refund.amount);
    Tell("refunded " + refund.amount.Text(), refund.lines);
  }
  void operator()(const decision::Record& record) { person.recorded[record.subject] = record.fact; }
  void operator()(const decision::Notify& notify) { happened.push_back({"notified " + notify.template_slug, {}}); }
  void operator()(const decision::Admit&) {}   // Told last, so that the history says what it cost instead.
  void operator()(const decision::Refuse&) {}  // Stands alone and was told by whoever asked.
  void operator()(const decision::Repeat&) {}
};

void World::Apply(const std::string& name, const decision::Decision& decision, Happenings& happened) {
  Applying applying{*this, name, persons_.at(name), happened};
  for (const decision::Effect& effect : decision.effects) std::visit(applying, effect);
  if (!decision.admitted()) return;
  happened.push_back({"admitted", {}});
  if (!applying.told) applying.person.audit.push_back("admitted");
}

void World::Move(const std::string& name, Money amount) {
  if (amount == Money()) return;
  Person& person = persons_.at(name);
  const std::string receivable = "receivable:" + name;
  const std::string scene_operator = "operator:" + scene_.about.scene_operator.id;
  accounts_[scene_operator] = accounts_[scene_operator] + amount;
  if (amount > Money() && person.balance < amount) {
    // A ride that the balance does not cover is owed whole; a part payment would be a second thing to explain.
    person.receivable = person.receivable + amount;
    accounts_[receivable] = accounts_[receivable] - amount;
    return;
  }
  const Money settled = amount < Money() ? std::min(person.receivable, -amount) : Money();
  if (settled > Money()) {
    person.receivable = person.receivable - settled;
    accounts_[receivable] = accounts_[receivable] + settled;
  }
  const Money rest = amount + settled;
  if (rest == Money()) return;
  person.balance = person.balance - rest;
  accounts_[name] = accounts_[name] - rest;
}

}  // namespace yukuai::trials
