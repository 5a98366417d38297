// The tokens that may use the server, as an operator writes them down: one a line, by its SHA-256 and not as it is, so that whoever
// reads the file cannot use one. README.md says how a line is made. Plain data; safe from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::server {

struct TokenLine {
  std::string name;                // for logs and messages; of the file's names each is one
  std::string sha256;              // of the token, 64 lower-case hexadecimal digits
  double requests_per_second = 0;  // 0: no limit
  double burst = 0;                // requests that may come at once, after a pause
  double share = 1;                // of the server's time, against the other tokens'
};

// NAME SHA256 [rate=REQUESTS_PER_SECOND] [burst=REQUESTS] [share=NUMBER], # begins a comment. kInvalidArgument names `file` and the
// line, and never what stands in the place of the hash: it may be a token. A file without any token is an error, since a file that
// is being written looks like that.
Result<std::vector<TokenLine>> parse_token_file(std::string_view text, std::string_view file);

}  // namespace sluice::server
