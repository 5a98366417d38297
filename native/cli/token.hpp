// The token for a server that wants one: from a file or the environment, and not from the command line, which every user of the
// machine can read. No state.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/result.hpp"

namespace sluice::cli {

// What stands in `file`, without white space around it; where no file is named, $SLUICE_TOKEN, or nothing. kIoError and
// kInvalidArgument name the file.
Result<std::string> find_token(const std::filesystem::path& file);

}  // namespace sluice::cli
