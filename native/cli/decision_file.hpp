// A run's decisions in a file: a line of JSON that says what was run (bundle, options, questions), then the decision log
// (core/pipeline/decision_log.hpp), line by line. The writer's line() may be called from any thread.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.hpp"
#include "core/pipeline/client_options.hpp"
#include "core/pipeline/decision_log.hpp"
#include "native/cli/line_file.hpp"

namespace sluice::cli {

struct RecordedRun {
  std::string bundle;
  std::string version;
  std::vector<std::string> questions;  // by name, in the order in which they are asked
  pipeline::ClientOptions options;
  std::uint32_t halves = 0;  // channels that the device half sends; 0: the model ran whole
  bool exits = false;        // the model on this device ran by stages, with its early exits
  bool cut = false;          // its first stages ran here, and a server went on from the cut
  std::string sha256{};      // of what the manifest says (contents_of()); empty: the log does not tell
};

// SHA-256, in hex, of a manifest in its canonical form, which has the sizes and hashes of the parts.
Result<std::string> contents_of(const pipeline::Manifest& manifest);

std::string write_recorded_run(const RecordedRun& run);
// kInvalidArgument names the field that is missing or wrong.
Result<RecordedRun> read_recorded_run(std::string_view json);

class DecisionFile final : public pipeline::DecisionSink {
 public:
  // kIoError when the file cannot be created, or has no room for its first line.
  static Result<std::unique_ptr<DecisionFile>> create(const std::filesystem::path& path, const RecordedRun& run);
  explicit DecisionFile(std::unique_ptr<LineFile> lines) : lines_(std::move(lines)) {}

  void line(std::string_view text) override;
  // kIoError once a line could not be written; the log ends before it.
  Result<void> state() const { return lines_->state(); }

 private:
  std::unique_ptr<LineFile> lines_;
};

}  // namespace sluice::cli
