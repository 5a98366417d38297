// A file that grows by whole lines. Each is written when it comes, so that a full disk is noticed with the line that no longer fits:
// that ends the file, with what was written whole before it, and later lines are dropped. Any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "core/base/result.hpp"

namespace sluice::cli {

class LineFile {
 public:
  // An empty file, in place of one that was there. kIoError when it cannot be created. `last_line` marks an end that came too early,
  // where there is room for it; empty: nothing does.
  static Result<std::unique_ptr<LineFile>> create(const std::filesystem::path& path, std::string_view last_line = {});
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  void write(std::string_view line);  // without its end

  // kIoError, naming the file and the bytes that are in it, once a line could not be written.
  Result<void> state() const;

 private:
  LineFile(std::filesystem::path path, int descriptor, std::string_view last_line);
  // False, with errno, when not all of it fitted.
  bool append(std::string_view text);
  void end_early();

  const std::filesystem::path path_;
  const int descriptor_;
  const std::string_view last_line_;
  mutable std::mutex mutex_;  // guards what follows
  std::uint64_t bytes_ = 0;   // of whole lines
  std::optional<Error> failure_;
};

}  // namespace sluice::cli
