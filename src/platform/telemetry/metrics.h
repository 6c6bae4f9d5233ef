// SPDX-License-Identifier: Apache-2.0
// Metrics, in Prometheus' text form. A family has fixed label names; its label values are words of ours, and a family holds
// a bounded number of series: what comes beyond is counted under "other", so that no stranger can grow memory by asking.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace yukuai::telemetry {

// Names: letters, digits, '_'; a unit last ("http_request_seconds"). Thread-safe; series live as long as their Metrics.
class Counter {
 public:
  virtual ~Counter() = default;
  virtual void Add(double amount = 1) = 0;  // Never less than 0.
};
class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void Set(double value) = 0;
};
class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void Observe(double value) = 0;
};

using LabelValues = std::initializer_list<std::string_view>;

template <typename Series>
class Family {
 public:
  virtual ~Family() = default;
  // As many values as the family has label names. Keep the reference where it is used often.
  virtual Series& With(LabelValues values) = 0;
};

struct FamilyName {
  std::string name;
  std::string help;
  std::vector<std::string> labels = {};
  size_t series_max = 128;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // A name is added once.
  Family<Counter>& AddCounters(const FamilyName& name);
  Family<Gauge>& AddGauges(const FamilyName& name);
  Family<Histogram>& AddHistograms(const FamilyName& name, std::vector<double> upper_bounds);
  std::string Text() const;  // text/plain; version=0.0.4

 private:
  struct Registry;
  std::unique_ptr<Registry> registry_;
};

}  // namespace yukuai::telemetry
