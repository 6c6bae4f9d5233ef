// SPDX-License-Identifier: Apache-2.0
// A resident comes into the city: a named clerk has seen the person and the document, and registers both. From then on the
// person has accounts, a history, and can be given a counter code (services/identity).
//
// The document is claimed first, then the person is created under the claim, so that a registration that was cut short is taken
// up again, and two clerks who register the same document register one person.
#pragma once

#include "base/ids/ids.h"
#include "base/result/result.h"
#include "base/time/time.h"
#include "formats/identifiers/document.h"
#include "platform/audit/audit.h"
#include "platform/storage/storage.h"
#include "registers/persons/persons.h"
#include "services/identity/identity.h"

namespace yukuai::registration {

struct Registered {
  PersonId person;
  Instant registered_at;
  bool is_new = false;  // False: the city knew the document under this name already.
};

class Registration {
 public:
  struct Parts {
    const persons::Register& persons;
    const identity::Identity& identity;
    audit::Log& log;
  };
  // The parts outlive it.
  explicit Registration(Parts parts) : parts_(parts) {}

  // Registers the person as an ordinary rider, with empty accounts. A document that is known under another name is
  // identity::kPersonNameDiffers, and nothing is written. Faults before it: those of the clerk.
  Result<Registered> Register(storage::Transaction& transaction, StaffId staff, const identifiers::Document& document,
                              const persons::Name& name, Instant now) const;

 private:
  Parts parts_;
};

}  // namespace yukuai::registration
