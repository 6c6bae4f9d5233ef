// SPDX-License-Identifier: Apache-2.0
#include "gateway/fields/fields.h"

#include <gtest/gtest.h>

namespace yukuai::fields {
namespace {

std::string Read(std::string_view body) {
  auto object = Object::Parse(body);
  if (!object.ok()) return std::string(object.error().reason.slug);
  const std::string name = object->Text("name", {1, 8});
  const int64_t count = object->Integer("count", 1, 100);
  const Bytes key = object->Binary("key", {2, 2});
  Object child = object->Child("child");
  const std::string kind = child.Text("kind", {1, 4});
  const auto list = object->Binaries("list", {0, 2}, {1, 3});
  for (const auto& done : {child.Done(), object->Done()}) {
    if (!done.ok()) return std::string(done.error().reason.slug) + " " + done.error().detail;
  }
  return name + "," + std::to_string(count) + "," + ToHex(key) + "," + kind + "," + std::to_string(list.size());
}

TEST(Fields, AnOptionalNumberMayBeAbsentAndNotWrong) {
  const auto read = [](std::string_view body) {
    Object object = *Object::Parse(body);
    const auto number = object.OptionalInteger("n", 0, 9);
    const auto done = object.Done();
    if (!done.ok()) return std::string(done.error().reason.slug);
    return number ? std::to_string(*number) : std::string("absent");
  };
  EXPECT_EQ(read("{}"), "absent");
  EXPECT_EQ(read("{\"n\":7}"), "7");
  EXPECT_EQ(read("{\"n\":10}"), "field_range");
  EXPECT_EQ(read("{\"n\":\"7\"}"), "field_type");
  EXPECT_EQ(read("{\"m\":7}"), "field_unknown");
}

TEST(Fields, ReadsWhatItAsksFor) {
  EXPECT_EQ(Read(R"({"name":"甲","count":7,"key":"AAE","child":{"kind":"c"},"list":["AA","AAEC"]})"), "甲,7,0001,c,2");
}

TEST(Fields, TheFirstFaultIsNamedByItsPointer) {
  const std::pair<std::string, std::string> rows[] = {
      {"", "json_malformed"},
      {"[]", "json_malformed"},
      {"{", "json_malformed"},
      {"{}x", "json_malformed"},
      {"\xff", "json_malformed"},
      {R"({"a":[[[[[[[[[[1]]]]]]]]]]})", "json_malformed"},
      {"{}", "field_missing /name"},
      {R"({"name":5})", "field_type /name"},
      {R"({"name":""})", "field_range /name"},
      {R"({"name":"123456789"})", "field_range /name"},
      {R"({"name":"a\u0000b"})", "field_range /name"},
      {R"({"name":"a","count":1.5})", "field_type /count"},
      {R"({"name":"a","count":"1"})", "field_type /count"},
      {R"({"name":"a","count":0})", "field_range /count"},
      {R"({"name":"a","count":18446744073709551615})", "field_range /count"},
      {R"({"name":"a","count":1,"key":"A"})", "field_range /key"},
      {R"({"name":"a","count":1,"key":"AAE="})", "field_range /key"},
      {R"({"name":"a","count":1,"key":"AAE","child":5})", "field_type /child"},
      {R"({"name":"a","count":1,"key":"AAE","child":{}})", "field_missing /child/kind"},
      {R"({"name":"a","count":1,"key":"AAE","child":{"kind":"c"},"list":[5]})", "field_type /list/0"},
      {R"({"name":"a","count":1,"key":"AAE","child":{"kind":"c"},"list":["AA","AA","AA"]})", "field_range /list"},
      {R"({"name":"a","count":1,"key":"AAE","child":{"kind":"c","more":1},"list":[]})", "field_unknown /child/more"},
      {R"({"name":"a","count":1,"key":"AAE","child":{"kind":"c"},"list":[],"extra":1})", "field_unknown /extra"},
      {R"({"name":"a","count":1,"key":"AAE","child":{"kind":"c"},"list":[],"<b>":1})", "field_unknown /?"},
  };
  for (const auto& [body, expected] : rows) EXPECT_EQ(Read(body), expected) << body;
}

TEST(Query, IsDecodedAndBounded) {
  EXPECT_EQ(*QueryText("a=1&b=%E7%94%B2", "b", 10), "甲");
  EXPECT_EQ(*QueryText("a=1", "b", 10), std::nullopt);
  for (const char* wrong : {"b=1&b=2", "b=%", "b=%zz", "b=%ff", "b=12345678901", "b=%00"}) {
    EXPECT_FALSE(QueryText(wrong, "b", 10).ok()) << wrong;
  }
  EXPECT_EQ(*QueryInteger("page_size=5", "page_size", 1, 100, 20), 5);
  EXPECT_EQ(*QueryInteger("", "page_size", 1, 100, 20), 20);
  for (const char* wrong : {"page_size=0", "page_size=101", "page_size=x", "page_size=", "page_size=5x"}) {
    EXPECT_FALSE(QueryInteger(wrong, "page_size", 1, 100, 20).ok()) << wrong;
  }
  EXPECT_TRUE(QueryOnly("a=1&b=2", {"a", "b"}).ok());
  EXPECT_FALSE(QueryOnly("a=1&c=2", {"a", "b"}).ok());
}

}  // namespace
}  // namespace yukuai::fields
