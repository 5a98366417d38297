// Writes a text whole, in place of what was there.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "core/base/result.hpp"

namespace sluice::eval {

// kInvalidArgument where it can't be written.
inline Result<void> write_text_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) return fail(ErrorCode::kInvalidArgument, path.string() + " cannot be written");
  return {};
}

}  // namespace sluice::eval
