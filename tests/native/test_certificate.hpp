// Certificates for tests, made where they are needed, so that none is kept that could be mistaken for one of value.
#pragma once

#include <chrono>
#include <string>

namespace sluice::test {

struct PemPair {
  std::string certificate;
  std::string key;
};

struct CertificateWish {
  std::string name = "localhost";  // its CN and, as DNS name, its only other name
  std::chrono::seconds valid_for = std::chrono::hours(1);
  std::string key_password;  // empty: the key is not encrypted
};

// P-256, signed by itself.
PemPair make_certificate(const CertificateWish& wish = {});

}  // namespace sluice::test
