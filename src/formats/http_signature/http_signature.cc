// SPDX-License-Identifier: Apache-2.0
#include "formats/http_signature/http_signature.h"

#include <algorithm>
#include <charconv>

#include "crypto/p256/p256.h"
#include "crypto/sm2/sm2.h"
#include "crypto/sm3/sm3.h"

namespace yukuai::http_signature {
namespace {

constexpr Component kComponents[] = {Component::kMethod, Component::kTargetUri, Component::kContentDigest,
                                     Component::kIdempotencyKey};
constexpr Algorithm kAlgorithms[] = {Algorithm::kEcdsaP256Sha256, Algorithm::kSm2Sm3};
constexpr std::string_view kLabel = "sig1=";

// Reads the small part of RFC 8941 that the profile needs, front to back.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}
  bool AtEnd() const { return text_.empty(); }
  std::string_view rest() const { return text_; }

  bool Take(std::string_view literal) {
    if (!text_.starts_with(literal)) return false;
    text_.remove_prefix(literal.size());
    return true;
  }
  // A quoted string without escapes: none of our values needs one.
  std::optional<std::string_view> TakeString() {
    if (!Take("\"")) return std::nullopt;
    const size_t end = text_.find('"');
    if (end == std::string_view::npos || end > kTextBytesMax) return std::nullopt;
    const std::string_view value = text_.substr(0, end);
    if (!std::ranges::all_of(value, [](char c) { return c >= 0x20 && c <= 0x7e && c != '\\'; })) return std::nullopt;
    text_.remove_prefix(end + 1);
    return value;
  }
  std::optional<int64_t> TakeInteger() {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + std::min<size_t>(text_.size(), 15), value);
    if (error != std::errc() || value < 0 || text_.starts_with('-')) return std::nullopt;
    text_.remove_prefix(static_cast<size_t>(end - text_.data()));
    return value;
  }

 private:
  std::string_view text_;
};

std::optional<std::vector<Component>> TakeComponents(Scanner& scanner) {
  std::vector<Component> components;
  if (!scanner.Take("(")) return std::nullopt;
  while (!scanner.Take(")")) {
    if (!components.empty() && !scanner.Take(" ")) return std::nullopt;
    const auto name = scanner.TakeString();
    const auto known = std::ranges::find_if(kComponents, [&](Component one) { return name && ComponentName(one) == *name; });
    if (known == std::end(kComponents) || std::ranges::count(components, *known) != 0) return std::nullopt;
    components.push_back(*known);
  }
  return components;
}

// ;created=…;nonce="…";keyid="…";alg="…" in any order, each exactly once.
bool TakeParameters(Scanner& scanner, Parameters& parameters) {
  bool created = false;
  bool algorithm = false;
  while (!scanner.AtEnd()) {
    if (scanner.Take(";created=")) {
      const auto value = scanner.TakeInteger();
      if (created || !value) return false;
      parameters.created = *value;
      created = true;
    } else if (scanner.Take(";nonce=")) {
      const auto value = scanner.TakeString();
      if (!parameters.nonce.empty() || !value || value->size() < kNonceBytesMin) return false;
      parameters.nonce = *value;
    } else if (scanner.Take(";keyid=")) {
      const auto value = scanner.TakeString();
      if (!parameters.keyid.empty() || !value || value->empty()) return false;
      parameters.keyid = *value;
    } else if (scanner.Take(";alg=")) {
      const auto value = scanner.TakeString();
      const auto known = std::ranges::find_if(kAlgorithms, [&](Algorithm one) { return value && AlgorithmName(one) == *value; });
      if (algorithm || known == std::end(kAlgorithms)) return false;
      parameters.algorithm = *known;
      algorithm = true;
    } else {
      return false;
    }
  }
  return created && algorithm && !parameters.nonce.empty() && !parameters.keyid.empty();
}

bool Covers(const Parameters& parameters, Component component) {
  return std::ranges::count(parameters.components, component) != 0;
}

std::string_view ValueOf(Component component, const Message& message) {
  switch (component) {
    case Component::kMethod: return message.method;
    case Component::kTargetUri: return message.target_uri;
    case Component::kContentDigest: return *message.content_digest;
    case Component::kIdempotencyKey: return *message.idempotency_key;
  }
  return {};
}

}  // namespace

std::string_view AlgorithmName(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kEcdsaP256Sha256: return "ecdsa-p256-sha256";
    case Algorithm::kSm2Sm3: return "sm2-sm3";
  }
  return {};
}

std::string_view ComponentName(Component component) {
  switch (component) {
    case Component::kMethod: return "@method";
    case Component::kTargetUri: return "@target-uri";
    case Component::kContentDigest: return "content-digest";
    case Component::kIdempotencyKey: return "idempotency-key";
  }
  return {};
}

Result<Signed> Parse(std::optional<std::string_view> signature_input, std::optional<std::string_view> signature) {
  if (!signature_input && !signature) return Fault(kSignatureMissing);
  if (!signature_input || !signature || signature_input->size() > kFieldBytesMax || signature->size() > kFieldBytesMax) {
    return Fault(kSignatureMalformed, "Signature and Signature-Input go together");
  }
  Signed parsed;
  Scanner input(*signature_input);
  if (!input.Take(kLabel)) return Fault(kSignatureMalformed, "Signature-Input has one label, sig1");
  parsed.parameters_text = std::string(input.rest());
  const auto components = TakeComponents(input);
  if (!components) return Fault(kSignatureMalformed, "Signature-Input lists an unknown component or is not well formed");
  parsed.parameters.components = *components;
  if (!TakeParameters(input, parsed.parameters)) {
    return Fault(kSignatureMalformed, "Signature-Input needs created, nonce, keyid and alg, and nothing else");
  }
  Scanner value(*signature);
  if (!value.Take(kLabel) || !value.Take(":") || !value.rest().ends_with(':')) {
    return Fault(kSignatureMalformed, "Signature is sig1=:base64:");
  }
  const auto bytes = FromBase64(value.rest().substr(0, value.rest().size() - 1));
  if (!bytes || bytes->size() != parsed.signature.size()) return Fault(kSignatureMalformed, "a signature is 64 bytes, r and s");
  std::ranges::copy(*bytes, parsed.signature.begin());
  return parsed;
}

Result<void> CheckCoverage(const Signed& signed_message, const Message& message, Instant now) {
  const Parameters& parameters = signed_message.parameters;
  const auto demand = [&](Component component, bool needed, bool present) {
    // What is covered must be there, and what is there must be covered.
    return Covers(parameters, component) ? present : !needed;
  };
  const bool complete =
      Covers(parameters, Component::kMethod) && Covers(parameters, Component::kTargetUri) &&
      demand(Component::kContentDigest, !message.body.empty(), message.content_digest.has_value()) &&
      demand(Component::kIdempotencyKey, message.idempotency_key.has_value(), message.idempotency_key.has_value());
  if (!complete) return Fault(kSignatureComponents);
  const int64_t age = now.seconds() - parameters.created;
  if (age > kCreatedSkewSeconds || age < -kCreatedSkewSeconds) return Fault(kSignatureTime);
  if (message.content_digest && *message.content_digest != ContentDigest(message.body)) return Fault(kContentDigestWrong);
  return {};
}

std::string SignatureBase(const Signed& signed_message, const Message& message) {
  std::string base;
  for (const Component component : signed_message.parameters.components) {
    base += '"';
    base += ComponentName(component);
    base += "\": ";
    base += ValueOf(component, message);
    base += '\n';
  }
  base += "\"@signature-params\": ";
  base += signed_message.parameters_text;
  return base;
}

Result<void> VerifySignature(const Signed& signed_message, const Message& message, ByteSpan key) {
  const std::string base = SignatureBase(signed_message, message);
  bool holds = false;
  switch (signed_message.parameters.algorithm) {
    case Algorithm::kEcdsaP256Sha256: holds = p256::Verify(key, AsBytes(base), signed_message.signature); break;
    case Algorithm::kSm2Sm3: {
      const auto sm2_key = sm2::PublicKey::Parse(key);
      holds = sm2_key && sm2::Verify(*sm2_key, AsBytes(sm2::kDefaultId), AsBytes(base), signed_message.signature);
      break;
    }
  }
  if (!holds) return Fault(kSignatureWrong);
  return {};
}

std::string ContentDigest(std::string_view body) { return "sha-256=:" + ToBase64(sm3::Sha256(AsBytes(body))) + ":"; }

Fields Sign(const Request& request, const Signer& signer, std::string_view nonce, Instant now) {
  Fields fields;
  Message message{request.method, request.target_uri, request.body, std::nullopt, request.idempotency_key};
  Signed signed_message;
  signed_message.parameters.components = {Component::kMethod, Component::kTargetUri};
  if (!request.body.empty()) {
    fields.content_digest = ContentDigest(request.body);
    message.content_digest = fields.content_digest;
    signed_message.parameters.components.push_back(Component::kContentDigest);
  }
  if (request.idempotency_key) signed_message.parameters.components.push_back(Component::kIdempotencyKey);
  std::string text = "(";
  for (const Component component : signed_message.parameters.components) {
    text += (text.size() > 1 ? " \"" : "\"") + std::string(ComponentName(component)) + "\"";
  }
  text += ");created=" + std::to_string(now.seconds()) + ";nonce=\"" + std::string(nonce) + "\";keyid=\"" + signer.keyid +
          "\";alg=\"" + std::string(AlgorithmName(signer.algorithm)) + "\"";
  signed_message.parameters_text = text;
  const std::string base = SignatureBase(signed_message, message);
  fields.signature_input = std::string(kLabel) + text;
  fields.signature = std::string(kLabel) + ":" + ToBase64(signer.sign(AsBytes(base))) + ":";
  return fields;
}

}  // namespace yukuai::http_signature
