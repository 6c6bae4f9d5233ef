// SPDX-License-Identifier: Apache-2.0
#include "platform/telemetry/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <functional>
#include <map>
#include <mutex>

#include "base/result/check.h"

namespace yukuai::telemetry {
namespace {

struct CounterSeries final : Counter {
  explicit CounterSeries(prometheus::Counter& c) : counter(c) {}
  void Add(double amount) override { counter.Increment(amount); }
  prometheus::Counter& counter;
};
struct GaugeSeries final : Gauge {
  explicit GaugeSeries(prometheus::Gauge& g) : gauge(g) {}
  void Set(double value) override { gauge.Set(value); }
  prometheus::Gauge& gauge;
};
struct HistogramSeries final : Histogram {
  explicit HistogramSeries(prometheus::Histogram& h) : histogram(h) {}
  void Observe(double value) override { histogram.Observe(value); }
  prometheus::Histogram& histogram;
};

template <typename Series>
class BoundedFamily final : public Family<Series> {
 public:
  using Make = std::function<std::unique_ptr<Series>(const prometheus::Labels&)>;
  BoundedFamily(FamilyName name, Make make) : name_(std::move(name)), make_(std::move(make)) {}

  Series& With(LabelValues values) override {
    YUKUAI_CHECK(values.size() == name_.labels.size());
    std::string key;
    for (const std::string_view value : values) key.append(value).push_back('\0');
    std::lock_guard lock(mutex_);
    const auto at = series_.find(key);
    if (at != series_.end()) return *at->second;
    const bool full = series_.size() >= name_.series_max;
    if (full && other_) return *other_;
    prometheus::Labels labels;
    size_t i = 0;
    for (const std::string_view value : values) labels[name_.labels[i++]] = full ? "other" : std::string(value);
    auto made = make_(labels);
    if (full) return *(other_ = std::move(made));
    return *(series_[key] = std::move(made));
  }

 private:
  const FamilyName name_;
  const Make make_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Series>> series_;
  std::unique_ptr<Series> other_;
};

}  // namespace

struct Metrics::Registry {
  prometheus::Registry registry;
  std::vector<std::unique_ptr<Family<Counter>>> counters;
  std::vector<std::unique_ptr<Family<Gauge>>> gauges;
  std::vector<std::unique_ptr<Family<Histogram>>> histograms;
};

Metrics::Metrics() : registry_(std::make_unique<Registry>()) {}
Metrics::~Metrics() = default;

Family<Counter>& Metrics::AddCounters(const FamilyName& name) {
  auto& family = prometheus::BuildCounter().Name(name.name).Help(name.help).Register(registry_->registry);
  registry_->counters.push_back(std::make_unique<BoundedFamily<Counter>>(
      name, [&family](const prometheus::Labels& labels) { return std::make_unique<CounterSeries>(family.Add(labels)); }));
  return *registry_->counters.back();
}

Family<Gauge>& Metrics::AddGauges(const FamilyName& name) {
  auto& family = prometheus::BuildGauge().Name(name.name).Help(name.help).Register(registry_->registry);
  registry_->gauges.push_back(std::make_unique<BoundedFamily<Gauge>>(
      name, [&family](const prometheus::Labels& labels) { return std::make_unique<GaugeSeries>(family.Add(labels)); }));
  return *registry_->gauges.back();
}

Family<Histogram>& Metrics::AddHistograms(const FamilyName& name, std::vector<double> upper_bounds) {
  auto& family = prometheus::BuildHistogram().Name(name.name).Help(name.help).Register(registry_->registry);
  registry_->histograms.push_back(std::make_unique<BoundedFamily<Histogram>>(
      name, [&family, bounds = std::move(upper_bounds)](const prometheus::Labels& labels) {
        return std::make_unique<HistogramSeries>(family.Add(labels, bounds));
      }));
  return *registry_->histograms.back();
}

std::string Metrics::Text() const { return prometheus::TextSerializer().Serialize(registry_->registry.Collect()); }

}  // namespace yukuai::telemetry
