// SPDX-License-Identifier: Apache-2.0
// A server without its sockets, signals and clockwork: what answers a request, and what carries passages to persons. `serve`
// puts a listener in front of it; the simulation hands it requests as values.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "app/installation/installation.h"
#include "gateway/push/push.h"
#include "gateway/resident/resident.h"
#include "gateway/routing/routing.h"
#include "gateway/signing/signing.h"
#include "platform/http/server.h"
#include "platform/storage/storage.h"
#include "scenes/arrivals/arrivals.h"
#include "scenes/settling/settling.h"

namespace yukuai::serve {

class Assembly {
 public:
  struct Parts {
    installation::Installation& city;
    storage::Writer& writer;
    std::function<std::optional<http::Reply>(const http::Request&)> pages = {};
    std::function<void(const routing::Failure&)> failed = {};  // An answer that was our fault.
    std::function<void(const Fault&)> passages_wait = {};      // Carrying ended early; it is tried again.
    std::function<void(const Fault&)> halves_wait = {};        // A person's missing halves of journeys were passed over.
    // Set: no thread carries passages. This is called when there are some, and its owner calls arrivals().WorkOnce.
    std::function<void()> passages_ready = {};
  };
  // Reads what the server before it left. Nobody is let in before the second of started_at is over (gateway/signing).
  static Result<std::unique_ptr<Assembly>> Start(Parts parts);
  Assembly(const Assembly&) = delete;
  Assembly& operator=(const Assembly&) = delete;

  void Handle(http::Request request, http::Responder responder) { router_->Handle(std::move(request), std::move(responder)); }
  size_t BodyBytesMax(std::string_view method, std::string_view path) const { return router_->BodyBytesMax(method, path); }
  Instant started_at() const { return started_at_; }
  arrivals::Arrivals& arrivals() { return arrivals_; }
  settling::Settling& settling() { return settling_; }  // Nothing happens but in WorkOnce, which its owner calls now and then.

 private:
  explicit Assembly(Parts parts);
  std::vector<routing::Route> Routes();
  void Passed(PersonId person, const std::vector<JourneyId>& changed);
  void FreezeChanged(PersonId person);

  const Parts parts_;
  const Instant started_at_;
  push::Hub hub_;
  const resident::Parts resident_parts_;
  arrivals::Arrivals arrivals_;
  settling::Settling settling_;
  signing::Authenticator authenticator_;
  const std::unique_ptr<routing::Router> router_;
};

}  // namespace yukuai::serve
