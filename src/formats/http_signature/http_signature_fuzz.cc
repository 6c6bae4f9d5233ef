// SPDX-License-Identifier: Apache-2.0
// Any two header values: parsing never crashes, and what parses has a base that verification can take.
#include "formats/http_signature/http_signature.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yukuai;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t line = text.find('\n');
  const std::string_view input = text.substr(0, line);
  const std::string_view signature = line == std::string_view::npos ? std::string_view() : text.substr(line + 1);
  const auto parsed = http_signature::Parse(input, signature);
  if (!parsed.ok()) return 0;
  const std::string digest = http_signature::ContentDigest("body");
  const http_signature::Message message{"POST", "https://city.example/", "body", digest, "key"};
  const Instant at = Instant::FromSeconds(parsed->parameters.created);
  if (http_signature::CheckCoverage(*parsed, message, at).ok()) {
    const ByteArray<65> key{4};
    (void)http_signature::VerifySignature(*parsed, message, key);
  }
  return 0;
}
