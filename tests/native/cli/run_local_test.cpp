// `sluice run` with the full model on this machine: no server is needed. And inputs that are no good.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>

#include "tests/native/bright_bundle.hpp"
#include "tests/native/child_process.hpp"
#include "tests/native/cli/last_json.hpp"
#include "tests/native/exit_bundle.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using sluice::test::contains;
using sluice::test::grey_ppm;
using sluice::test::last_json;
using sluice::test::run_program;
using sluice::test::TemporaryFolder;

namespace {

class Bench {
 public:
  Bench() { test::write_bright_bundle(folder.path() / "bright"); }
  test::Ended run(const std::string& input, std::vector<std::string> more = {}) const {
    std::vector<std::string> command{SLUICE_PROGRAM, "run",   "--bundle", (folder.path() / "bright").string(),
                                     "--place",      "local", "--json",   "--budget-ms",
                                     "60000",        input};
    command.insert(command.end(), more.begin(), more.end());
    return run_program(command);
  }
  TemporaryFolder folder;
};

}  // namespace

TEST_CASE("pictures of a folder: dark ones skipped, bright ones run, one line for each") {
  const Bench bench;
  for (int i = 0; i < 6; ++i) {
    const auto level = static_cast<std::uint8_t>(i % 2 == 0 ? 5 : 250);
    bench.folder.write("pictures/" + std::to_string(i) + ".ppm", grey_ppm(20, 10, level));
  }
  const std::string lines = (bench.folder.path() / "lines.jsonl").string();
  const auto ended = bench.run((bench.folder.path() / "pictures").string(), {"--save-boxes", lines});
  REQUIRE_MESSAGE(ended.status == 0, ended.errors);
  const auto json = last_json(ended.output);
  CHECK(json["frames"].GetInt() == 6);
  CHECK(json["skipped"].GetInt() == 3);
  CHECK(json["local"].GetInt() == 3);
  CHECK(json["failed"].GetInt() == 0);
  CHECK(json["filter_rate"].GetDouble() == doctest::Approx(0.5));
  CHECK(json["gate_ms"].GetDouble() > 0);
  CHECK(json["local_model_ms"].GetDouble() > 0);
  CHECK(json["bytes_up"].GetInt() == 0);
  CHECK(json["bundle"] == "bright");
  CHECK(contains(ended.output, "skipped        3  50.0 %"));
  CHECK(ended.errors.empty());  // no progress bar where there is no terminal

  const std::string text = test::read_file(lines);
  CHECK(std::count(text.begin(), text.end(), '\n') == 6);
  CHECK(contains(text, "\"file\":\"0.ppm\",\"kind\":\"skipped\""));
  CHECK(contains(text, "\"file\":\"1.ppm\",\"kind\":\"local\""));
}

TEST_CASE("a real video, in part and in its own time") {
  const Bench bench;
  const auto ended = bench.run("/usr/share/doc/opencv-doc/examples/data/vtest.avi",
                               {"--max-frames", "12", "--realtime", "--target", "0.99"});
  REQUIRE_MESSAGE(ended.status == 0, ended.errors);
  const auto json = last_json(ended.output);
  CHECK(json["frames"].GetInt() == 12);
  CHECK(json["skipped"].GetInt() + json["local"].GetInt() == 12);
  CHECK(json["elapsed_s"].GetDouble() > 1.0);  // eleven pauses of a tenth of a second
  CHECK(json["target"].GetDouble() == doctest::Approx(0.99));
}

TEST_CASE("damaged pictures are counted and complained about, and the others run") {
  const Bench bench;
  bench.folder.write("pictures/a.ppm", grey_ppm(20, 10, 250));
  bench.folder.write("pictures/b.jpg", "");
  bench.folder.write("pictures/c.ppm", grey_ppm(20, 10, 5));
  const auto ended = bench.run((bench.folder.path() / "pictures").string());
  CHECK(ended.status == 1);
  const auto json = last_json(ended.output);
  CHECK(json["frames"].GetInt() == 3);
  CHECK(json["damaged"].GetInt() == 1);
  CHECK(json["skipped"].GetInt() == 1);
  CHECK(json["local"].GetInt() == 1);
  CHECK(contains(ended.errors, "b.jpg"));
  CHECK(contains(ended.errors, "malformed_media"));
}

TEST_CASE("inputs that cannot be opened end the command with a reason") {
  const Bench bench;
  const auto complaint = [&](const std::string& input) {
    const auto ended = bench.run(input);
    CHECK(ended.status == 1);
    CHECK(ended.output.empty());
    return ended.errors;
  };
  CHECK(contains(complaint((bench.folder.path() / "missing.mp4").string()), "io_error"));
  CHECK(contains(complaint(bench.folder.write("empty.png", "")), "the file is empty"));
  CHECK(contains(complaint(bench.folder.write("text.avi", "this is text")), "malformed_media"));
  std::filesystem::create_directory(bench.folder.path() / "nothing");
  CHECK(contains(complaint((bench.folder.path() / "nothing").string()), "holds no pictures"));
  const auto unwritable =
      bench.run(bench.folder.write("a.ppm", grey_ppm(4, 4, 9)), {"--save-boxes", "/nowhere/x.jsonl"});
  CHECK(unwritable.status == 1);
  CHECK(contains(unwritable.errors, "/nowhere/x.jsonl"));
  const auto bundle = run_program({SLUICE_PROGRAM, "run", "--bundle", "no-such-bundle", "x.mp4"});
  CHECK(bundle.status == 1);
  CHECK(contains(bundle.errors, "no-such-bundle"));
}

TEST_CASE("an output destroys neither what is read nor the other output, and waits for no reader") {
  const Bench bench;
  const std::string picture = bench.folder.write("pictures/a.ppm", grey_ppm(20, 10, 250));
  const std::string whole = test::read_file(picture);
  const std::string folder = (bench.folder.path() / "pictures").string();
  const auto refused = [&](const std::string& input, const std::vector<std::string>& outputs) {
    const auto ended = bench.run(input, outputs);
    CHECK(ended.status == 1);
    CHECK(contains(ended.errors, "invalid_argument"));
    CHECK(test::read_file(picture) == whole);
  };
  refused(picture, {"--record", picture});
  refused(picture, {"--save-boxes", picture});
  refused(folder, {"--save-boxes", picture});
  const std::string both = (bench.folder.path() / "both").string();
  refused(picture, {"--save-boxes", both, "--record", both});
  CHECK(bench.run(folder, {"--save-boxes", folder + "/boxes.jsonl"}).status == 0);
  CHECK(bench.run(folder, {"--save-boxes", folder + "/boxes.jsonl"}).status == 0);  // in place of the last run's
  const std::string pipe = (bench.folder.path() / "pipe").string();
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const auto unread = bench.run(picture, {"--save-boxes", pipe});
  CHECK(unread.status == 1);
  CHECK(contains(unread.errors, "io_error"));
}

TEST_CASE("a truncated video runs as far as it goes") {
  const Bench bench;
  const std::string whole = test::read_file("/usr/share/doc/opencv-doc/examples/data/vtest.avi");
  const auto ended = bench.run(bench.folder.write("cut.avi", whole.substr(0, 400'000)));
  const auto json = last_json(ended.output);
  CHECK(json["frames"].GetInt() > 5);
  CHECK(json["frames"].GetInt() < 795);
  CHECK(json["skipped"].GetInt() + json["local"].GetInt() + json["damaged"].GetInt() == json["frames"].GetInt());
}

TEST_CASE(
    "a model with early exits: where pictures left, what share of the model ran, and the same again in a replay") {
  const TemporaryFolder folder;
  const std::string bundle = (folder.path() / "exits").string();
  test::write_exit_bundle(bundle);
  // Red leaves at the first exit, grey at none.
  std::string red = "P6\n8 8\n255\n";
  for (int i = 0; i < 64; ++i) red += std::string("\xff\0\0", 3);
  for (const char* name : {"a", "b", "c"}) folder.write(std::string("pictures/") + name + ".ppm", red);
  folder.write("pictures/d.ppm", grey_ppm(8, 8, 200));
  const std::string lines = (folder.path() / "lines.jsonl").string();
  const std::string record = (folder.path() / "record.log").string();
  std::vector<std::string> command{SLUICE_PROGRAM, "run",   "--bundle", bundle,
                                   "--place",      "local", "--json",   (folder.path() / "pictures").string()};
  std::vector<std::string> with = command;
  with.insert(with.end(), {"--save-answers", lines, "--record", record});
  auto ended = run_program(with);
  REQUIRE_MESSAGE(ended.status == 0, ended.errors);
  CHECK(contains(ended.output, "exited early   3  75.0 %"));
  CHECK(contains(ended.output, "exit 1        3  75.0 %"));
  CHECK(contains(ended.output, "% of the model's a frame that ran here, exits included"));
  auto json = last_json(ended.output);
  CHECK(json["exited"].GetInt() == 3);
  CHECK(json["exited_at_1"].GetInt() == 3);
  CHECK(json["exited_at_2"].GetInt() == 0);
  CHECK(json["local"].GetInt() == 1);
  CHECK(json["target"].GetDouble() == doctest::Approx(0.8));
  using namespace exits::testing;
  const double share = (3.0 * (kConvolution + kHead) + kWhole + 2 * kHead) / (4.0 * kWhole);
  CHECK(json["multiply_adds_share"].GetDouble() == doctest::Approx(share).epsilon(1e-4));
  const std::string text = test::read_file(lines);
  CHECK(contains(text, "\"kind\":\"exited\",\"score\":null"));  // no question is asked
  CHECK(contains(text, "\"label\":0,\"exit\":1}"));

  ended = run_program({SLUICE_PROGRAM, "replay", record, "--bundle", bundle});
  CHECK_MESSAGE(ended.status == 0, ended.errors);
  CHECK(contains(ended.output, "4 inputs: 3 exited, 1 local"));
  CHECK(contains(ended.output, "exit 1 of 2 sure: 0.965 > 0.900"));

  // The first frame runs whole, to know what that costs.
  with = command;
  with.insert(with.end(), {"--exits-mean-cost", "0.5", "--record", record});
  json = last_json(run_program(with).output);
  CHECK(json["exited"].GetInt() == 2);
  ended = run_program({SLUICE_PROGRAM, "replay", record, "--bundle", bundle});
  CHECK_MESSAGE(ended.status == 0, ended.errors);
  CHECK(contains(ended.output, "4 inputs: "));
  with = command;
  with.insert(with.end(), {"--exits-mean-cost", "1.5"});
  CHECK(run_program(with).status != 0);

  command.emplace_back("--no-exits");
  with = command;
  with.insert(with.end(), {"--exits-mean-cost", "0.5"});
  ended = run_program(with);
  CHECK(ended.status == 1);
  CHECK(contains(ended.errors, "--exits-mean-cost is of a model with early exits"));
  with = command;
  with.insert(with.end(), {"--stale-answer-ms", "500"});
  CHECK(contains(run_program(with).errors, "--stale-answer-ms is of a model in two halves"));
  json = last_json(run_program(command).output);
  CHECK(json["exited"].GetInt() == 0);
  CHECK(json["local"].GetInt() == 4);
  CHECK(json["multiply_adds_share"].IsNull());
}

TEST_CASE("options of early exits are refused where they would do nothing") {
  const TemporaryFolder folder;
  const std::string bundle = (folder.path() / "cut").string();
  test::write_cut_bundle(bundle);
  folder.write("pictures/a.ppm", grey_ppm(8, 8, 200));
  const std::string pictures = (folder.path() / "pictures").string();
  auto ended = run_program({SLUICE_PROGRAM, "run", "--bundle", bundle, "--server", "ws://127.0.0.1:9",
                            "--exits-mean-cost", "0.5", pictures});
  CHECK(ended.status == 1);
  CHECK_MESSAGE(contains(ended.errors, "behind which a server goes on: name --place local"), ended.errors);
  const Bench bench;
  ended = bench.run(pictures, {"--no-exits"});
  CHECK(ended.status == 1);
  CHECK_MESSAGE(contains(ended.errors, "--no-exits is of a model with early exits; 'bright' has none"), ended.errors);
}
