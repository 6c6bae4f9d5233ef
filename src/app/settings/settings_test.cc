// SPDX-License-Identifier: Apache-2.0
#include "app/settings/settings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace yukuai::settings {
namespace {

TEST(Settings, EmptyFileGivesTheDefaults) {
  const auto settings = Parse("", "yukuai.toml");
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->server.port, 8443);
  EXPECT_EQ(settings->server.address, "127.0.0.1");
  ASSERT_EQ(settings->clearing_groups.size(), 1u);
}

TEST(Settings, TakesEveryKindOfValue) {
  const auto settings = Parse(
      "[server]\nport = 9443\nurl = \"https://city.example\"\n[issuer]\nissuer = \"12345678\"\namount_cap_fen = 3000\n"
      "[[clearing_group]]\nnumber = 7\nname_zh = \"公交\"\nname_en = \"Bus\"\n",
      "yukuai.toml");
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->server.port, 9443);
  EXPECT_EQ(settings->issuer.issuer, "12345678");
  EXPECT_EQ(settings->issuer.amount_cap.fen(), 3000);
  EXPECT_EQ(settings->clearing_groups[0].number, 7);
  EXPECT_EQ(settings->clearing_groups[0].name_zh, "公交");
}

TEST(Settings, StorageIsOnSqliteUnlessToldOtherwise) {
  using Storage = Settings::Storage;
  EXPECT_EQ(Parse("", "yukuai.toml")->storage.engine, Storage::Engine::kSqlite);
  const auto settings = Parse(
      "[storage]\nengine = \"postgres\"\nconninfo = \"host=a,b dbname=yukuai\"\nschema = \"city_1\"\n"
      "isolation = \"serializable\"\nreaders = 4\nanswer_ms = 2000\nwait_ms = 7000\n",
      "yukuai.toml");
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->storage.engine, Storage::Engine::kPostgres);
  EXPECT_EQ(settings->storage.conninfo, "host=a,b dbname=yukuai");
  EXPECT_EQ(settings->storage.schema, "city_1");
  EXPECT_EQ(settings->storage.isolation, Storage::Isolation::kSerializable);
  EXPECT_EQ(settings->storage.readers, 4);
  EXPECT_EQ(settings->storage.answer_ms, 2000);
  EXPECT_EQ(settings->storage.wait_ms, 7000);
}

TEST(Settings, OnlyFilesCanChangeUnderARunningProgram) {
  const Settings now;
  Settings next;
  next.server.tls_certificate = "new.pem";
  next.server.tls_key = "new.key";
  next.paths.pages = "other";
  EXPECT_TRUE(DifferOnlyInFiles(now, next));
  for (const auto& change : std::vector<void (*)(Settings&)>{
           [](Settings& s) { s.server.port = 1; }, [](Settings& s) { s.city.name_en = "x"; },
           [](Settings& s) { s.issuer.amount_cap = Money::Fen(1); }, [](Settings& s) { s.service_day.ends_at_hour = 1; },
           [](Settings& s) { s.paths.scenes = "x"; }, [](Settings& s) { s.clearing_groups[0].number = 2; }}) {
    Settings other = next;
    change(other);
    EXPECT_FALSE(DifferOnlyInFiles(now, other));
  }
}

TEST(Settings, WrongFilesNameLineAndRemedy) {
  const std::pair<const char*, const char*> rows[] = {
      {"[server]\nprot = 1", "yukuai.toml:2: server.prot: unknown key"},
      {"[servers]\nport = 1", "unknown section"},
      {"[server]\nport = 70000", "yukuai.toml:2: server.port: write a whole number from 0 to 65535"},
      {"[server]\nport = \"8443\"", "server.port: write a whole number"},
      {"[server]\naddress = \"\"", "server.address: write a text"},
      {"[issuer]\nissuer = \"1234567x\"", "issuer.issuer: write 8 digits"},
      {"[issuer]\ncard_prefix = \"\"", "write 1 to 12 digits"},
      {"[issuer]\nrefresh_seconds = 500", "refresh_seconds must be less"},
      {"[server]\ntls_key = \"k.pem\"", "belong together"},
      {"[storage]\nengine = \"oracle\"", "yukuai.toml:2: storage.engine: write \"postgres\" or \"sqlite\""},
      {"[storage]\nengine = \"postgres\"", "storage.conninfo belong together"},
      {"[storage]\nconninfo = \"host=db\"", "storage.conninfo belong together"},
      {"[storage]\nisolation = \"snapshot\"", "storage.isolation: write \"read_committed\" or \"serializable\""},
      {"[storage]\nschema = \"City\"", "storage.schema: write a name"},
      {"[storage]\nreaders = 1", "storage.readers: write a whole number from 2 to 1000"},
      {"server = 3", "server: write a table"},
      {"clearing_group = 3", "write 1 to 64 tables"},
      {"[[clearing_group]]\nname_zh = \"公交\"", "clearing_group.number"},
      {"[[clearing_group]]\nnumber = 1\n[[clearing_group]]\nnumber = 1", "each number once"},
      {"[server\nport = 1", "yukuai.toml:1:"},
      {"[[[", "yukuai.toml:1:"},  // The library alone ends the program over this.
      {"[server]\nport = 8443.0", "yukuai.toml:2:"},
  };
  for (const auto& [toml, expected] : rows) {
    const auto settings = Parse(toml, "yukuai.toml");
    ASSERT_FALSE(settings.ok()) << toml;
    EXPECT_EQ(settings.error().reason, kSettingsMalformed);
    EXPECT_NE(settings.error().detail.find(expected), std::string::npos) << settings.error().detail;
  }
}

// examples/yukuai.toml. A key is written "#key = value" there, a remark "# words".
std::vector<std::string> ExampleLines() {
  std::ifstream file(std::string(YUKUAI_SOURCE_DIR) + "/examples/yukuai.toml");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// What is written behind `marker` in a fault's detail, divided by commas.
std::vector<std::string> KnownIn(const Fault& fault, const std::string& marker) {
  const size_t at = fault.detail.find(marker);
  EXPECT_NE(at, std::string::npos) << fault.detail;
  std::vector<std::string> names;
  std::istringstream list(fault.detail.substr(at + marker.size()));
  for (std::string name; std::getline(list, name, ',');) names.push_back(name.substr(name.find_first_not_of(' ')));
  return names;
}

TEST(Settings, TheExampleShowsTheDefaults) {
  std::string as_it_is;
  std::string all_written;
  for (const std::string& line : ExampleLines()) {
    as_it_is += line + "\n";
    const bool key = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    // The keys of PostgreSQL are for it alone.
    all_written += (line == "#engine = \"sqlite\"" ? "engine = \"postgres\"" : key ? line.substr(1) : line) + "\n";
  }
  const auto untouched = Parse(as_it_is, "examples/yukuai.toml");
  ASSERT_TRUE(untouched.ok()) << untouched.error().detail;
  EXPECT_EQ(*untouched, Settings());

  auto written = Parse(all_written, "examples/yukuai.toml");
  ASSERT_TRUE(written.ok()) << written.error().detail;
  EXPECT_EQ(written->storage.engine, Settings::Storage::Engine::kPostgres);
  written->storage.engine = Settings::Storage::Engine::kSqlite;
  // These are empty unless they are written.
  for (std::string* text : {&written->server.tls_certificate, &written->server.tls_key, &written->paths.seal_file,
                            &written->storage.conninfo, &written->storage.schema}) {
    EXPECT_FALSE(text->empty());
    text->clear();
  }
  EXPECT_EQ(*written, Settings());
}

TEST(Settings, TheExampleShowsEveryKey) {
  const std::vector<std::string> lines = ExampleLines();
  const std::vector<std::string> sections = KnownIn(Parse("[nothing]", "x").error(), "known: ");
  ASSERT_GE(sections.size(), 7u);
  for (const std::string& section : sections) {
    const bool list = section == "clearing_group";
    const std::string header = list ? "[[" + section + "]]" : "[" + section + "]";
    const auto begin = std::ranges::find(lines, (list ? "#" : "") + header);
    ASSERT_NE(begin, lines.end()) << header;
    const std::vector<std::string> keys = KnownIn(Parse(header + "\nno_such_key = 1", "x").error(), "known here: ");
    ASSERT_GE(keys.size(), 2u) << header;
    for (const std::string& key : keys) {
      const auto shown = std::find_if(begin + 1, lines.end(), [&](const std::string& line) {
        return line.starts_with("[") || line.starts_with("#" + key + " = ");
      });
      EXPECT_TRUE(shown != lines.end() && shown->starts_with("#")) << section << "." << key;
    }
  }
}

}  // namespace
}  // namespace yukuai::settings
