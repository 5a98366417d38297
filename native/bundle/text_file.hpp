// A text file that is there whole or not at all: what stood in its place stays until the new text is written.
// Plain functions. kInvalidArgument where it can't be written, naming the path.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/result.hpp"

namespace sluice::bundle {

// Whether write_text_file() will find a place; for before long work. Leaves all as it is.
Result<void> check_writable(const std::filesystem::path& path);

// Writes beside it and renames; mode, and as far as this user may change them owner and group, stay those of the file that was there. What is no regular file (/dev/stdout, a pipe) is written as it is.
Result<void> write_text_file(const std::filesystem::path& path, const std::string& text);

}  // namespace sluice::bundle
