// SPDX-License-Identifier: Apache-2.0
#include "platform/http/static_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace yukuai::http {
namespace {

namespace fs = std::filesystem;

class Pages : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("yukuai_pages_" + std::to_string(::getpid()));
    fs::create_directories(root_ / "site/assets");
    Write("secret.txt", "not served");
    Write("site/index.html", "<html></html>");
    Write("site/assets/index-AbCd.js", "let a = 1;");
    Write("site/assets/index-AbCd.js.gz", "packed");
    Write("site/sw.js", "worker");
    Write("site/c.html", "<html>help</html>");
    fs::create_symlink(root_ / "secret.txt", root_ / "site/link.txt");
    pages_ = StaticFiles::Read(root_ / "site").value();
  }
  void TearDown() override { fs::remove_all(root_); }
  void Write(const std::string& name, const std::string& text) { std::ofstream(root_ / name) << text; }

  std::optional<Reply> Get(const std::string& path, std::vector<Field> fields = {}, const std::string& method = "GET") {
    Request request;
    request.method = method;
    request.path = request.target = path;
    for (const Field& field : fields) request.headers.Add(field.name, field.value);
    return pages_->Serve(request);
  }
  static std::string Value(const std::optional<Reply>& reply, std::string_view name) {
    for (const Field& field : reply->headers) {
      if (field.name == name) return field.value;
    }
    return "";
  }

  fs::path root_;
  std::optional<StaticFiles> pages_;
};

TEST_F(Pages, ServesWhatIsInTheFolderAndNothingElse) {
  EXPECT_EQ(Get("/")->body, "<html></html>");
  EXPECT_EQ(Get("/index.html")->content_type, "text/html; charset=utf-8");
  EXPECT_EQ(Get("/c")->body, "<html>help</html>");
  EXPECT_EQ(Get("/c")->content_type, "text/html; charset=utf-8");
  for (const char* path : {"/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "//secret.txt", "/link.txt",
                           "/assets", "/assets/", "/assets/index-AbCd.js.gz", "/nothing", ""}) {
    EXPECT_FALSE(Get(path)) << path;
  }
  EXPECT_FALSE(Get("/", {}, "POST"));
  EXPECT_TRUE(Get("/", {}, "HEAD"));
}

TEST_F(Pages, SendsThePackedFileToWhoeverAcceptsIt) {
  for (const char* accept : {"gzip", "br, GZIP;q=0.5", "deflate , gzip"}) {
    const auto reply = Get("/assets/index-AbCd.js", {{"Accept-Encoding", accept}});
    EXPECT_EQ(reply->body, "packed") << accept;
    EXPECT_EQ(Value(reply, "Content-Encoding"), "gzip");
    EXPECT_EQ(Value(reply, "Vary"), "Accept-Encoding");
    EXPECT_EQ(reply->content_type, "text/javascript; charset=utf-8");
  }
  for (const char* accept : {"", "br", "gzip;q=0", "xgzip"}) {
    EXPECT_EQ(Get("/assets/index-AbCd.js", {{"Accept-Encoding", accept}})->body, "let a = 1;") << accept;
  }
}

TEST_F(Pages, LetsHashedFilesBeKeptAndAsksForOthersAgain) {
  EXPECT_EQ(Value(Get("/assets/index-AbCd.js"), "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(Value(Get("/sw.js"), "Cache-Control"), "no-cache");
  const std::string etag = Value(Get("/sw.js"), "ETag");
  EXPECT_EQ(Get("/sw.js", {{"If-None-Match", "\"other\", W/" + etag}})->status, 304);
  EXPECT_EQ(Get("/sw.js", {{"If-None-Match", "\"other\""}})->status, 200);
}

TEST_F(Pages, ForbidsWhatPagesDoNotNeed) {
  const std::string policy = Value(Get("/"), "Content-Security-Policy");
  EXPECT_NE(policy.find("default-src 'self'"), std::string::npos);
  EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos);
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  EXPECT_EQ(Value(Get("/"), "Referrer-Policy"), "no-referrer");
  EXPECT_NE(Value(Get("/"), "Permissions-Policy").find("geolocation=()"), std::string::npos);
}

TEST_F(Pages, RefuseAFolderThatIsNone) {
  EXPECT_EQ(StaticFiles::Read(root_ / "none").error().reason, kPagesMissing);
  EXPECT_EQ(StaticFiles::Read(root_ / "site", {.files_max = 2, .bytes_max = 1000}).error().reason, kPagesTooLarge);
  EXPECT_EQ(StaticFiles::Read(root_ / "site", {.files_max = 99, .bytes_max = 20}).error().reason, kPagesTooLarge);
}

}  // namespace
}  // namespace yukuai::http
