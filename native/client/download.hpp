// One file by HTTP or HTTPS into memory, by libcurl: of a bundle whose place is an address. Plain function; blocks the calling thread
// until the file is there, is refused or breaks the limits, or `stop` is asked for. Follows up to 5 redirects.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>

#include "core/base/result.hpp"

namespace sluice::client {

struct DownloadNeed {
  std::size_t limit_bytes = 0;  // more is refused, whatever the server announces
  std::string token;            // sent as "Authorization: Bearer ...", to this host and no other; none when empty
  std::string ca_file;          // PEM certificates to trust for https:// beside the system's; none when empty
  std::uint32_t connect_timeout_ms = 5000;
  std::uint32_t stall_timeout_s = 10;  // given up after so long below 1000 bytes a second
};

// kFetchFailed names the address and what came (status, refused connection, certificate, too many bytes), kUnauthenticated a token
// that the server does not take, kCancelled a stop.
Result<std::string> download(const std::string& url, const DownloadNeed& need, std::stop_token stop = {});

}  // namespace sluice::client
