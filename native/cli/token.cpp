#include "native/cli/token.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace sluice::cli {

Result<std::string> find_token(const std::filesystem::path& file) {
  if (file.empty()) {
    const char* set = std::getenv("SLUICE_TOKEN");
    return std::string(set == nullptr ? "" : set);
  }
  std::ifstream stream(file);
  std::string token;
  if (!stream) return fail(ErrorCode::kIoError, {"--token-file ", file.string(), ": ", std::strerror(errno)});
  if (!(stream >> token))
    return fail(ErrorCode::kInvalidArgument, {"--token-file ", file.string(), " is empty; it holds the token"});
  if (std::string more; stream >> more) {
    return fail(ErrorCode::kInvalidArgument, {"--token-file ", file.string(),
                                              " holds more than a token; the server's list of tokens is another file"});
  }
  return token;
}

}  // namespace sluice::cli
