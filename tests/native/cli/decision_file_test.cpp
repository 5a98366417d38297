#include "native/cli/decision_file.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/native/bright_bundle.hpp"
#include "tests/native/child_process.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using sluice::test::grey_ppm;
using sluice::test::run_program;
using sluice::test::TemporaryFolder;

namespace {

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("what was run is read as it was written, and a line without one of its fields is refused") {
  cli::RecordedRun run{"bright", "1.2.3", {"skip", "reuse"}, {}};
  run.options.client_name = "a \"name\"";
  run.options.queue = pipeline::QueuePolicy::kKeepAll;
  run.options.place = pipeline::ModelPlace::kLocal;
  run.options.budget_ms = 1234;
  run.options.jitter_seed = ~std::uint64_t{0};
  const std::string text = cli::write_recorded_run(run);
  const auto read = cli::read_recorded_run(text);
  REQUIRE(read);
  CHECK(cli::write_recorded_run(*read) == text);
  CHECK(read->questions == run.questions);
  CHECK(read->options.place == pipeline::ModelPlace::kLocal);
  CHECK(read->options.jitter_seed == ~std::uint64_t{0});

  for (const std::string field : {"version", "questions", "queue", "budget_ms", "max_unsent_bytes"}) {
    std::string other = text;
    other.replace(other.find(field), 1, "_");
    const auto refused = cli::read_recorded_run(other);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find(field) != std::string::npos);
  }
  CHECK_FALSE(cli::read_recorded_run(""));
  CHECK_FALSE(cli::read_recorded_run("12 offer 0"));
}

TEST_CASE("a recorded run is replayed: every input ends as it did, and another version of the bundle is refused") {
  const TemporaryFolder folder;
  test::write_bright_bundle(folder.path() / "bright");
  for (int i = 0; i < 6; ++i) {
    folder.write("pictures/" + std::to_string(i) + ".ppm", grey_ppm(20, 10, i % 3 == 0 ? 250 : 5));
  }
  const std::string bundle = (folder.path() / "bright").string();
  const std::string record = (folder.path() / "decisions.log").string();
  auto ended = run_program({SLUICE_PROGRAM, "run", "--bundle", bundle, "--place", "local", "--record", record,
                            (folder.path() / "pictures").string()});
  REQUIRE_MESSAGE(ended.status == 0, ended.errors);
  ended = run_program({SLUICE_PROGRAM, "replay", record, "--bundle", bundle});
  REQUIRE_MESSAGE(ended.status == 0, ended.errors);
  CHECK(occurrences(ended.output, " skipped ") == 4);
  CHECK(occurrences(ended.output, " local ") == 2);
  CHECK(ended.output.find("6 inputs") != std::string::npos);
  CHECK(ended.output.find("skip score") != std::string::npos);

  test::write_bright_bundle(folder.path() / "other" / "bright", "2.0.0");
  ended = run_program({SLUICE_PROGRAM, "replay", record, "--bundle", (folder.path() / "other" / "bright").string()});
  CHECK(ended.status == 1);
  CHECK(ended.errors.find("bundle_version_mismatch") != std::string::npos);
  ended = run_program({SLUICE_PROGRAM, "replay", folder.write("text", "no record"), "--bundle", bundle});
  CHECK(ended.status == 1);
}
