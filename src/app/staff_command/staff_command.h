// SPDX-License-Identifier: Apache-2.0
// `yukuai staff add`: makes a clerk's key pair, registers the public half with the city, leaves the private half in a file for
// the clerk's own machine. The private key is never in the city's data. `yukuai staff revoke`: from its commit on, nothing that
// this clerk signs is taken, also by a running server.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "app/cli/command.h"
#include "base/entropy/entropy.h"
#include "base/ids/ids.h"
#include "crypto/p256/p256.h"

namespace yukuai::staff_command {

struct Place {
  std::string data = "./yukuai-data";
  std::optional<std::string> config;
  std::optional<std::string> seal_file;
};
struct Registered {
  StaffId id;
  std::string server_url;  // Where the key will be good.
};
struct Register {
  std::function<Result<Registered>(const Place&, const std::string& name, const p256::PublicKeyBytes& key)> add;
  std::function<Result<void>(const Place&, StaffId id)> revoke;
};

// The group `staff`. entropy outlives the command.
cli::Command Staff(Entropy& entropy, Register clerks);

}  // namespace yukuai::staff_command
