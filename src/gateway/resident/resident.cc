// SPDX-License-Identifier: Apache-2.0
#include "gateway/resident/resident.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "gateway/fields/fields.h"
#include "gateway/problem/problem.h"
#include "gateway/resident/history_title.h"
#include "platform/host/boundary.h"
#include "registers/ledger/ledger.h"
#include "registers/terminals/terminals.h"

namespace yukuai::resident {
namespace {

namespace json = boost::json;
using routing::Answer;
using routing::Call;
using routing::Change;

constexpr int64_t kPageSizeDefault = 20;
constexpr int64_t kPageSizeMax = 100;

json::object Bilingual(std::string_view zh, std::string_view en) { return {{"zh", zh}, {"en", en}}; }

// A station's or door's name as the scene gives it; the code itself when the scene has none.
json::object PointName(const engine::Engine& engine, std::string_view scene_id, std::string_view point) {
  const engine::Scene* scene = engine.Find(scene_id);
  if (scene != nullptr) {
    for (const scene_file::Version& version : scene->judged.file().versions) {
      if (!version.fare) continue;
      for (const scene_file::Station& station : version.fare->stations) {
        if (station.code == point) return Bilingual(station.name.zh, station.name.en);
      }
    }
  }
  return point.empty() ? Bilingual("未知", "Unknown") : Bilingual(point, point);
}

json::object RideJson(const engine::Engine& engine, const journeys::Journey& journey) {
  json::object ride;
  ride["ride_id"] = journey.id.Text();
  ride["scene"] = journey.scene;
  const engine::Scene* scene = engine.Find(journey.scene);
  ride["operator"] = scene == nullptr ? Bilingual(journey.scene, journey.scene)
                                      : Bilingual(scene->about.scene_operator.name.zh, scene->about.scene_operator.name.en);
  ride["state"] = journeys::StateSlug(journey.state);
  ride["entered_at"] = ToRfc3339(journey.entry_at.value_or(journey.began_at));
  ride["entry_point"] = PointName(engine, journey.scene, journey.entry_point);
  if (journey.exit_at) {
    ride["exited_at"] = ToRfc3339(*journey.exit_at);
    ride["exit_point"] = PointName(engine, journey.scene, journey.exit_point);
  }
  ride["fare_fen"] = journey.charged.fen();
  ride["lines"] = json::parse(journey.lines);
  ride["rule_version"] = journey.rule_version;
  if (journey.state != journeys::State::kOpen) {
    ride["settled"] = journey.owed > Money() ? "receivable" : "paid";
    ride["charged_at"] = ToRfc3339(journey.updated_at);
  }
  return ride;
}

struct Balance {
  Money balance;
  Money receivable;
};
Result<Balance> ReadBalance(storage::Reader& reader, PersonId person) {
  YUKUAI_ASSIGN(const auto balance, ledger::Balance(reader, ledger::BalanceOf(person)));
  YUKUAI_ASSIGN(const auto receivable, ledger::Balance(reader, ledger::ReceivableOf(person)));
  return Balance{balance.balance, -receivable.balance};
}

json::object BalanceJson(const Balance& balance) {
  return {{"balance_fen", balance.balance.fen()}, {"receivable_fen", balance.receivable.fen()}, {"currency", ledger::kCurrency}};
}

Result<json::object> FreezeStatusJson(const Parts& parts, storage::Reader& reader, PersonId person, Instant now) {
  YUKUAI_ASSIGN(const auto state, parts.identity.FreezeStateOf(reader, person, now));
  YUKUAI_ASSIGN(const auto spread, terminals::FreezeSpread(reader, state.list_version));
  json::object status = {{"frozen", state.frozen_since.has_value()},
                         {"list_version", state.list_version},
                         {"terminals_total", spread.terminals_total},
                         {"terminals_holding", spread.terminals_holding}};
  if (state.frozen_since) status["frozen_since"] = ToRfc3339(*state.frozen_since);
  if (spread.last_terminal_at) status["last_terminal_at"] = ToRfc3339(*spread.last_terminal_at);
  return status;
}

Result<Change> Enrol(const Parts& parts, const Call& call) {
  YUKUAI_ASSIGN(fields::Object body, fields::Object::Parse(call.request.body));
  const std::string name_text = body.Text("name", {1, 256});
  fields::Object document_fields = body.Child("document");
  const std::string kind = document_fields.Text("kind", {1, 40});
  const std::string number = document_fields.Text("number", {1, 40});
  YUKUAI_TRY(document_fields.Done());
  const std::string counter_code = body.Text("counter_code", {1, 40});
  const Bytes device_key = body.Binary("device_public_key", {65, 65});
  const std::string device_name = body.Text("device_name", {1, 64});
  YUKUAI_TRY(body.Done());
  YUKUAI_ASSIGN(const auto name, persons::Name::Parse(name_text));
  YUKUAI_ASSIGN(const auto document, identifiers::Document::Parse(kind, number, ChinaDate(call.now)));
  const identity::EnrolmentRequest request{document, name, counter_code, device_key, device_name, call.request.remote_address};

  struct Shared {
    std::optional<identity::Enrolled> enrolled;
  };
  const auto shared = std::make_shared<Shared>();
  Change change;
  change.apply = [&parts, request, shared, now = call.now,
                  request_id = call.request.request_id](storage::Transaction& transaction) -> Result<Answer> {
    YUKUAI_ASSIGN(const auto outcome, parts.identity.Enrol(transaction, request, now));
    host::Boundary("enrolment.commit.before");
    if (const auto* refusal = std::get_if<identity::Refusal>(&outcome)) {
      return Answer{problem::StatusOf(refusal->reason), problem::Document(Fault(refusal->reason), request_id),
                    "application/problem+json"};
    }
    const auto& enrolled = std::get<identity::Enrolled>(outcome);
    shared->enrolled = enrolled;
    return Answer{201, json::serialize(json::object{{"device_id", enrolled.device.Text()},
                                                    {"name_masked", enrolled.name_masked},
                                                    {"enrolled_at", ToRfc3339(enrolled.enrolled_at)}})};
  };
  change.after = [&parts, shared, name = request.device_name] {
    host::Boundary("enrolment.commit.after");
    if (!shared->enrolled) return;
    const auto& enrolled = *shared->enrolled;
    parts.hub.Publish(enrolled.person, "device",
                      json::serialize(json::object{{"device_id", enrolled.device.Text()},
                                                   {"name", name},
                                                   {"enrolled_at", ToRfc3339(enrolled.enrolled_at)},
                                                   {"current", false}}));
  };
  return change;
}

Result<Answer> Me(const Parts& parts, const Call& call, storage::Reader& reader) {
  YUKUAI_ASSIGN(const auto person, parts.persons.Load(reader, call.caller.person, call.now));
  YUKUAI_ASSIGN(const Balance balance, ReadBalance(reader, call.caller.person));
  YUKUAI_ASSIGN(const auto devices, parts.identity.DevicesOf(reader, call.caller.person));
  json::array list;
  for (const identity::Device& device : devices) {
    list.push_back({{"device_id", device.id.Text()},
                    {"name", device.name},
                    {"enrolled_at", ToRfc3339(device.enrolled_at)},
                    {"current", device.id == call.caller.device}});
  }
  json::object me = BalanceJson(balance);
  me["name_masked"] = person.name.Masked();
  me["frozen"] = person.frozen();
  if (person.frozen_since) me["frozen_since"] = ToRfc3339(*person.frozen_since);
  me["devices"] = std::move(list);
  return Answer{200, json::serialize(me)};
}

Result<Change> MakeGrant(const Parts& parts, const Call& call, storage::Reader& reader) {
  YUKUAI_ASSIGN(fields::Object body, fields::Object::Parse(call.request.body));
  codes::GrantRequest request;
  request.user_key = body.Binary("grant_public_key", {33, 33});
  request.clearing_group = static_cast<uint16_t>(body.Integer("clearing_group", 0, 65535));
  YUKUAI_TRY(body.Done());
  request.person = call.caller.person;
  request.device = call.caller.device;
  YUKUAI_ASSIGN(const codes::Grant grant, parts.codes.Prepare(reader, request, call.now));

  const codes::Issuing& issuing = parts.codes.issuing();
  const json::object answer = {{"grant_id", grant.id.Text()},
                               {"template", ToBase64Url(grant.code_template)},
                               {"valid_seconds", issuing.validity_seconds},
                               {"refresh_seconds", parts.refresh_seconds},
                               {"service_day", ToText(CivilFromDays(grant.service_day))},
                               {"service_day_ends", ToRfc3339(code::ServiceDayEnd(grant.service_day, issuing.service_day))},
                               {"not_after", ToRfc3339(grant.not_after)},
                               {"server_time", ToRfc3339(call.now)}};
  Change change;
  change.apply = [&parts, grant, body_text = json::serialize(answer),
                  now = call.now](storage::Transaction& transaction) -> Result<Answer> {
    YUKUAI_TRY(parts.codes.Commit(transaction, grant, now));
    host::Boundary("grant.commit.before");
    return Answer{201, body_text};
  };
  change.after = [] { host::Boundary("grant.commit.after"); };
  return change;
}

Result<std::optional<journeys::PageMark>> ParseRideToken(const std::optional<std::string>& token) {
  if (!token) return std::optional<journeys::PageMark>();
  const auto bytes = FromBase64Url(*token);
  if (!bytes || bytes->size() != 24) return Fault(kPageTokenInvalid);
  ByteReader reader(*bytes);
  journeys::PageMark mark;
  mark.began_at = Instant{reader.I64()};
  mark.id = JourneyId(reader.TakeArray<16>());
  return std::optional<journeys::PageMark>(mark);
}

Result<Answer> Rides(const Parts& parts, const Call& call, storage::Reader& reader) {
  YUKUAI_TRY(fields::QueryOnly(call.request.query, {"page_size", "page_token"}));
  YUKUAI_ASSIGN(const int64_t size, fields::QueryInteger(call.request.query, "page_size", 1, kPageSizeMax, kPageSizeDefault));
  YUKUAI_ASSIGN(const auto token, fields::QueryText(call.request.query, "page_token", 128));
  YUKUAI_ASSIGN(const auto mark, ParseRideToken(token));
  YUKUAI_ASSIGN(auto page, journeys::JourneyPage(reader, call.caller.person, mark, static_cast<size_t>(size) + 1));
  json::object answer;
  if (page.size() > static_cast<size_t>(size)) {
    page.pop_back();
    ByteWriter writer;
    writer.I64(page.back().began_at.us).Append(page.back().id.bytes());
    answer["next_page_token"] = ToBase64Url(writer.bytes());
  }
  json::array rides;
  for (const journeys::Journey& journey : page) rides.push_back(RideJson(parts.engine, journey));
  answer["rides"] = std::move(rides);
  return Answer{200, json::serialize(answer)};
}

Result<Change> Freeze(const Parts& parts, const Call& call) {
  YUKUAI_ASSIGN(fields::Object body, fields::Object::Parse(call.request.body));
  YUKUAI_TRY(body.Done());
  Change change;
  change.apply = [&parts, caller = call.caller, now = call.now](storage::Transaction& transaction) -> Result<Answer> {
    YUKUAI_ASSIGN(const auto state,
                  parts.identity.Freeze(transaction, caller.person, identity::Actor::Person(caller.device), now));
    host::Boundary("freeze.commit.before");
    return Answer{201, json::serialize(
                           json::object{{"frozen_since", ToRfc3339(*state.frozen_since)}, {"list_version", state.list_version}})};
  };
  change.after = [] { host::Boundary("freeze.commit.after"); };
  return change;
}

Result<Answer> History(const Parts& parts, const Call& call, storage::Reader& reader) {
  YUKUAI_TRY(fields::QueryOnly(call.request.query, {"page_size", "page_token"}));
  YUKUAI_ASSIGN(const int64_t size, fields::QueryInteger(call.request.query, "page_size", 1, kPageSizeMax, kPageSizeDefault));
  YUKUAI_ASSIGN(const int64_t before, fields::QueryInteger(call.request.query, "page_token", 1, INT64_MAX, 0));
  audit::HistoryPage page;
  page.size = static_cast<size_t>(size);
  if (before != 0) page.before = static_cast<uint64_t>(before);
  YUKUAI_ASSIGN(const auto items, parts.log.History(reader, call.caller.person, page));
  json::array entries;
  for (const audit::HistoryItem& item : items) {
    const HistoryTitle title = TitleOf(item.action);
    json::error_code error;
    json::value details = item.details.empty() ? json::value(json::object()) : json::parse(item.details, error);
    if (error) details = json::object();
    json::object entry = {{"sequence", item.sequence}, {"at", ToRfc3339(item.at)}, {"action", item.action},
                          {"actor", item.actor},       {"scene", item.scene},      {"title", Bilingual(title.zh, title.en)}};
    // The entry holds the point's code, for good; its name is today's.
    if (const json::value* point = details.is_object() ? details.get_object().if_contains("point") : nullptr;
        point != nullptr && point->is_string()) {
      entry["point"] = PointName(parts.engine, item.scene, point->get_string());
    }
    entry["details"] = std::move(details);
    entries.push_back(std::move(entry));
  }
  json::object answer = {{"entries", std::move(entries)}};
  if (items.size() == page.size && items.back().sequence > 1) answer["next_page_token"] = std::to_string(items.back().sequence);
  return Answer{200, json::serialize(answer)};
}

}  // namespace

void TellRides(const Parts& parts, storage::Reader& reader, PersonId person, const std::vector<JourneyId>& changed) {
  if (!parts.hub.Listening(person)) return;
  const auto page = journeys::JourneyPage(reader, person, std::nullopt, kPageSizeDefault);
  const auto balance = ReadBalance(reader, person);
  if (!page.ok() || !balance.ok()) return;  // The page reads the list itself when it next looks.
  for (const journeys::Journey& journey : *page) {
    if (std::ranges::count(changed, journey.id) != 0)
      parts.hub.Publish(person, "ride", json::serialize(RideJson(parts.engine, journey)));
  }
  parts.hub.Publish(person, "balance", json::serialize(BalanceJson(*balance)));
}

void TellFreeze(const Parts& parts, storage::Reader& reader, PersonId person, Instant now) {
  if (!parts.hub.Listening(person)) return;
  const auto status = FreezeStatusJson(parts, reader, person, now);
  if (status.ok()) parts.hub.Publish(person, "freeze", json::serialize(*status));
}

std::vector<routing::Route> Routes(Parts given) {
  const auto parts = std::make_shared<const Parts>(given);
  using routing::Access;
  using storage::Reader;
  std::vector<routing::Route> routes;
  routes.push_back({"create_enrolment", "POST", "/v1/enrolments", Access::kNewDevice,
                    routing::Write([parts](const Call& call, Reader&) { return Enrol(*parts, call); })});
  routes.push_back({"get_me", "GET", "/v1/me", Access::kDevice,
                    routing::Read([parts](const Call& call, Reader& reader) { return Me(*parts, call, reader); })});
  routes.push_back({"create_ride_grant", "POST", "/v1/ride-grants", Access::kDevice,
                    routing::Write([parts](const Call& call, Reader& reader) { return MakeGrant(*parts, call, reader); })});
  routes.push_back({"list_rides", "GET", "/v1/rides", Access::kDevice,
                    routing::Read([parts](const Call& call, Reader& reader) { return Rides(*parts, call, reader); })});
  routes.push_back({"create_freeze", "POST", "/v1/freezes", Access::kDevice,
                    routing::Write([parts](const Call& call, Reader&) { return Freeze(*parts, call); })});
  routes.push_back({"get_current_freeze", "GET", "/v1/freezes/current", Access::kDevice,
                    routing::Read([parts](const Call& call, Reader& reader) -> Result<Answer> {
                      YUKUAI_ASSIGN(const auto status, FreezeStatusJson(*parts, reader, call.caller.person, call.now));
                      return Answer{200, json::serialize(status)};
                    })});
  routes.push_back({"list_history", "GET", "/v1/history", Access::kDevice,
                    routing::Read([parts](const Call& call, Reader& reader) { return History(*parts, call, reader); })});
  routes.push_back({"get_audit_bundle", "GET", "/v1/audit-bundle", Access::kDevice,
                    routing::Read([parts](const Call& call, Reader& reader) -> Result<Answer> {
                      YUKUAI_ASSIGN(auto bundle, parts->log.BundleJson(reader, call.caller.person));
                      return Answer{200, std::move(bundle)};
                    })});
  routes.back().costly = true;
  routes.push_back({"stream_events", "GET", "/v1/events", Access::kDevice,
                    routing::Stream([parts](const Call& call, Reader&, http::Responder responder) -> Result<void> {
                      YUKUAI_ASSIGN(auto stream, responder.Stream());
                      parts->hub.Subscribe(call.caller.person, std::move(stream));
                      return {};
                    })});
  return routes;
}

}  // namespace yukuai::resident
