// SPDX-License-Identifier: Apache-2.0
#include "platform/http/client.h"

#include <curl/curl.h>

namespace yukuai::http {
namespace {

struct FreeEasy {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// What comes in, within its bound.
struct Inbox {
  CallAnswer answer;
  size_t head_bytes = 0;
  size_t bytes_max = 0;
  bool too_large = false;
};

// libcurl takes any other number than the one it gave as "stop".
size_t TakeBody(char* data, size_t size, size_t count, void* into) {
  Inbox& inbox = *static_cast<Inbox*>(into);
  const size_t bytes = size * count;
  inbox.too_large = inbox.answer.body.size() + bytes > inbox.bytes_max;
  if (inbox.too_large) return 0;
  inbox.answer.body.append(data, bytes);
  return bytes;
}

size_t TakeField(char* data, size_t size, size_t count, void* into) {
  Inbox& inbox = *static_cast<Inbox*>(into);
  const size_t bytes = size * count;
  inbox.head_bytes += bytes;
  inbox.too_large = inbox.head_bytes > inbox.bytes_max;
  if (inbox.too_large) return 0;
  std::string_view line(data, bytes);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n' || line.back() == ' ')) line.remove_suffix(1);
  const size_t colon = line.find(':');
  if (line.starts_with("HTTP/")) {
    inbox.answer.headers = {};  // The fields of a 100 Continue are not the answer's.
  } else if (colon != std::string_view::npos) {
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    inbox.answer.headers.Add(line.substr(0, colon), value);
  }
  return bytes;
}

// Before the request has left, nothing can have happened on the other side.
Fault FaultOf(CURLcode code, const Inbox& inbox) {
  if (inbox.too_large) return Fault(kPeerReplyTooLarge);
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return Fault(kUrlInvalid);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CONNECT_ERROR: return Fault(kPeerUntrusted, curl_easy_strerror(code));
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT: return Fault(kPeerUnreachable, curl_easy_strerror(code));
    default: return Fault(kPeerOutcomeUnknown, curl_easy_strerror(code));
  }
}

class CurlClient final : public Client {
 public:
  explicit CurlClient(ClientOptions options) : options_(std::move(options)), curl_(curl_easy_init()) {
    YUKUAI_CHECK(curl_ != nullptr);
  }

  Result<CallAnswer> Send(const Call& call) override {
    CURL* const curl = curl_.get();
    curl_easy_reset(curl);  // Options only: connections and TLS sessions stay.
    Inbox inbox;
    inbox.bytes_max = options_.reply_bytes_max;
    // "Expect:" without a value keeps libcurl from waiting for a 100 Continue before larger bodies.
    std::unique_ptr<curl_slist, FreeList> fields(curl_slist_append(nullptr, "Expect:"));
    for (const Field& field : call.headers) {
      curl_slist* const longer = curl_slist_append(fields.get(), (field.name + ": " + field.value).c_str());
      YUKUAI_CHECK(longer != nullptr);
    }
    curl_easy_setopt(curl, CURLOPT_URL, call.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    // An authority file that is missing must not fall back to the system's authorities.
    curl_easy_setopt(curl, CURLOPT_CAINFO, options_.authority_file.empty() ? "/nonexistent" : options_.authority_file.c_str());
    curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields.get());
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, TakeBody);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &inbox);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, TakeField);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &inbox);
    if (call.method != "GET") {
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
      curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call.body.data());
      curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call.method.c_str());
    }
    const CURLcode code = curl_easy_perform(curl);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK) {
      long sent = 0;
      curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent);
      if (code == CURLE_OPERATION_TIMEDOUT && sent == 0) return Fault(kPeerUnreachable, curl_easy_strerror(code));
      return FaultOf(code, inbox);
    }
    inbox.answer.status = static_cast<int>(status);
    return std::move(inbox.answer);
  }

 private:
  const ClientOptions options_;
  const std::unique_ptr<CURL, FreeEasy> curl_;
};

}  // namespace

std::unique_ptr<Client> MakeClient(ClientOptions options) { return std::make_unique<CurlClient>(std::move(options)); }

}  // namespace yukuai::http
