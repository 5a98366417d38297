#include "native/client/download.hpp"

#include <curl/curl.h>
#include <openssl/ssl.h>

#include <exception>
#include <memory>
#include <mutex>
#include <utility>

#include "core/wire/utf8.hpp"

namespace sluice::client {
namespace {

constexpr long kMostRedirects = 5;
constexpr long kStalledBelowBytesPerS = 1000;
constexpr std::size_t kQuotedBytes = 200;  // of what comes with another status than 200

struct Transfer {
  const DownloadNeed& need;
  std::stop_token stop;
  std::string bytes;
  bool too_large = false;
  bool bad_ca_file = false;
};

std::size_t take(const char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t more = size * count;
  if (more > transfer.need.limit_bytes - transfer.bytes.size()) {
    transfer.too_large = true;
    return 0;
  }
  try {
    transfer.bytes.append(data, more);
  } catch (const std::exception&) {  // must not pass through curl
    transfer.too_large = true;
    return 0;
  }
  return more;
}

int go_on(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(user)->stop.stop_requested() ? 1 : 0;
}

// curl's own option for certificates would replace the system's.
CURLcode trust_further(CURL*, void* context, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const char* file = transfer.need.ca_file.c_str();
  if (SSL_CTX_load_verify_locations(static_cast<SSL_CTX*>(context), file, nullptr) == 1) return CURLE_OK;
  transfer.bad_ca_file = true;
  return CURLE_ABORTED_BY_CALLBACK;
}

}  // namespace

Result<std::string> download(const std::string& url, const DownloadNeed& need, std::stop_token stop) {
  static std::once_flag ready;
  std::call_once(ready, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl_easy_init(), &curl_easy_cleanup);
  if (handle == nullptr) return fail(ErrorCode::kOutOfMemory, "libcurl could not make a transfer");
  CURL* curl = handle.get();
  Transfer transfer{need, std::move(stop), {}, false, false};
  char why[CURL_ERROR_SIZE] = {};
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, kMostRedirects);
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, url.starts_with("https:") ? "https" : "http,https");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "sluice-native/" SLUICE_VERSION);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(need.connect_timeout_ms));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, kStalledBelowBytesPerS);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(need.stall_timeout_s));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &go_on);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
  if (!need.token.empty()) {
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, need.token.c_str());
  }
  if (!need.ca_file.empty()) {
    curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, &trust_further);
    curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, &transfer);
  }
  const CURLcode ended = curl_easy_perform(curl);
  const auto refuse = [&](ErrorCode code, std::string_view what) { return fail(code, {url, ": ", what}); };
  if (transfer.stop.stop_requested()) return refuse(ErrorCode::kCancelled, "given up, as the gate closes");
  if (transfer.too_large)
    return refuse(ErrorCode::kFetchFailed, "more than the " + std::to_string(need.limit_bytes) + " bytes it may have");
  if (transfer.bad_ca_file)
    return fail(ErrorCode::kFetchFailed, {"no certificate could be read from '", need.ca_file, "', named as ca_file"});
  if (ended != CURLE_OK) return refuse(ErrorCode::kFetchFailed, *why != '\0' ? why : curl_easy_strerror(ended));
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (status == 401) {
    return refuse(ErrorCode::kUnauthenticated,
                  need.token.empty() ? "the server wants a token" : "the server does not take this token");
  }
  if (status != 200) {
    const std::string said = transfer.bytes.substr(0, kQuotedBytes);
    return refuse(ErrorCode::kFetchFailed,
                  "status " + std::to_string(status) + (said.empty() ? "" : ", and " + wire::quoted(said)));
  }
  return std::move(transfer.bytes);
}

}  // namespace sluice::client
