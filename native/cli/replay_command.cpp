#include "native/cli/replay_command.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <utility>

#include "native/bundle/bundle_folder.hpp"
#include "native/cli/bundle_search.hpp"
#include "native/cli/decision_file.hpp"
#include "native/cli/printable.hpp"
#include "native/client/bundle_source.hpp"

namespace sluice::cli {
namespace {

constexpr const char* kReplayExamples =
    "Examples:\n"
    "  sluice run --bundle faces --record decisions.log talk.mp4\n"
    "  sluice replay decisions.log --bundle faces";

// A line for each input, and how many ended in which way.
class EndPrinter {
 public:
  void print(const pipeline::ReplayedEnd& end) {
    if (inputs_++ == 0) begin_ = end.when;
    ++by_kind_[end.how];
    std::printf("%10.3f s  input %-8llu %-20s %s\n", std::chrono::duration<double>(end.when - begin_).count(),
                static_cast<unsigned long long>(end.input), end.how.c_str(), printable(end.reason).c_str());
  }

  std::string sums() const {
    if (inputs_ == 0) return "no input ended in this log";
    std::string text = join_text({inputs_, inputs_ == 1 ? " input" : " inputs"});
    const char* between = ": ";
    for (const auto& [how, count] : by_kind_) append_text(text, {std::exchange(between, ", "), count, " ", how});
    return text;
  }

 private:
  Instant begin_;
  std::size_t inputs_ = 0;
  std::map<std::string, std::size_t> by_kind_;
};

}  // namespace

// Thresholds and parts may be others under the same version.
Result<void> ReplayCommand::check_contents(const pipeline::Manifest& manifest, const std::string& recorded) const {
  if (other_contents_ || recorded.empty()) return {};
  const auto here = contents_of(manifest);
  if (!here) return fail(here.error());
  if (*here == recorded) return {};
  return fail(ErrorCode::kBundleVersionMismatch,
              {"the run was of ", manifest.name, " ", manifest.version, " with the SHA-256 ", recorded,
               "; the bundle in ", bundle_, " has ", *here, "; --other-contents goes on all the same"});
}

void ReplayCommand::declare(CLI::App& app) {
  app.add_option("record", record_, "What `sluice run --record` or the package's `record` wrote")
      ->required()
      ->type_name("FILE");
  app.add_option("-b,--bundle", bundle_, "The bundle that was run: a folder, a name, or an address")
      ->required()
      ->type_name("DIR|NAME|URL");
  app.add_flag("--other-contents", other_contents_,
               "Go on where the bundle is of the same name and version as the one that was run, and not the same");
  app.footer(kReplayExamples);
}

int ReplayCommand::run() {
  const auto text = bundle::read_file(record_);
  if (!text) return complain(text.error());
  const std::size_t first_end = std::min(text->find('\n'), text->size());
  const auto recorded = read_recorded_run(std::string_view(*text).substr(0, first_end));
  if (!recorded) return complain(recorded.error());
  if (!client::is_bundle_address(bundle_)) {
    const auto folder = find_bundle(bundle_);
    if (!folder) return complain(folder.error());
    bundle_ = folder->string();
  }
  const auto manifest = client::BundleSource(bundle_).manifest();
  if (!manifest) return complain(manifest.error());
  if (manifest->name != recorded->bundle || manifest->version != recorded->version) {
    return complain({ErrorCode::kBundleVersionMismatch,
                     join_text({"the run was of ", recorded->bundle, " ", recorded->version, "; the bundle in ",
                                bundle_, " is ", manifest->name, " ", manifest->version})});
  }
  if (auto same = check_contents(*manifest, recorded->sha256); !same) return complain(same.error());
  const std::string_view log = std::string_view(*text).substr(std::min(first_end + 1, text->size()));
  const pipeline::ReplayedRun run{recorded->options, recorded->questions, 2, recorded->halves,  // behind the header
                                  recorded->exits,   recorded->cut};
  EndPrinter ends;
  const auto replayed =
      pipeline::replay(log, *manifest, run, [&](const pipeline::ReplayedEnd& end) { ends.print(end); });
  std::printf("%s\n", ends.sums().c_str());
  if (log.find(std::string("\n") + std::string(pipeline::kLogCutOff)) != std::string_view::npos)
    std::printf("The log was cut off: what the run did after that is not in it.\n");
  return replayed ? kDone : complain(replayed.error());
}

}  // namespace sluice::cli
