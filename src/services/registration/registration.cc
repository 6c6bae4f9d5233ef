// SPDX-License-Identifier: Apache-2.0
#include "services/registration/registration.h"

#include <boost/json.hpp>

#include "registers/ledger/ledger.h"

namespace yukuai::registration {
namespace {

constexpr std::string_view kSource = "counter";

}  // namespace

Result<Registered> Registration::Register(storage::Transaction& transaction, StaffId staff, const identifiers::Document& document,
                                          const persons::Name& name, Instant now) const {
  YUKUAI_ASSIGN(const identity::Staff clerk, parts_.identity.LoadStaff(transaction, staff));
  const std::string details = boost::json::serialize(boost::json::object{{"clerk", clerk.name}});
  const auto tell = [&](PersonId person, std::string action) {
    return parts_.log.Append(transaction, {person, std::move(action), audit::ActorStaff(staff), {}, details}, now);
  };
  const auto known = parts_.persons.LoadByDocument(transaction, document, now);
  if (known.ok()) {
    if (!known->name.Matches(name)) return Fault(identity::kPersonNameDiffers);
    YUKUAI_TRY(tell(known->id, "registration_repeated"));
    return Registered{known->id, known->created_at, false};
  }
  if (known.error().reason != persons::kPersonUnknown) return known.error();

  const persons::NewPerson person{document, name, persons::Concession::kOrdinary, std::string(kSource)};
  YUKUAI_ASSIGN(const auto created, parts_.persons.Create(transaction, person, now));
  YUKUAI_TRY(ledger::OpenPersonAccounts(transaction, created.id, now));
  YUKUAI_TRY(ledger::OpenShardAccounts(transaction, created.id.shard(), now));
  YUKUAI_TRY(tell(created.id, "person_registered"));
  return Registered{created.id, now, true};
}

}  // namespace yukuai::registration
