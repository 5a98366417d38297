#include "native/cli/decision_file.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "native/bundle/bundle_folder.hpp"
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
  run.halves = 24;
  run.exits = true;
  run.options.exits_mean_cost = 0.25F;
  run.options.stale_answer_ms = 400;
  run.cut = true;
  run.sha256 = "0a1b";
  const std::string text = cli::write_recorded_run(run);
  const auto read = cli::read_recorded_run(text);
  REQUIRE(read);
  CHECK(cli::write_recorded_run(*read) == text);
  CHECK(read->questions == run.questions);
  CHECK(read->options.place == pipeline::ModelPlace::kLocal);
  CHECK(read->options.jitter_seed == ~std::uint64_t{0});
  CHECK(read->halves == 24);
  CHECK(read->exits);
  CHECK(read->options.exits_mean_cost == 0.25F);
  CHECK(read->options.stale_answer_ms == 400);
  CHECK(read->cut);
  CHECK(read->sha256 == "0a1b");
  CHECK_FALSE(read->options.place_forms);  // said of runs that placed something only

  run.options.place_forms = true;
  run.options.duplicate = true;
  run.options.stand_in = "int8";
  const auto placed = cli::read_recorded_run(cli::write_recorded_run(run));
  REQUIRE(placed);
  CHECK(placed->options.place_forms);
  CHECK(placed->options.duplicate);
  CHECK(placed->options.stand_in == "int8");
  CHECK_FALSE(placed->options.choose);

  run.options.choose = true;
  run.options.weights = {0.1, 1.0 / 3, 1e-7};
  run.options.kept_in_time = 0.9F;
  const auto chosen = cli::read_recorded_run(cli::write_recorded_run(run));
  REQUIRE(chosen);
  CHECK(chosen->options.choose);
  CHECK(chosen->options.weights.per_device_cost == 0.1);
  CHECK(chosen->options.weights.per_kilobyte == 1.0 / 3);
  CHECK(chosen->options.weights.per_server_ms == 1e-7);
  CHECK(chosen->options.kept_in_time == 0.9F);

  for (const std::string field : {"version", "questions", "queue", "budget_ms", "max_unsent_bytes"}) {
    std::string other = text;
    other.replace(other.find(field), 1, "_");
    const auto refused = cli::read_recorded_run(other);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find(field) != std::string::npos);
  }
}

TEST_CASE("a log without its header says which line is missing and who writes it") {
  for (const std::string first : {"", "12 offer 0 20 10 0", "[1]", "{}", "{\"bundle\":\"bright\"}"}) {
    CAPTURE(first);
    const auto refused = cli::read_recorded_run(first);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::kInvalidArgument);
    for (const char* part : {"{\"sluice_decisions\":1,\"bundle\":", "sluice run --record", "DECISION_LOG.md"}) {
      CHECK_MESSAGE(refused.error().message.find(part) != std::string::npos, refused.error().message);
    }
  }
}

TEST_CASE("the header that DECISION_LOG.md shows is one") {
  const std::string page = test::read_file(std::string(SLUICE_SOURCE) + "/native/cli/DECISION_LOG.md");
  const std::size_t begin = page.find("{\"sluice_decisions\"");
  REQUIRE(begin != std::string::npos);
  const auto shown = cli::read_recorded_run(std::string_view(page).substr(begin, page.find('\n', begin) - begin));
  REQUIRE_MESSAGE(shown, shown.error().message);
  CHECK(shown->bundle == "faces");
  CHECK(shown->options.queue == pipeline::QueuePolicy::kKeepAll);
  CHECK(cli::write_recorded_run(*shown) == page.substr(begin, page.find('\n', begin) - begin));
}

TEST_CASE("a header has bounds: questions, numbers, nesting") {
  const cli::RecordedRun run{"bright", "1.0.0", {"skip"}, {}};
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = cli::write_recorded_run(run);
    return cli::read_recorded_run(text.replace(text.find(from), from.size(), to));
  };
  std::string questions = "\"skip\"";
  for (int i = 1; i < 16; ++i) questions += ",\"skip\"";
  CHECK(with("\"skip\"", questions));
  CHECK_FALSE(with("\"skip\"", questions + ",\"skip\""));
  CHECK_FALSE(with("\"skip\"", "7"));
  CHECK_FALSE(with("\"budget_ms\":2000", "\"budget_ms\":4294967296"));
  CHECK_FALSE(with("\"budget_ms\":2000", "\"budget_ms\":-1"));
  CHECK_FALSE(with("\"budget_ms\":2000", "\"budget_ms\":0.5"));
  CHECK_FALSE(with("\"sluice_decisions\":1", "\"sluice_decisions\":2"));
  CHECK(with("\"halves\":0", "\"halves\":256"));
  CHECK_FALSE(with("\"halves\":0", "\"halves\":257"));
  CHECK_FALSE(with("\"halves\":0", "\"halves\":true"));
  CHECK(with("\"exits\":0", "\"exits\":1"));
  CHECK(with("\"exits_mean_cost\":0.0", "\"exits_mean_cost\":0.5"));
  CHECK(with(",\"exits_mean_cost\":0.0", ""));
  CHECK_FALSE(with("\"exits_mean_cost\":0.0", "\"exits_mean_cost\":1.5"));
  CHECK_FALSE(with("\"exits_mean_cost\":0.0", "\"exits_mean_cost\":true"));
  CHECK_FALSE(with("\"exits\":0", "\"exits\":2"));
  CHECK(with(",\"exits\":0", ""));
  CHECK(with("\"cut\":0", "\"cut\":1"));
  CHECK_FALSE(with("\"cut\":0", "\"cut\":2"));
  CHECK(with(",\"cut\":0", ""));
  CHECK(with(",\"halves\":0", ""));  // as logs were before there were any
  CHECK_FALSE(cli::read_recorded_run(std::string(1'000'000, '[')));
  CHECK(with("\"client_name\":\"sluice\"", "\"client_name\":\"" + std::string(60'000, 'a') + "\""));
  const auto long_line = with("\"client_name\":\"sluice\"", "\"client_name\":\"" + std::string(70'000, 'a') + "\"");
  REQUIRE_FALSE(long_line);
  CHECK(long_line.error().message.find("at most 65536") != std::string::npos);
}

TEST_CASE("a name is what stands in the header, with a zero in it too") {
  const cli::RecordedRun run{"bright", "1.0.0", {"skip"}, {}};
  std::string text = cli::write_recorded_run(run);
  text.replace(text.find("\"bright\""), 8, "\"bright\\u0000er\"");
  text.replace(text.find("[\"skip\"]"), 8, "[\"skip\\u0000\"]");
  const auto read = cli::read_recorded_run(text);
  REQUIRE(read);
  CHECK(read->bundle == std::string("bright\0er", 9));
  CHECK(read->questions == std::vector{std::string("skip\0", 5)});
}

TEST_CASE("a replay takes no time, size or kind from a log that would lead it astray") {
  const TemporaryFolder folder;
  test::write_bright_bundle(folder.path() / "bright");
  const auto manifest = bundle::read_manifest(folder.path() / "bright");
  REQUIRE(manifest);
  const auto replayed = [&](const std::string& line) {
    return pipeline::replay("0 start\n" + line + "\n0 tick\n", *manifest, {{}, {"skip"}}, [](const auto&) {});
  };
  CHECK(replayed("1152921504606846976 tick"));  // 2^60 microseconds
  for (const char* bad : {"1152921504606846977 tick", "-1152921504606846977 tick", "0 offer 6 1 1 1", "0 ask 0 7 0 0",
                          "0 tick 18446744073709551616", "0 tick -1", "0 message 0g", "0  tick", "", "\r"}) {
    CAPTURE(bad);
    const auto refused = replayed(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message == "line 2 of the decision log cannot be read");
  }
  // As large as it says, the payload would not fit into any memory.
  CHECK(replayed("0 payload 1 1 18446744073709551615"));
}

TEST_CASE("a log that finds no more room ends with a whole line, says so at once, and fails the run") {
  const TemporaryFolder folder;
  test::write_bright_bundle(folder.path() / "bright");
  for (int i = 0; i < 60; ++i) folder.write("pictures/" + std::to_string(i) + ".ppm", grey_ppm(20, 10, 5));
  const std::string bundle = (folder.path() / "bright").string();
  const auto run_with = [&](const std::string& option, const std::string& file, const std::string& limit) {
    return run_program({"/bin/sh", "-c", "ulimit -f " + limit + "; exec \"$@\"", "sh", SLUICE_PROGRAM, "run",
                        "--bundle", bundle, "--place", "local", option, file, (folder.path() / "pictures").string()});
  };
  const std::string record = (folder.path() / "decisions.log").string();
  const auto ended = run_with("--record", record, "2");  // kB, or half of them where blocks are of 512 bytes
  CHECK(ended.status == 1);
  CHECK_MESSAGE(ended.errors.find("io_error") != std::string::npos, ended.errors);
  CHECK(ended.errors.find(record) != std::string::npos);
  CHECK(ended.errors.find("the run goes on without it") != std::string::npos);
  CHECK(ended.output.find("frames           60") != std::string::npos);
  const std::string log = test::read_file(record);
  CHECK(log.size() <= 2048);
  CHECK(log.size() > 500);
  CHECK(log.back() == '\n');
  const auto replayed = run_program({SLUICE_PROGRAM, "replay", record, "--bundle", bundle});
  CHECK_MESSAGE(replayed.status == 0, replayed.errors);
  CHECK(occurrences(replayed.output, " skipped ") > 0);
  CHECK(occurrences(replayed.output, " skipped ") < 60);

  const std::string boxes = (folder.path() / "boxes.jsonl").string();
  const auto unsaved = run_with("--save-boxes", boxes, "2");
  CHECK(unsaved.status == 1);
  CHECK(unsaved.errors.find(boxes) != std::string::npos);
  CHECK(test::read_file(boxes).back() == '\n');
}

TEST_CASE("a device that is full from the start takes no log, and no frame is looked at") {
  const TemporaryFolder folder;
  test::write_bright_bundle(folder.path() / "bright");
  const std::string picture = folder.write("picture.ppm", grey_ppm(20, 10, 5));
  const auto ended = run_program({SLUICE_PROGRAM, "run", "--bundle", (folder.path() / "bright").string(), "--place",
                                  "local", "--record", "/dev/full", picture});
  CHECK(ended.status == 1);
  CHECK(ended.errors.find("cannot write more than 0 bytes to '/dev/full': No space left on device") !=
        std::string::npos);
  CHECK(ended.output.empty());
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
  CHECK(ended.output.find("6 inputs: 2 local, 4 skipped\n") != std::string::npos);
  CHECK(ended.output.find("skip score") != std::string::npos);

  test::write_bright_bundle(folder.path() / "other" / "bright", "2.0.0");
  ended = run_program({SLUICE_PROGRAM, "replay", record, "--bundle", (folder.path() / "other" / "bright").string()});
  CHECK(ended.status == 1);
  CHECK(ended.errors.find("bundle_version_mismatch") != std::string::npos);
  ended = run_program({SLUICE_PROGRAM, "replay", folder.write("text", "no record"), "--bundle", bundle});
  CHECK(ended.status == 1);

  // Of the same name and version, and another one all the same.
  auto changed = bundle::read_bundle(bundle);
  REQUIRE(changed);
  const auto before = cli::contents_of(changed->manifest);
  changed->manifest.default_target = 0.75F;
  REQUIRE(before);
  const std::string other = (folder.path() / "changed" / "bright").string();
  std::filesystem::create_directories(folder.path() / "changed");
  REQUIRE(bundle::replace_bundle(other, *std::move(changed)));
  const auto after = cli::contents_of(*bundle::read_manifest(other));
  REQUIRE(after);
  ended = run_program({SLUICE_PROGRAM, "replay", record, "--bundle", other});
  CHECK(ended.status == 1);
  CHECK(ended.errors.find("bundle_version_mismatch") != std::string::npos);
  for (const auto& hash : {*before, *after}) CHECK_MESSAGE(ended.errors.find(hash) != std::string::npos, ended.errors);
  ended = run_program({SLUICE_PROGRAM, "replay", record, "--bundle", other, "--other-contents"});
  CHECK_MESSAGE(ended.status == 0, ended.errors);
}

TEST_CASE("a log that cannot be read is refused by the number that its line has in the file") {
  const TemporaryFolder folder;
  test::write_bright_bundle(folder.path() / "bright");
  const std::string header = cli::write_recorded_run({"bright", "1.0.0", {"skip"}, {}});
  const auto replayed = [&](const std::string& log) {
    return run_program({SLUICE_PROGRAM, "replay", folder.write("decisions.log", log), "--bundle",
                        (folder.path() / "bright").string()});
  };
  const std::string skipped = "0 target 1063675494 1036831949\n0 ask 0 1 0 1056964608\n0 offer 0 20 10 0\n";
  auto ended = replayed(header + "\n" + skipped + "0 nonsense\n");
  CHECK(ended.status == 1);
  CHECK_MESSAGE(ended.errors.find("line 5 of the decision log cannot be read") != std::string::npos, ended.errors);
  CHECK(ended.output.find("1 input: 1 skipped\n") != std::string::npos);
  std::string windows = header + "\n" + skipped + "\n";
  for (std::size_t at = windows.find('\n'); at != std::string::npos; at = windows.find('\n', at + 2))
    windows.insert(at, 1, '\r');
  ended = replayed(windows);
  CHECK_MESSAGE(ended.status == 0, ended.errors);
  CHECK(ended.output.find("1 input: 1 skipped\n") != std::string::npos);
  ended = replayed(header + "\n");
  CHECK(ended.status == 0);
  CHECK(ended.output == "no input ended in this log\n");

  std::string other = header;
  other.replace(other.find("\"bright\""), 8, "\"bright\\u0000\"");
  ended = replayed(other + "\n" + skipped);
  CHECK(ended.status == 1);
  CHECK_MESSAGE(ended.errors.find("the run was of bright? 1.0.0; the bundle in") != std::string::npos, ended.errors);
}
