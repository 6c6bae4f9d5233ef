// SPDX-License-Identifier: Apache-2.0
// The text forms: what is written is read back, and nothing else is read.
#include "formats/audit_proof/bundle.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "formats/audit_proof/sample_log_test.h"

namespace yukuai::audit_proof {
namespace {

namespace json = boost::json;

class TextTest : public testing::Test {
 protected:
  TextTest() : key_(sm2::PrivateKey::Generate(entropy_)) {
    for (int i = 0; i < 3; ++i) {
      log_.Add(1, "{}");
      log_.Add(2, "");
    }
    log_.Seal(1);
  }

  SeededEntropy entropy_{7};
  sm2::PrivateKey key_;
  SampleLog log_{key_, entropy_};
};

TEST_F(TextTest, BundlesRoundTrip) {
  for (const uint8_t person : {1, 2, 9}) {
    const std::string text = WriteBundle(log_.For(person));
    const auto parsed = ParseBundle(text);
    ASSERT_TRUE(parsed.ok()) << parsed.error().detail;
    EXPECT_EQ(WriteBundle(*parsed), text);
    EXPECT_EQ(parsed->entries.size(), parsed->count);
  }
}

TEST_F(TextTest, RememberedRoundTrips) {
  const Remembered remembered = ToRemember(log_.For(1));
  const auto parsed = ParseRemembered(WriteRemembered(remembered));
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(*parsed, remembered);
}

// Visits every field of a document with each of the changes a field can suffer.
void ForEachSpoiled(const std::string& text,
                    const std::function<void(const std::string& spoiled, const std::string& what)>& visit) {
  const std::vector<json::value> foreign = {nullptr, true, -1, 1.5, "!", "", json::array{1}, json::object{}, ~0ull, (1ull << 53)};
  const std::function<void(json::value&, json::value&)> walk = [&](json::value& document, json::value& value) {
    if (json::object* object = value.if_object()) {
      (*object)["surplus"] = 1;
      visit(json::serialize(document), "surplus field");
      object->erase("surplus");
      std::vector<std::string> names;
      for (const auto& field : *object) names.emplace_back(field.key());
      for (const std::string& name : names) {
        const json::value kept = object->at(name);
        for (const json::value& other : foreign) {
          // An empty list of entries or hashes, or an empty text that is an empty content, is a form error of no field.
          (*object)[name] = other;
          visit(json::serialize(document), name + " = " + json::serialize(other));
        }
        (*object)[name] = kept;
        json::object without = *object;
        without.erase(name);
        std::swap(*object, without);
        visit(json::serialize(document), name + " missing");
        std::swap(*object, without);
        walk(document, object->at(name));
      }
    } else if (json::array* items = value.if_array()) {
      for (json::value& item : *items) {
        const json::value kept = item;
        for (const json::value& other : foreign) {
          item = other;
          visit(json::serialize(document), "item = " + json::serialize(other));
        }
        item = kept;
        walk(document, item);
      }
    }
  };
  json::value document = json::parse(text);
  walk(document, document);
}

TEST_F(TextTest, EverySpoiledFieldOfABundleIsRefused) {
  size_t count = 0;
  for (const uint8_t person : {1, 9}) {
    ForEachSpoiled(WriteBundle(log_.For(person)), [&](const std::string& spoiled, const std::string& what) {
      // The map's proof of absence is complete without another leaf; whether it then holds is for the judge.
      if (what == "other missing") return;
      const auto parsed = ParseBundle(spoiled);
      ASSERT_FALSE(parsed.ok()) << what;
      EXPECT_EQ(parsed.error().reason, kBundleMalformed);
      EXPECT_FALSE(parsed.error().detail.empty());
      ++count;
    });
  }
  EXPECT_GT(count, 500u);
}

TEST_F(TextTest, EverySpoiledFieldOfTheRememberedIsRefused) {
  size_t count = 0;
  ForEachSpoiled(WriteRemembered(ToRemember(log_.For(1))), [&](const std::string& spoiled, const std::string& what) {
    const auto parsed = ParseRemembered(spoiled);
    ASSERT_FALSE(parsed.ok()) << what;
    EXPECT_EQ(parsed.error().reason, kRememberedMalformed);
    ++count;
  });
  EXPECT_GT(count, 50u);
}

TEST_F(TextTest, WhatIsNotAnObjectIsRefused) {
  for (const char* text : {"", "[]", "1", "{", "{} {}", "\"x\"", "null", "{\"form\":\"\xFF\"}", "[[[[[[[[[[[]]]]]]]]]]]"}) {
    EXPECT_FALSE(ParseBundle(text).ok()) << text;
    EXPECT_FALSE(ParseRemembered(text).ok()) << text;
  }
  EXPECT_EQ(ParseRemembered(std::string(kRememberedBytesMax + 1, ' ')).error().detail, "larger than 4 KiB");
  EXPECT_EQ(ParseBundle(std::string(kBundleBytesMax + 1, ' ')).error().detail, "larger than 64 MiB");
}

TEST_F(TextTest, TheDetailNamesThePlace) {
  json::value document = json::parse(WriteBundle(log_.For(1)));
  document.at("entries").at(1).as_object()["salt"] = "AAAA";
  EXPECT_EQ(ParseBundle(json::serialize(document)).error().detail, "entries[1].salt");
}

TEST_F(TextTest, ANumberBeyondBrowsersIsRefusedAndTheLargestIsRead) {
  const std::string head = ToBase64Url(ByteArray<32>{1});
  Remembered remembered = ToRemember(log_.For(1));
  remembered.count = kNumberMax;
  EXPECT_TRUE(ParseRemembered(WriteRemembered(remembered)).ok());
  remembered.count = kNumberMax + 1;
  EXPECT_EQ(ParseRemembered(WriteRemembered(remembered)).error().detail, "count");
}

}  // namespace
}  // namespace yukuai::audit_proof
