// Whole files into memory, never more than a stated limit. Safe from any thread.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "core/base/result.hpp"

namespace sluice::server {

// kIoError when the file cannot be read, kOutOfMemory when it is larger than `limit_bytes`; both name the path.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit_bytes);

}  // namespace sluice::server
