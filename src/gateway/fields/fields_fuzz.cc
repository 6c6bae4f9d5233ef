// SPDX-License-Identifier: Apache-2.0
// Any body and query: every accessor, whatever the fields hold.
#include "gateway/fields/fields.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yukuai;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto object = fields::Object::Parse(text);
  if (object.ok()) {
    (void)object->Text("name", {1, 8});
    (void)object->Integer("count", 1, 100);
    (void)object->Binary("key", {2, 2});
    (void)object->Binaries("list", {0, 2}, {1, 3});
    auto child = object->Child("child");
    (void)child.Text("kind", {1, 4});
    (void)child.Done();
    for (auto& one : object->Children("many", {0, 3})) {
      (void)one.Integer("n", 0, 5);
      (void)one.Done();
    }
    (void)object->Done();
  }
  (void)fields::QueryText(text, "b", 10);
  (void)fields::QueryInteger(text, "page_size", 1, 100, 20);
  (void)fields::QueryOnly(text, {"a", "b"});
  return 0;
}
