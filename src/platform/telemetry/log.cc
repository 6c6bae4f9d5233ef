// SPDX-License-Identifier: Apache-2.0
#include "platform/telemetry/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <mutex>

namespace yukuai::telemetry {
namespace {

bool IsSlug(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || std::string_view("_-./:").find(c) != std::string_view::npos;
  });
}

bool IsId(std::string_view text) {
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  return text.size() == 30 && text[3] == '_' && std::all_of(text.begin(), text.begin() + 3, letter) &&
         FromBase32(text.substr(4)).has_value();
}

std::string_view NameOf(Level level) {
  switch (level) {
    case Level::kDebug: return "debug";
    case Level::kInfo: return "info";
    case Level::kWarning: return "warning";
    case Level::kError: return "error";
  }
  return "error";
}

spdlog::level::level_enum LevelOf(Level level) {
  switch (level) {
    case Level::kDebug: return spdlog::level::debug;
    case Level::kInfo: return spdlog::level::info;
    case Level::kWarning: return spdlog::level::warn;
    case Level::kError: return spdlog::level::err;
  }
  return spdlog::level::err;
}

// Every part is of a closed form, so nothing here needs escaping.
std::string Line(Instant at, Level level, const Slug& event, std::initializer_list<LogField> fields) {
  std::string line =
      "{\"at\":\"" + ToRfc3339(at) + "\",\"level\":\"" + std::string(NameOf(level)) + "\",\"event\":\"" + event.text() + "\"";
  for (const LogField& field : fields) line += "," + field.json();
  return line + "}";
}

bool IsOurs(Kind kind) { return kind == Kind::kInternal || kind == Kind::kUnavailable || kind == Kind::kUnknownOutcome; }

// A detail as JSON text: one line, printable ASCII, bounded.
std::string Printable(std::string_view detail) {
  constexpr size_t kDetailBytesMax = 240;
  std::string out(detail.substr(0, kDetailBytesMax));
  for (char& c : out) {
    if (c < 0x20 || c > 0x7e || c == '\\') c = '?';
    if (c == '"') c = '\'';
  }
  return out;
}

std::string Quoted(const Slug& key, std::string_view value) { return "\"" + key.text() + "\":\"" + std::string(value) + "\""; }

class StderrLog final : public Log {
 public:
  StderrLog(const Clock& clock, Level least)
      : clock_(clock), logger_("yukuai", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger_.set_pattern("%v");
    logger_.set_level(LevelOf(least));
    logger_.flush_on(spdlog::level::debug);
  }
  void Write(Level level, Slug event, std::initializer_list<LogField> fields) override {
    if (!logger_.should_log(LevelOf(level))) return;
    logger_.log(LevelOf(level), "{}", Line(clock_.Now(), level, event, fields));
  }

 private:
  const Clock& clock_;
  spdlog::logger logger_;
};

}  // namespace

Slug::Slug(std::string_view text) : text_(IsSlug(text) ? text : "invalid") {}
IdText::IdText(std::string_view text) : text_(IsId(text) ? text : "invalid") {}

LogField::LogField(Slug key, Slug value) : json_(Quoted(key, value.text())) {}
LogField::LogField(Slug key, const IdText& value) : json_(Quoted(key, value.text())) {}
LogField::LogField(Slug key, const Reason& value) : json_(Quoted(key, Slug(value.slug).text())) {}
LogField::LogField(Slug key, const Fault& value) : json_(Quoted(key, Slug(value.reason.slug).text())) {
  if (IsOurs(value.reason.kind) && !value.detail.empty()) json_ += "," + Quoted("detail", Printable(value.detail));
}
LogField::LogField(Slug key, Instant value) : json_(Quoted(key, ToRfc3339(value))) {}
LogField::LogField(Slug key, int64_t value) : json_("\"" + key.text() + "\":" + std::to_string(value)) {}
LogField::LogField(Slug key, bool value) : json_("\"" + key.text() + "\":" + (value ? "true" : "false")) {}

std::unique_ptr<Log> MakeStderrLog(const Clock& clock, Level least) { return std::make_unique<StderrLog>(clock, least); }

struct MemoryLog::Lines {
  const Clock& clock;
  std::mutex mutex;
  std::string text;
};

MemoryLog::MemoryLog(const Clock& clock) : lines_(new Lines{clock, {}, {}}) {}
MemoryLog::~MemoryLog() = default;

void MemoryLog::Write(Level level, Slug event, std::initializer_list<LogField> fields) {
  std::lock_guard lock(lines_->mutex);
  lines_->text += Line(lines_->clock.Now(), level, event, fields) + "\n";
}

std::string MemoryLog::text() const {
  std::lock_guard lock(lines_->mutex);
  return lines_->text;
}

}  // namespace yukuai::telemetry
