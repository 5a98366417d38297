// Answers as JSON lines: one object for each frame, boxes in source pixels, of classifiers the class. One thread at a time.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

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
  // `class_names`: of a classifier, in the order of its answers; empty: it names none. kIoError when the file cannot be created.
  static Result<ResultWriter> create(const std::filesystem::path& path, std::vector<std::string> class_names = {});

  void write(const FrameOrigin& origin, const client::Outcome& outcome);

  // kIoError once a line could not be written; the file ends before it.
  Result<void> state() const { return lines_->state(); }

 private:
  ResultWriter(std::unique_ptr<LineFile> lines, std::vector<std::string> class_names)
      : lines_(std::move(lines)), class_names_(std::move(class_names)) {}

  std::unique_ptr<LineFile> lines_;
  std::vector<std::string> class_names_;
};

// The line for one frame, without the line's end.
std::string result_line(const FrameOrigin& origin, const client::Outcome& outcome,
                        std::span<const std::string> class_names = {});

}  // namespace sluice::cli
