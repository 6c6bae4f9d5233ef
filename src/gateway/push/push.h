// SPDX-License-Identifier: Apache-2.0
// Who is listening: the open event streams of each person. Nothing is kept for those who are not there; a page that connects
// again reads the lists anew.
#pragma once

#include <map>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/ids/ids.h"
#include "platform/http/server.h"

namespace yukuai::push {

// Thread-safe. Bounded by the streams that the server holds open: those that have ended are forgotten at the latest when as many
// again have come.
class Hub {
 public:
  static constexpr size_t kStreamsPerPersonMax = 8;  // The oldest is closed for a ninth.

  void Subscribe(PersonId person, http::EventStream stream);
  // event: "ride", "balance", "freeze", "device". json: one line.
  void Publish(PersonId person, std::string_view event, std::string_view json);
  bool Listening(PersonId person);
  size_t persons() const;  // Who is remembered as listening.

 private:
  void Sweep();

  mutable std::mutex mutex_;
  size_t sweep_at_ = 64;
  std::map<PersonId, std::vector<http::EventStream>> streams_;
};

}  // namespace yukuai::push
