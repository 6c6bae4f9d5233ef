// SPDX-License-Identifier: Apache-2.0
// The API of a named clerk at a counter: registering residents, counter codes, freeze and unfreeze for people without a phone.
// Every call is signed with the clerk's own key and stands in the person's history under the clerk's id.
#pragma once

#include <functional>
#include <vector>

#include "gateway/routing/routing.h"
#include "registers/persons/persons.h"
#include "services/identity/identity.h"
#include "services/registration/registration.h"

namespace yukuai::counter {

struct Parts {
  const persons::Register& persons;
  const identity::Identity& identity;
  const registration::Registration& registration;
  std::function<void(PersonId)> freeze_changed;  // After the commit: open pages want to know.
};
std::vector<routing::Route> Routes(Parts parts);

}  // namespace yukuai::counter
