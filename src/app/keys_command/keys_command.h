// SPDX-License-Identifier: Apache-2.0
// `yukuai keys`: how a city's keys come into being.
//
//   on the server        yukuai keys init       makes the sealed key files and a certificate request
//   off line, elsewhere  yukuai keys ceremony   makes the root (once) and signs the certificate for the request
//   on the server        yukuai keys install    takes the certificate in
//   on the server        yukuai keys show       prints what is public
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "app/cli/command.h"
#include "base/entropy/entropy.h"
#include "base/result/result.h"
#include "base/time/time.h"
#include "crypto/sealing/sealing.h"

namespace yukuai::keys_command {

struct Place {
  std::string data = "./yukuai-data";
  std::optional<std::string> config;
  std::optional<std::string> seal_file;
};
// Which file holds the passphrase: the named one, else the service manager's credential, else the configured one, else the
// data folder's. A configuration that is wrong is a fault, not a reason to look elsewhere.
using FindSealFile = std::function<Result<std::filesystem::path>(const Place& place)>;

struct Parts {
  const Clock& clock;
  Entropy& entropy;
  FindSealFile find_seal_file;
  sealing::Cost cost = {};  // Tests use less.
};
cli::Command Keys(Parts parts);

}  // namespace yukuai::keys_command
