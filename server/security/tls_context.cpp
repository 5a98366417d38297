#include "server/security/tls_context.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>
#include <utility>
#include <vector>

#include "server/models/file_bytes.hpp"

namespace sluice::server {

namespace {

namespace ssl = boost::asio::ssl;

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Memory = std::unique_ptr<BIO, Deleter<BIO_free>>;

// The oldest of OpenSSL's complaints on this thread, which is the cause of the others; forgets them all.
std::string complaint() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "OpenSSL gives no reason" : reason;
}

Memory memory_of(const std::string& bytes) {
  return Memory(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

Failure unusable(const char* option, const std::filesystem::path& file, const std::string& message) {
  return fail(ErrorCode::kInvalidCertificate, std::string(option) + " " + file.string() + ": " + message);
}

// OpenSSL would ask for a password at the terminal.
int no_password(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Result<std::vector<Certificate>> read_chain(const std::filesystem::path& file) {
  const auto bytes = read_file(file, kMaxFileBytes);
  if (!bytes) return fail(ErrorCode::kIoError, "--tls-certificate " + bytes.error().message);
  const Memory memory = memory_of(*bytes);
  std::vector<Certificate> chain;
  ERR_clear_error();
  while (X509* one = PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)) chain.emplace_back(one);
  // What ends the loop is the lack of a further certificate, or one that is damaged.
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (ended && !chain.empty()) {
    ERR_clear_error();
    return chain;
  }
  if (chain.empty() && ended) {
    ERR_clear_error();
    return unusable("--tls-certificate", file,
                    "holds no PEM certificate; name the chain, which begins -----BEGIN CERTIFICATE-----");
  }
  return unusable(
      "--tls-certificate", file,
      "certificate " + std::to_string(chain.size() + 1) + " is damaged (" + complaint() + "); fetch the file again");
}

Result<Key> read_key(const std::filesystem::path& file) {
  const auto bytes = read_file(file, kMaxFileBytes);
  if (!bytes) return fail(ErrorCode::kIoError, "--tls-key " + bytes.error().message);
  ERR_clear_error();
  bool asked = false;
  Key key(PEM_read_bio_PrivateKey(memory_of(*bytes).get(), nullptr, no_password, &asked));
  if (key != nullptr) return key;
  const std::string why = complaint();
  if (asked) {
    return unusable("--tls-key", file,
                    "is encrypted, and nobody is there to enter its password; store it decrypted (openssl pkey)");
  }
  return unusable("--tls-key", file,
                  "holds no PEM private key (" + why + "); name the file that begins -----BEGIN PRIVATE KEY-----");
}

std::string subject_of(X509* certificate) {
  const Memory memory(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(memory.get(), X509_get_subject_name(certificate), 0, XN_FLAG_ONELINE & ~XN_FLAG_SPC_EQ);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : "(no name)";
}

std::optional<std::chrono::system_clock::time_point> end_of(const X509* certificate) {
  std::tm time{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) != 1) return std::nullopt;
  return std::chrono::system_clock::from_time_t(timegm(&time));
}

// HTTP/1.1 is all that is spoken here. A client that offers other protocols only is told so in the handshake (RFC 7301).
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered,
                    unsigned int offered_size, void*) {
  static constexpr std::array<unsigned char, 9> kOurs = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* found = nullptr;
  const int outcome = SSL_select_next_proto(&found, chosen_size, kOurs.data(), kOurs.size(), offered, offered_size);
  *chosen = found;
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// Everything that is to be set, before the certificate.
void configure(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // A client that could renegotiate could make the server compute as often as it likes.
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // Connections that wait hold no buffers: there may be many.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
}

}  // namespace

Result<TlsContext> load_tls_context(const std::filesystem::path& certificate, const std::filesystem::path& key) {
  const auto chain = read_chain(certificate);
  if (!chain) return fail(chain.error());
  const auto private_key = read_key(key);
  if (!private_key) return fail(private_key.error());
  X509* const own = chain->front().get();
  if (X509_check_private_key(own, private_key->get()) != 1) {
    ERR_clear_error();
    return fail(ErrorCode::kInvalidCertificate,
                "--tls-key " + key.string() + " does not belong to the certificate " + subject_of(own) +
                    " in --tls-certificate " + certificate.string() +
                    "; name the key that it was made with, and the server's own certificate first in its file");
  }
  TlsContext made;
  made.subject = subject_of(own);
  try {
    made.context = std::make_shared<ssl::context>(ssl::context::tls_server);
  } catch (const std::exception& error) {
    return fail(ErrorCode::kUnsupportedEnvironment, std::string("OpenSSL offers no TLS here: ") + error.what());
  }
  SSL_CTX* const context = made.context->native_handle();
  configure(context);
  bool taken = SSL_CTX_use_certificate(context, own) == 1 && SSL_CTX_use_PrivateKey(context, private_key->get()) == 1;
  for (std::size_t i = 1; i < chain->size() && taken; ++i)
    taken = SSL_CTX_add1_chain_cert(context, (*chain)[i].get()) == 1;
  if (!taken)
    return unusable("--tls-certificate", certificate,
                    "OpenSSL refuses it (" + complaint() + "); make one with a stronger key");
  made.expires = std::chrono::system_clock::time_point::max();
  for (const auto& one : *chain) {
    const auto end = end_of(one.get());
    if (!end) return unusable("--tls-certificate", certificate, "has no readable time of expiry; fetch it again");
    made.expires = std::min(made.expires, *end);
  }
  return made;
}

}  // namespace sluice::server
