// SPDX-License-Identifier: Apache-2.0
// What the server says about itself: metrics for a machine that asks, log lines for whoever has to find out what happened.
// Neither names a person.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "base/result/result.h"
#include "gateway/routing/routing.h"
#include "platform/http/server.h"
#include "platform/storage/storage.h"
#include "platform/telemetry/log.h"
#include "platform/telemetry/metrics.h"

namespace yukuai::serve {

// Thread-safe. Log and clock outlive it. Lines about requests are limited, because a stranger can cause them; how many were left
// out is counted.
class Telling {
 public:
  Telling(telemetry::Log& log, const Clock& clock) : log_(log), clock_(clock) {}

  void Observe(const http::Observation& seen);              // An answer that left.
  void Failed(const routing::Failure& failure);             // Why one of them was our fault.
  void Trouble(telemetry::Slug event, const Fault& fault);  // Of a task that nobody waits for, and that is tried again.

  // What is asked for when somebody looks.
  struct Figures {
    int64_t passages_waiting = 0;
    int64_t token_reuses = 0;
    int64_t codes_forgotten = 0;
    size_t connections = 0;
    storage::WriterFigures writer = {};
    std::map<std::string, int64_t> certificates = {};  // Seconds that are left, by name.
  };
  std::string Metrics(const Figures& figures);

 private:
  // A count that somebody else keeps, brought up to date.
  struct Followed {
    telemetry::Family<telemetry::Counter>& counter;
    uint64_t known = 0;
    void Follow(uint64_t count);
  };
  bool MayWrite();

  telemetry::Log& log_;
  const Clock& clock_;
  routing::RateLimit lines_{100, 10, 1};
  telemetry::Metrics metrics_;
  telemetry::Family<telemetry::Counter>& answers_ = metrics_.AddCounters(
      {.name = "yukuai_answers_total", .help = "Answers of the public listener.", .labels = {"route", "status"}});
  telemetry::Family<telemetry::Histogram>& seconds_ = metrics_.AddHistograms(
      {.name = "yukuai_answer_seconds", .help = "From a request's whole head to its answer.", .labels = {"route"}},
      {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5});
  telemetry::Family<telemetry::Counter>& failures_ = metrics_.AddCounters(
      {.name = "yukuai_failures_total", .help = "Requests and tasks that failed by a fault of ours.", .labels = {"reason"}});
  telemetry::Family<telemetry::Counter>& left_out_ = metrics_.AddCounters(
      {.name = "yukuai_log_lines_left_out_total", .help = "Lines about requests that were too many to write."});
  telemetry::Family<telemetry::Gauge>& waiting_ =
      metrics_.AddGauges({.name = "yukuai_passages_waiting", .help = "Passages taken in and not yet applied."});
  telemetry::Family<telemetry::Gauge>& reuses_ = metrics_.AddGauges(
      {.name = "yukuai_terminal_token_reuses", .help = "Used enrolment tokens presented again with another key: an alarm."});
  telemetry::Family<telemetry::Gauge>& forgotten_ = metrics_.AddGauges(
      {.name = "yukuai_terminal_codes_forgotten_early",
       .help = "Codes that terminals dropped from their replay windows before their time, as they last said: an alarm."});
  telemetry::Family<telemetry::Gauge>& connections_ =
      metrics_.AddGauges({.name = "yukuai_connections", .help = "Open connections of the public listener."});
  telemetry::Family<telemetry::Gauge>& certificates_ =
      metrics_.AddGauges({.name = "yukuai_certificate_expires_seconds",
                          .help = "Until the certificate ends; negative afterwards.",
                          .labels = {"certificate"}});
  std::mutex followed_mutex_;
  Followed operations_{
      metrics_.AddCounters({.name = "yukuai_writer_operations_total", .help = "Operations that the writer has answered."})};
  Followed commits_{metrics_.AddCounters({.name = "yukuai_writer_commits_total", .help = "Commits of the writer."})};
  Followed spoiled_{metrics_.AddCounters({.name = "yukuai_writer_groups_spoiled_total",
                                          .help = "Groups rolled back and run one by one: each is a defect somewhere."})};
};

}  // namespace yukuai::serve
