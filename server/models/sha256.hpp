// SHA-256 of bytes, by OpenSSL. No state; safe from any thread.
#pragma once

#include <string>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace sluice::server {

// 64 lower-case hexadecimal digits.
Result<std::string> sha256_hex(Bytes bytes);

}  // namespace sluice::server
