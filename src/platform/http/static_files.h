// SPDX-License-Identifier: Apache-2.0
// Serves the built pages. The folder is read once, at start: what is served is what was there, found by its exact path, so
// no request can walk anywhere else, and pages never change halfway through a visit.
//
// Files under /assets/ carry a hash in their names (the page build does that) and may be kept for ever; everything else is
// asked for again with its ETag. A file "x.gz" beside "x" is sent instead of it to whoever accepts gzip.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result/result.h"
#include "platform/http/message.h"

namespace yukuai::http {

// In order of precedence.
inline constexpr Reason kPagesMissing{Kind::kNotFound, "pages_missing"};  // No such folder, or no index.html in it.
inline constexpr Reason kPagesTooLarge{Kind::kMalformed, "pages_too_large"};
inline constexpr Reason kPagesUnreadable{Kind::kUnavailable, "pages_unreadable"};

struct StaticBounds {
  size_t files_max = 2'000;
  size_t bytes_max = 48 * 1024 * 1024;  // All files together; they stay in memory.
};

class StaticFiles {
 public:
  static Result<StaticFiles> Read(const std::filesystem::path& folder, StaticBounds bounds = {});
  // Nothing when there is no such file, or the method is neither GET nor HEAD. "/" is index.html.
  std::optional<Reply> Serve(const Request& request) const;

 private:
  struct File {
    std::string body;
    std::string gzip;  // Empty when there is none.
    std::string etag;
    std::string_view type;
    bool lasting = false;
  };
  std::map<std::string, File, std::less<>> files_;  // By path, from '/'.
};

// What every page is sent with: nothing from elsewhere, nothing inline, no framing, no referrer, no device it does not need.
std::vector<Field> PageHeaders();

}  // namespace yukuai::http
