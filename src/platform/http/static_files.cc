// SPDX-License-Identifier: Apache-2.0
#include "platform/http/static_files.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "base/bytes/bytes.h"

namespace yukuai::http {
namespace {

constexpr std::string_view kLasting = "/assets/";

constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kTypes = {{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".webp", "image/webp"},
    {".woff2", "font/woff2"},
    {".wasm", "application/wasm"},
    {".txt", "text/plain; charset=utf-8"},
    {".yaml", "application/yaml"},
}};

std::string_view TypeOf(std::string_view path) {
  for (const auto& [ending, type] : kTypes) {
    if (path.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

std::string EtagOf(std::string_view body) {
  std::array<uint8_t, 32> digest{};
  YUKUAI_CHECK(EVP_Digest(body.data(), body.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1);
  return "\"" + ToBase64Url(ByteSpan(digest).first(16)) + "\"";
}

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// Visits the members of a comma-separated list until one satisfies.
template <typename Satisfies>
bool AnyMember(std::string_view list, Satisfies satisfies) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    if (satisfies(Trimmed(list.substr(0, comma)))) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

bool AcceptsGzip(const Headers& headers) {
  return AnyMember(headers.Find("accept-encoding").value_or(""), [](std::string_view member) {
    const size_t semicolon = std::min(member.find(';'), member.size());
    const std::string_view weight = Trimmed(member.substr(std::min(semicolon + 1, member.size())));
    return EqualIgnoringCase(Trimmed(member.substr(0, semicolon)), "gzip") && weight != "q=0" && weight != "q=0.0";
  });
}

bool Matches(const Headers& headers, std::string_view etag) {
  return AnyMember(headers.Find("if-none-match").value_or(""), [etag](std::string_view member) {
    if (member.starts_with("W/")) member.remove_prefix(2);
    return member == etag || member == "*";
  });
}

}  // namespace

std::vector<Field> PageHeaders() {
  return {
      {"Content-Security-Policy",
       "default-src 'self'; img-src 'self' data: blob:; font-src 'self' data:; object-src 'none'; base-uri 'none'; "
       "form-action 'self'; frame-ancestors 'none'"},
      {"Referrer-Policy", "no-referrer"},
      {"Permissions-Policy", "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
  };
}

Result<StaticFiles> StaticFiles::Read(const std::filesystem::path& folder, StaticBounds bounds) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::is_regular_file(folder / "index.html", error)) return Fault(kPagesMissing);
  StaticFiles out;
  std::map<std::string, std::string, std::less<>> packed;
  size_t bytes = 0;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    // A link could lead out of the folder; the page build makes none.
    if (at->is_symlink(error) || !at->is_regular_file(error)) continue;
    const std::string path = "/" + fs::relative(at->path(), folder, error).generic_string();
    const uintmax_t size = at->file_size(error);
    if (error) break;
    bytes += size;
    if (bytes > bounds.bytes_max || out.files_.size() + packed.size() >= bounds.files_max) return Fault(kPagesTooLarge);
    std::string body(size, '\0');
    std::ifstream in(at->path(), std::ios::binary);
    if (!in.read(body.data(), static_cast<std::streamsize>(size))) return Fault(kPagesUnreadable);
    if (path.ends_with(".gz")) {
      packed.emplace(path.substr(0, path.size() - 3), std::move(body));
      continue;
    }
    std::string etag = EtagOf(body);
    out.files_[path] = {std::move(body), {}, std::move(etag), TypeOf(path), path.starts_with(kLasting)};
  }
  if (error) return Fault(kPagesUnreadable, error.message());
  for (auto& [path, body] : packed) {
    const auto file = out.files_.find(path);
    if (file != out.files_.end()) file->second.gzip = std::move(body);
  }
  return out;
}

std::optional<Reply> StaticFiles::Serve(const Request& request) const {
  if (request.method != "GET" && request.method != "HEAD") return std::nullopt;
  auto at = files_.find(request.path == "/" ? std::string_view("/index.html") : std::string_view(request.path));
  // An address that people may type or read carries no ending: /c is c.html.
  if (at == files_.end()) at = files_.find(std::string(request.path) + ".html");
  if (at == files_.end()) return std::nullopt;
  const File& file = at->second;
  Reply reply;
  reply.route = "pages";
  reply.headers = PageHeaders();
  reply.headers.push_back({"Cache-Control", file.lasting ? "public, max-age=31536000, immutable" : "no-cache"});
  reply.headers.push_back({"ETag", file.etag});
  if (!file.gzip.empty()) reply.headers.push_back({"Vary", "Accept-Encoding"});
  if (Matches(request.headers, file.etag)) {
    reply.status = 304;
    return reply;
  }
  reply.content_type = file.type;
  const bool packed = !file.gzip.empty() && AcceptsGzip(request.headers);
  if (packed) reply.headers.push_back({"Content-Encoding", "gzip"});
  reply.body = packed ? file.gzip : file.body;
  return reply;
}

}  // namespace yukuai::http
