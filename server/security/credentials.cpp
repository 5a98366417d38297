#include "server/security/credentials.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

#include "server/models/file_bytes.hpp"

namespace sluice::server {

namespace {

using namespace std::chrono_literals;
using SystemTime = std::chrono::system_clock::time_point;

constexpr std::size_t kMaxTokenFileBytes = std::size_t{1} << 20;
// From when on the log tells of the end, and how often. Looked at hourly, since the time of day can be set.
constexpr auto kSoon = 14 * 24h;
constexpr auto kTellEvery = 24h;
constexpr auto kLookEvery = 1h;

std::string date(SystemTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace

Credentials::Credentials(const ServerOptions& options, const Log& log, Metrics& metrics)
    : options_(options), log_(log), metrics_(metrics) {}

Result<void> Credentials::load() {
  if (!options_.tls_certificate.empty()) {
    if (auto ok = load_certificate(); !ok) return ok;
  }
  if (!options_.token_file.empty()) {
    if (auto ok = load_tokens(); !ok) return fail(ok.error());
  }
  return {};
}

void Credentials::reload() {
  const auto failed = [&](Credential what, const std::string& sentence, const Error& why) {
    metrics_.credentials_loaded(what, false);
    log_.line("credentials_failed", sentence + ": " + describe(why), {{"reason", describe(why)}});
  };
  if (certificate_) {
    if (auto ok = load_certificate(); !ok) {
      failed(Credential::kCertificate, "Could not reload the TLS certificate; " + certificate_->subject + " serves on",
             ok.error());
    }
    tell_of_expiry();
  }
  if (tokens_) {
    if (const auto revoked = load_tokens(); !revoked) {
      failed(Credential::kTokens, "Could not reload the tokens; those from before are valid on", revoked.error());
    } else if (*revoked > 0) {
      log_.line("tokens_revoked", "Revoked " + std::to_string(*revoked) + " tokens; their connections are closed",
                {{"revoked", std::to_string(*revoked)}});
    }
  }
}

Result<void> Credentials::load_certificate() {
  auto made = load_tls_context(options_.tls_certificate, options_.tls_key);
  if (!made) return fail(made.error());
  certificate_ = *std::move(made);
  metrics_.credentials_loaded(Credential::kCertificate, true);
  metrics_.set_certificate_expiry(certificate_->expires);
  log_.line("certificate_loaded", "TLS with the certificate " + certificate_->subject,
            {{"subject", certificate_->subject}, {"expires", date(certificate_->expires)}});
  return {};
}

Result<std::size_t> Credentials::load_tokens() {
  const auto text = read_file(options_.token_file, kMaxTokenFileBytes);
  if (!text) return fail(text.error().code, "--token-file " + text.error().message);
  const auto lines = parse_token_file(*text, options_.token_file.string());
  if (!lines) return fail(lines.error());
  std::size_t revoked = 0;
  if (tokens_) {
    revoked = tokens_->replace(*lines);
  } else {
    tokens_.emplace(*lines);
  }
  metrics_.credentials_loaded(Credential::kTokens, true);
  log_.line("tokens_loaded", "Clients need a token; in the file: " + std::to_string(tokens_->size()),
            {{"tokens", std::to_string(tokens_->size())}});
  return revoked;
}

void Credentials::watch(const boost::asio::any_io_executor& executor) {
  if (!certificate_) return;
  timer_.emplace(executor);
  tell_of_expiry();
}

void Credentials::tell_of_expiry() {
  const auto left = certificate_->expires - std::chrono::system_clock::now();
  const std::string when = date(certificate_->expires);
  if (left <= 0s) {
    log_.line("certificate_expired",
              "The TLS certificate has expired and clients refuse it; put a new one in its place and send SIGHUP",
              {{"subject", certificate_->subject}, {"expired", when}});
  } else if (left <= kSoon) {
    log_.line("certificate_expires", "The TLS certificate expires soon; put a new one in its place and send SIGHUP",
              {{"subject", certificate_->subject}, {"expires", when}});
  }
  told_at_ = std::chrono::system_clock::now();
  look_later();
}

void Credentials::look_later() {
  if (!timer_) return;
  const auto until = [](SystemTime time) { return time - std::chrono::system_clock::now(); };
  // The earliest of what comes next: it expires soon, it expires, it is told of again.
  SystemTime next = told_at_ + kTellEvery;
  for (const SystemTime change : {certificate_->expires - kSoon, certificate_->expires}) {
    if (change > told_at_) next = std::min(next, change);
  }
  timer_->expires_after(std::chrono::ceil<std::chrono::milliseconds>(
      std::clamp<std::chrono::system_clock::duration>(until(next), 0s, kLookEvery)));
  timer_->async_wait([this, next](boost::system::error_code error) {
    if (error) return;
    if (std::chrono::system_clock::now() < next) return look_later();
    tell_of_expiry();
  });
}

}  // namespace sluice::server
