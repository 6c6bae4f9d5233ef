// SPDX-License-Identifier: Apache-2.0
#include "gateway/counter/counter.h"

#include <boost/json.hpp>

#include "gateway/fields/fields.h"

namespace yukuai::counter {
namespace {

namespace json = boost::json;
using routing::Answer;
using routing::Call;
using routing::Change;
using storage::Reader;

Result<identifiers::Document> TakeDocument(fields::Object& body, Instant now) {
  fields::Object document = body.Child("document");
  const std::string kind = document.Text("kind", {1, 40});
  const std::string number = document.Text("number", {1, 40});
  YUKUAI_TRY(document.Done());
  return identifiers::Document::Parse(kind, number, ChinaDate(now));
}

Result<Change> IssueCode(const Parts& parts, const Call& call) {
  YUKUAI_ASSIGN(fields::Object body, fields::Object::Parse(call.request.body));
  const std::string name_text = body.Text("name", {1, 256});
  YUKUAI_ASSIGN(const auto document, TakeDocument(body, call.now));
  YUKUAI_TRY(body.Done());
  YUKUAI_ASSIGN(const auto name, persons::Name::Parse(name_text));
  Change change;
  change.apply = [&parts, document, name, staff = call.caller.staff,
                  now = call.now](storage::Transaction& transaction) -> Result<Answer> {
    YUKUAI_ASSIGN(const auto code, parts.identity.IssueCounterCode(transaction, staff, document, name, now));
    return Answer{201, json::serialize(json::object{{"counter_code", code.text}, {"expires_at", ToRfc3339(code.expires_at)}})};
  };
  return change;
}

Result<Change> Register(const Parts& parts, const Call& call) {
  YUKUAI_ASSIGN(fields::Object body, fields::Object::Parse(call.request.body));
  const std::string name_text = body.Text("name", {1, 256});
  YUKUAI_ASSIGN(const auto document, TakeDocument(body, call.now));
  YUKUAI_TRY(body.Done());
  YUKUAI_ASSIGN(const auto name, persons::Name::Parse(name_text));
  Change change;
  change.apply = [&parts, document, name, staff = call.caller.staff,
                  now = call.now](storage::Transaction& transaction) -> Result<Answer> {
    YUKUAI_ASSIGN(const auto registered, parts.registration.Register(transaction, staff, document, name, now));
    return Answer{201, json::serialize(json::object{{"standing", registered.is_new ? "new" : "known"},
                                                    {"registered_at", ToRfc3339(registered.registered_at)}})};
  };
  return change;
}

Result<Change> SetFrozen(const Parts& parts, const Call& call, Reader& reader, bool frozen) {
  YUKUAI_ASSIGN(fields::Object body, fields::Object::Parse(call.request.body));
  YUKUAI_ASSIGN(const auto document, TakeDocument(body, call.now));
  YUKUAI_TRY(body.Done());
  YUKUAI_ASSIGN(const auto person, parts.persons.FindId(reader, document));
  if (!person) return Fault(persons::kPersonUnknown);
  Change change;
  change.apply = [&parts, person = *person, staff = call.caller.staff, frozen,
                  now = call.now](storage::Transaction& transaction) -> Result<Answer> {
    const auto changed = frozen ? parts.identity.Freeze(transaction, person, identity::Actor::Clerk(staff), now)
                                : parts.identity.Unfreeze(transaction, person, staff, now);
    if (!changed.ok()) return changed.error();
    json::object answer = {{"list_version", changed->list_version}};
    if (frozen) {
      answer["frozen_since"] = ToRfc3339(*changed->frozen_since);
    } else {
      answer["unfrozen_at"] = ToRfc3339(now);
    }
    return Answer{201, json::serialize(answer)};
  };
  change.after = [&parts, person = *person] { parts.freeze_changed(person); };
  return change;
}

}  // namespace

std::vector<routing::Route> Routes(Parts given) {
  const auto parts = std::make_shared<const Parts>(std::move(given));
  using routing::Access;
  std::vector<routing::Route> routes;
  routes.push_back({"create_counter_person", "POST", "/v1/counter-persons", Access::kStaff,
                    routing::Write([parts](const Call& call, Reader&) { return Register(*parts, call); })});
  routes.push_back({"create_counter_code", "POST", "/v1/counter-codes", Access::kStaff,
                    routing::Write([parts](const Call& call, Reader&) { return IssueCode(*parts, call); })});
  routes.push_back({"create_counter_freeze", "POST", "/v1/counter-freezes", Access::kStaff,
                    routing::Write([parts](const Call& call, Reader& reader) { return SetFrozen(*parts, call, reader, true); })});
  routes.push_back(
      {"create_counter_unfreeze", "POST", "/v1/counter-unfreezes", Access::kStaff,
       routing::Write([parts](const Call& call, Reader& reader) { return SetFrozen(*parts, call, reader, false); })});
  return routes;
}

}  // namespace yukuai::counter
