// tls_proxy PORT CERTIFICATE: a TLS end in front of a plain server, as a reverse proxy is. Takes connections on a free port of
// loopback, which it prints ("port=N"), with a certificate of its own for "localhost", which it writes to CERTIFICATE, and passes
// the bytes on to PORT of loopback. A program, since Asio in C++20 and WebSocket++'s in C++17 do not go into one.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <boost/asio.hpp>
#include <boost/asio/experimental/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ssl.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

namespace {

namespace net = boost::asio;
using net::ip::tcp;
using TlsStream = net::ssl::stream<tcp::socket>;
constexpr auto kAwait = net::as_tuple(net::use_awaitable);

struct Identity {
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-256"), EVP_PKEY_free};
  std::unique_ptr<X509, decltype(&X509_free)> certificate{X509_new(), X509_free};
};

// For the name localhost, for an hour, signed by itself.
Identity make_identity() {
  Identity identity;
  X509* const x = identity.certificate.get();
  X509_set_version(x, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
  X509_gmtime_adj(X509_getm_notBefore(x), -60);
  X509_gmtime_adj(X509_getm_notAfter(x), 3600);
  X509_set_pubkey(x, identity.key.get());
  const std::string name = "localhost";
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.data()), -1, -1, 0);
  X509_set_issuer_name(x, X509_get_subject_name(x));
  X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
  X509_add_ext(x, names, -1);
  X509_EXTENSION_free(names);
  X509_sign(x, identity.key.get(), EVP_sha256());
  return identity;
}

template <typename From, typename To>
net::awaitable<void> pump(From& from, To& to) {
  std::array<char, 16384> bytes{};
  for (;;) {
    const auto [read_error, size] = co_await from.async_read_some(net::buffer(bytes), kAwait);
    if (read_error) break;
    const auto [write_error, written] = co_await net::async_write(to, net::buffer(bytes, size), kAwait);
    if (write_error) break;
  }
}

net::awaitable<void> forward(tcp::socket socket, net::ssl::context& context, std::uint16_t port) {
  TlsStream secure(std::move(socket), context);
  tcp::socket plain(secure.get_executor());
  const auto [refused] = co_await secure.async_handshake(net::ssl::stream_base::server, kAwait);
  if (refused) co_return;
  const auto [failed] = co_await plain.async_connect({net::ip::address_v4::loopback(), port}, kAwait);
  if (failed) co_return;
  using namespace net::experimental::awaitable_operators;
  co_await (pump(secure, plain) || pump(plain, secure));
}

net::awaitable<void> accept_all(tcp::acceptor& acceptor, net::ssl::context& context, std::uint16_t port) {
  for (;;) {
    auto [failed, socket] = co_await acceptor.async_accept(kAwait);
    if (failed) co_return;
    net::co_spawn(acceptor.get_executor(), forward(std::move(socket), context, port), net::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s PORT CERTIFICATE\n", argv[0]);
    return 2;
  }
  const Identity identity = make_identity();
  std::FILE* const file = std::fopen(argv[2], "wb");
  const bool written = file != nullptr && PEM_write_X509(file, identity.certificate.get()) == 1;
  if (!written || std::fclose(file) != 0) {
    std::fprintf(stderr, "%s cannot be written\n", argv[2]);
    return 1;
  }
  net::io_context io{1};
  net::ssl::context context{net::ssl::context::tls_server};
  SSL_CTX_use_certificate(context.native_handle(), identity.certificate.get());
  SSL_CTX_use_PrivateKey(context.native_handle(), identity.key.get());
  tcp::acceptor acceptor{io, {net::ip::address_v4::loopback(), 0}};
  net::co_spawn(io, accept_all(acceptor, context, static_cast<std::uint16_t>(std::atoi(argv[1]))), net::detached);
  std::printf("port=%u\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  io.run();
}
