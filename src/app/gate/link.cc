// SPDX-License-Identifier: Apache-2.0
#include "app/gate/link.h"

#include <boost/json.hpp>

#include "crypto/sm3/sm3.h"
#include "formats/http_signature/http_signature.h"

namespace yukuai::gate {
namespace json = boost::json;

Result<json::object> ParseAnswer(std::string_view body) {
  boost::system::error_code error;
  const json::value value = json::parse(body, error);
  if (error || !value.is_object()) return Fault(kServerAnswerMalformed, "no JSON object");
  return value.get_object();
}

Result<std::string> Exchange(http::Client& client, const http::Call& call) {
  YUKUAI_ASSIGN(auto answer, client.Send(call));
  if (answer.status >= 200 && answer.status < 300) return std::move(answer.body);
  std::string code = std::to_string(answer.status);
  const auto problem = ParseAnswer(answer.body);
  if (problem.ok()) {
    const json::value* slug = problem->if_contains("code");
    if (slug != nullptr && slug->is_string()) code = slug->get_string().c_str();
  }
  return Fault(answer.status == 429 || answer.status >= 500 ? kServerUnavailable : kServerRefused, std::move(code));
}

std::string IdempotencyKeyOf(std::initializer_list<ByteSpan> parts) { return ToHex(ByteSpan(sm3::Hash(parts)).first(16)); }

Result<std::string> Link::Send(http::Call call, std::string_view idempotency_key) const {
  http_signature::Request request{call.method, call.url, call.body, std::nullopt};
  if (!idempotency_key.empty()) request.idempotency_key = idempotency_key;
  const http_signature::Signer signer{terminal_.Text(), http_signature::Algorithm::kSm2Sm3,
                                      [this](ByteSpan base) { return sm2::Sign(key_, AsBytes(sm2::kDefaultId), base); }};
  const std::string nonce = ToBase64Url(parts_.entropy.Take<16>());
  const auto fields = http_signature::Sign(request, signer, nonce, parts_.clock.Now());
  if (!fields.content_digest.empty()) call.headers.push_back({"Content-Digest", fields.content_digest});
  if (!idempotency_key.empty()) call.headers.push_back({"Idempotency-Key", std::string(idempotency_key)});
  call.headers.push_back({"Signature-Input", fields.signature_input});
  call.headers.push_back({"Signature", fields.signature});
  return Exchange(parts_.client, call);
}

Result<std::string> Link::Get(std::string_view path) const {
  return Send({.method = "GET", .url = parts_.server + std::string(path)}, {});
}

Result<json::object> Link::GetJson(std::string_view path) const {
  YUKUAI_ASSIGN(const std::string body, Get(path));
  return ParseAnswer(body);
}

Result<json::object> Link::Post(std::string_view path, std::string_view body, std::string_view idempotency_key) const {
  YUKUAI_ASSIGN(const std::string answer, Send({.method = "POST",
                                                .url = parts_.server + std::string(path),
                                                .headers = {{"Content-Type", "application/json"}},
                                                .body = std::string(body)},
                                               idempotency_key));
  return ParseAnswer(answer);
}

}  // namespace yukuai::gate
