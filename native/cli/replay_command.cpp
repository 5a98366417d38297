#include "native/cli/replay_command.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdio>

#include "native/bundle/bundle_folder.hpp"
#include "native/cli/bundle_search.hpp"
#include "native/cli/decision_file.hpp"
#include "native/cli/printable.hpp"

namespace sluice::cli {
namespace {

constexpr const char* kReplayExamples =
    "Examples:\n"
    "  sluice run --bundle faces --record decisions.log talk.mp4\n"
    "  sluice replay decisions.log --bundle faces";

}  // namespace

void ReplayCommand::declare(CLI::App& app) {
  app.add_option("record", record_, "What `sluice run --record` or the package's `record` wrote")
      ->required()
      ->type_name("FILE");
  app.add_option("-b,--bundle", bundle_, "The bundle that was run: a folder, or a name")
      ->required()
      ->type_name("DIR|NAME");
  app.footer(kReplayExamples);
}

int ReplayCommand::run() {
  const auto text = bundle::read_file(record_);
  if (!text) return complain(text.error());
  const std::size_t first_end = std::min(text->find('\n'), text->size());
  const auto recorded = read_recorded_run(std::string_view(*text).substr(0, first_end));
  if (!recorded) return complain(recorded.error());
  const auto folder = find_bundle(bundle_);
  if (!folder) return complain(folder.error());
  const auto manifest = bundle::read_manifest(*folder);
  if (!manifest) return complain(manifest.error());
  if (manifest->name != recorded->bundle || manifest->version != recorded->version) {
    return complain({ErrorCode::kBundleVersionMismatch,
                     join_text({"the run was of ", recorded->bundle, " ", recorded->version, "; the bundle in ",
                                folder->string(), " is ", manifest->name, " ", manifest->version})});
  }
  const std::string_view log = std::string_view(*text).substr(std::min(first_end + 1, text->size()));
  const auto ends = pipeline::replay(log, *manifest, recorded->options, recorded->questions);
  if (!ends) return complain(ends.error());
  const Instant begin = ends->empty() ? Instant{} : ends->front().when;
  for (const pipeline::ReplayedEnd& end : *ends) {
    std::printf("%10.3f s  input %-8llu %-20s %s\n", std::chrono::duration<double>(end.when - begin).count(),
                static_cast<unsigned long long>(end.input), end.how.c_str(), printable(end.reason).c_str());
  }
  std::printf("%zu inputs\n", ends->size());
  return kDone;
}

}  // namespace sluice::cli
