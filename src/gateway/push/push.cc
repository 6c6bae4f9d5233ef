// SPDX-License-Identifier: Apache-2.0
#include "gateway/push/push.h"

#include <algorithm>

namespace yukuai::push {

void Hub::Subscribe(PersonId person, http::EventStream stream) {
  const std::lock_guard lock(mutex_);
  if (streams_.size() >= sweep_at_) Sweep();
  std::vector<http::EventStream>& streams = streams_[person];
  std::erase_if(streams, [](const http::EventStream& one) { return one.closed(); });
  if (streams.size() >= kStreamsPerPersonMax) {
    streams.front().Close();
    streams.erase(streams.begin());
  }
  streams.push_back(std::move(stream));
}

// A reader who left does not say so here.
void Hub::Sweep() {
  std::erase_if(streams_, [](const auto& one) {
    return std::ranges::all_of(one.second, [](const http::EventStream& stream) { return stream.closed(); });
  });
  sweep_at_ = std::max(sweep_at_, 2 * streams_.size());
}

size_t Hub::persons() const {
  const std::lock_guard lock(mutex_);
  return streams_.size();
}

void Hub::Publish(PersonId person, std::string_view event, std::string_view json) {
  const std::lock_guard lock(mutex_);
  const auto found = streams_.find(person);
  if (found == streams_.end()) return;
  std::erase_if(found->second, [&](http::EventStream& one) { return !one.Send(event, json); });
  if (found->second.empty()) streams_.erase(found);
}

bool Hub::Listening(PersonId person) {
  const std::lock_guard lock(mutex_);
  return streams_.contains(person);
}

}  // namespace yukuai::push
