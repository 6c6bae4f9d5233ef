// SPDX-License-Identifier: Apache-2.0
#include "app/serve/telling.h"

namespace yukuai::serve {

using telemetry::Level;

bool Telling::MayWrite() {
  if (lines_.Take("", clock_.Now())) return true;
  left_out_.With({}).Add();
  return false;
}

void Telling::Observe(const http::Observation& seen) {
  answers_.With({seen.route, std::to_string(seen.status)}).Add();
  seconds_.With({seen.route}).Observe(static_cast<double>(seen.duration_us) / 1e6);
  if (seen.status < 500 || !MayWrite()) return;
  log_.Write(Level::kError, "request_failed",
             {{"route", telemetry::Slug(seen.route)},
              {"status", seen.status},
              {"request", telemetry::IdText(seen.request_id)},
              {"duration_us", seen.duration_us}});
}

void Telling::Failed(const routing::Failure& failure) {
  failures_.With({failure.fault.reason.slug}).Add();
  if (!MayWrite()) return;
  log_.Write(
      Level::kError, "request_fault",
      {{"route", telemetry::Slug(failure.route)}, {"request", telemetry::IdText(failure.request_id)}, {"reason", failure.fault}});
}

void Telling::Trouble(telemetry::Slug event, const Fault& fault) {
  failures_.With({fault.reason.slug}).Add();
  log_.Write(Level::kWarning, std::move(event), {{"reason", fault}});
}

void Telling::Followed::Follow(uint64_t count) {
  counter.With({}).Add(static_cast<double>(count - known));
  known = count;
}

std::string Telling::Metrics(const Figures& figures) {
  waiting_.With({}).Set(static_cast<double>(figures.passages_waiting));
  reuses_.With({}).Set(static_cast<double>(figures.token_reuses));
  forgotten_.With({}).Set(static_cast<double>(figures.codes_forgotten));
  connections_.With({}).Set(static_cast<double>(figures.connections));
  for (const auto& [name, left] : figures.certificates) certificates_.With({name}).Set(static_cast<double>(left));
  const std::lock_guard lock(followed_mutex_);
  operations_.Follow(figures.writer.operations);
  commits_.Follow(figures.writer.commits);
  spoiled_.Follow(figures.writer.groups_spoiled);
  return metrics_.Text();
}

}  // namespace yukuai::serve
