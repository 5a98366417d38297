// Answers as JSON lines: one object for each frame, boxes in source pixels. One thread at a time.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "core/base/result.hpp"
#include "native/cli/line_file.hpp"
#include "native/client/gate.hpp"

namespace sluice::cli {

// Where a frame came from.
struct FrameOrigin {
  std::uint64_t index = 0;
  std::chrono::microseconds time{0};
  std::string name;  // file name of a picture in a folder, or empty
};

class ResultWriter {
 public:
  // kIoError when the file cannot be created.
  static Result<ResultWriter> create(const std::filesystem::path& path);

  void write(const FrameOrigin& origin, const client::Outcome& outcome);

  // kIoError once a line could not be written; the file ends before it.
  Result<void> state() const { return lines_->state(); }

 private:
  explicit ResultWriter(std::unique_ptr<LineFile> lines) : lines_(std::move(lines)) {}

  std::unique_ptr<LineFile> lines_;
};

// The line for one frame, without the line's end.
std::string result_line(const FrameOrigin& origin, const client::Outcome& outcome);

}  // namespace sluice::cli
