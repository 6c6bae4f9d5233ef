// SPDX-License-Identifier: Apache-2.0
// The log: one JSON object per line. What a line may carry is closed by type — slugs, ids, numbers, times, reasons — so that
// a name, a document number or a stranger's text cannot get in even by mistake: there is no constructor for free text.
//
//   {"at":"2026-03-01T08:00:00+08:00","level":"info","event":"request_answered","route":"rides_list","status":200}
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "base/ids/ids.h"
#include "base/result/result.h"
#include "base/time/time.h"

namespace yukuai::telemetry {

// A word of ours: a-z, 0-9, '_', '-', '.', '/', ':' , at most 64 characters. Anything else becomes "invalid".
class Slug {
 public:
  Slug(const char* text) : Slug(std::string_view(text)) {}  // NOLINT: literals read best unwrapped
  explicit Slug(std::string_view text);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// The text of one of our ids ("dev_01hv…"), checked for that form; anything else becomes "invalid".
class IdText {
 public:
  explicit IdText(std::string_view text);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class LogField {
 public:
  LogField(Slug key, Slug value);                                                   // NOLINT: a list of pairs reads best
  LogField(Slug key, const char* value) : LogField(std::move(key), Slug(value)) {}  // NOLINT: else a literal would be a bool
  LogField(Slug key, const IdText& value);                                          // NOLINT
  LogField(Slug key, const Reason& value);                                          // NOLINT
  // The reason under the key and, if the fault is ours (internal, unavailable, of unknown outcome), the detail under "detail".
  // Details carry no personal data; those of other faults may still repeat what a stranger sent, and stay out.
  LogField(Slug key, const Fault& value);                                                      // NOLINT
  LogField(Slug key, Instant value);                                                           // NOLINT
  LogField(Slug key, int64_t value);                                                           // NOLINT
  LogField(Slug key, int value) : LogField(std::move(key), int64_t{value}) {}                  // NOLINT
  LogField(Slug key, size_t value) : LogField(std::move(key), static_cast<int64_t>(value)) {}  // NOLINT
  LogField(Slug key, bool value);                                                              // NOLINT
  template <typename Tag>
  LogField(Slug key, const Id<Tag>& value) : LogField(std::move(key), IdText(value.Text())) {}  // NOLINT

  const std::string& json() const { return json_; }  // "key":value

 private:
  std::string json_;
};

enum class Level { kDebug, kInfo, kWarning, kError };

// Thread-safe. Lines of one Log never mix.
class Log {
 public:
  virtual ~Log() = default;
  virtual void Write(Level level, Slug event, std::initializer_list<LogField> fields = {}) = 0;
};

// To standard error, where systemd and containers look.
std::unique_ptr<Log> MakeStderrLog(const Clock& clock, Level least);
// Keeps lines in memory, for tests.
class MemoryLog : public Log {
 public:
  explicit MemoryLog(const Clock& clock);
  ~MemoryLog() override;
  void Write(Level level, Slug event, std::initializer_list<LogField> fields) override;
  std::string text() const;

 private:
  struct Lines;
  std::unique_ptr<Lines> lines_;
};

}  // namespace yukuai::telemetry
