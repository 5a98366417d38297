// `sluice run` against the real server.
#include <doctest/doctest.h>
#include <signal.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <thread>

#include "native/bundle/sha256.hpp"
#include "tests/native/bright_bundle.hpp"
#include "tests/native/child_process.hpp"
#include "tests/native/cli/last_json.hpp"
#include "tests/native/exit_bundle.hpp"
#include "tests/native/server_program.hpp"
#include "tests/native/split_bundle.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace std::chrono_literals;
using sluice::test::contains;
using sluice::test::grey_ppm;
using sluice::test::last_json;
using sluice::test::run_program;
using sluice::test::ServerProgram;
using sluice::test::TemporaryFolder;

namespace {

const std::string kStreet = "/usr/share/doc/opencv-doc/examples/data/vtest.avi";

}  // namespace

TEST_CASE("a real clip crosses the server, and the summary says what it cost") {
  const TemporaryFolder folder;
  test::write_bright_bundle(folder.path() / "bright", "1.0.0", true);
  ServerProgram server(folder.path().string());
  for (int i = 0; i < 20; ++i) {
    const auto level = static_cast<std::uint8_t>(i % 4 == 0 ? 250 : 5);
    folder.write("pictures/" + std::to_string(100 + i) + ".ppm", grey_ppm(200, 100, level));
  }
  const std::string bundle = (folder.path() / "bright").string();
  auto ended = run_program({SLUICE_PROGRAM, "run", "--bundle", bundle, "--server", server.url(), "--json",
                            (folder.path() / "pictures").string()});
  REQUIRE_MESSAGE(ended.status == 0, ended.errors);
  auto json = last_json(ended.output);
  CHECK(json["frames"].GetInt() == 20);
  CHECK(json["skipped"].GetInt() == 15);
  CHECK(json["remote"].GetInt() == 5);
  CHECK(json["bytes_up"].GetInt64() > 5 * 200);
  CHECK(json["bytes_all"].GetDouble() > 3 * json["bytes_up"].GetDouble());
  CHECK(json["round_trip_ms"].GetDouble() > 0);
  CHECK(json["server_model_ms"].GetDouble() > 0);
  CHECK(contains(ended.output, "% saved"));

  ended = run_program({SLUICE_PROGRAM, "run", "--bundle", bundle, "--server", server.url(), "--json", "--max-frames",
                       "15", "--target", "1", kStreet});
  REQUIRE_MESSAGE(ended.status == 0, ended.errors);
  json = last_json(ended.output);
  CHECK(json["remote"].GetInt() == 15);
  CHECK(json["skipped"].GetInt() == 0);
}

TEST_CASE(
    "a model with a cut is run here to there and gone on with by the server, and the summary says what was answered "
    "where") {
  const TemporaryFolder folder;
  test::write_cut_bundle(folder.path() / "exits");
  ServerProgram server(folder.path().string());
  constexpr std::uint32_t kSide = exits::testing::kSide;
  const test::ColouredPicture* const colours[] = {&test::kRed, &test::kOrange, &test::kYellow};
  for (int i = 0; i < 12; ++i) {
    const auto& pixels = colours[i % 3]->pixels;
    folder.write("pictures/" + std::to_string(100 + i) + ".ppm", "P6\n" + std::to_string(kSide) + " " +
                                                                     std::to_string(kSide) + "\n255\n" +
                                                                     std::string(pixels.begin(), pixels.end()));
  }
  const std::string log = (folder.path() / "decisions.log").string();
  const std::string bundle = (folder.path() / "exits").string();
  auto ended = run_program({SLUICE_PROGRAM, "run", "--bundle", bundle, "--server", server.url(), "--json", "--record",
                            log, (folder.path() / "pictures").string()});
  REQUIRE_MESSAGE(ended.status == 0, ended.errors);
  const auto json = last_json(ended.output);
  CHECK(json["frames"].GetInt() == 12);
  CHECK(json["exited"].GetInt() == 4);
  CHECK(json["exited_at_1"].GetInt() == 4);
  CHECK(json["exited_unsure"].GetInt() == 0);
  CHECK(json["split"].GetInt() == 8);
  CHECK(json["split_exited_at_2"].GetInt() == 4);
  CHECK(json["failed"].GetInt() == 0);
  CHECK(json["bytes_up"].GetInt64() > 0);
  CHECK(json["multiply_adds_share"].GetDouble() == doctest::Approx(585.0 / 1737));
  CHECK(contains(ended.output, "  exited early   4  33.3 %"));
  CHECK(contains(ended.output, "  split          8  66.7 %  by the server, which went on from the cut"));
  ended = run_program({SLUICE_PROGRAM, "replay", log, "--bundle", bundle});
  CHECK_MESSAGE(ended.status == 0, ended.errors);
  CHECK(contains(ended.output, "exit 2 of 2 sure on the server"));
}

TEST_CASE("a token comes from a file or the environment, and is shown nowhere") {
  const TemporaryFolder folder;
  test::write_bright_bundle(folder.path() / "bundles/bright");
  const std::string list =
      folder.write("tokens", "camera " + bundle::sha256_hex(as_bytes(std::string("alpha"))).value() + "\n");
  ServerProgram server((folder.path() / "bundles").string(), 0, {"--token-file", list});
  folder.write("pictures/1.ppm", grey_ppm(200, 100, 250));
  const auto run = [&](const std::vector<std::string>& more) {
    std::vector<std::string> all = {
        SLUICE_PROGRAM, "run",        "--bundle", (folder.path() / "bundles/bright").string(),
        "--server",     server.url(), "--json",   (folder.path() / "pictures").string()};
    all.insert(all.end(), more.begin(), more.end());
    return run_program(all);
  };
  const std::string right = folder.write("right.token", "  alpha\n");
  auto ended = run({"--token-file", right, "--record", (folder.path() / "decisions.log").string()});
  REQUIRE_MESSAGE(ended.status == 0, ended.errors);
  CHECK(last_json(ended.output)["remote"].GetInt() == 1);
  std::ifstream log(folder.path() / "decisions.log");
  const std::string recorded((std::istreambuf_iterator<char>(log)), {});
  CHECK(contains(recorded, "bright"));
  CHECK_FALSE(contains(recorded + ended.output + ended.errors, "alpha"));

  ::setenv("SLUICE_TOKEN", "alpha", 1);
  CHECK(run({}).status == 0);
  ended = run({"--token-file", folder.write("wrong.token", "beta")});
  ::unsetenv("SLUICE_TOKEN");
  CHECK(ended.status == 1);
  CHECK(contains(ended.errors, "unauthenticated: "));
  CHECK_FALSE(contains(ended.errors, "beta,"));

  ended = run({});
  CHECK(ended.status == 1);
  CHECK(contains(ended.errors, "no token came"));
  CHECK(contains(run({"--token-file", "/nowhere"}).errors, "io_error: --token-file /nowhere"));
  CHECK(contains(run({"--token-file", folder.write("empty.token", "\n")}).errors, "is empty"));
  CHECK(contains(run({"--token-file", list}).errors, "holds more than a token"));
}

TEST_CASE("without a server the command says where it looked, and exits with 1") {
  const TemporaryFolder folder;
  test::write_bright_bundle(folder.path() / "bright");
  int port = 0;
  {
    port = ServerProgram(folder.path().string()).port();
  }
  const std::string address = "ws://127.0.0.1:" + std::to_string(port);
  const auto ended = run_program(
      {SLUICE_PROGRAM, "run", "--bundle", (folder.path() / "bright").string(), "--server", address, kStreet});
  CHECK(ended.status == 1);
  CHECK(contains(ended.errors, "not_connected"));
  CHECK(contains(ended.errors, address));
  CHECK(contains(ended.errors, "refused the connection"));
  CHECK_FALSE(contains(ended.errors, "trying again"));  // it is not
}

TEST_CASE("a server with another version of the bundle: both versions are named") {
  const TemporaryFolder served;
  const TemporaryFolder mine;
  test::write_bright_bundle(served.path() / "bright", "2.0.0");
  test::write_bright_bundle(mine.path() / "bright", "1.0.0");
  ServerProgram server(served.path().string());
  const auto ended = run_program(
      {SLUICE_PROGRAM, "run", "--bundle", (mine.path() / "bright").string(), "--server", server.url(), kStreet});
  CHECK(ended.status == 1);
  CHECK(contains(ended.errors, "bundle_version_mismatch"));
  CHECK(contains(ended.errors, "1.0.0"));
  CHECK(contains(ended.errors, "2.0.0"));
}

TEST_CASE(
    "a bundle by its address at the server: a newer version that the server comes back with is fetched and gone on "
    "with") {
  const TemporaryFolder folder;
  test::write_bright_bundle(folder.path() / "bright");
  auto server = std::make_unique<ServerProgram>(folder.path().string());
  const int port = server->port();
  const std::string address = "http://127.0.0.1:" + std::to_string(port) + "/bundles/bright";
  test::ChildProcess command({SLUICE_PROGRAM, "run", "--bundle", address, "--server", server->url(), "--json",
                              "--target", "1", "--realtime", "--max-frames", "60", "--budget-ms", "60000",
                              "--save-boxes", (folder.path() / "lines.jsonl").string(), kStreet});
  std::error_code not_there;
  const auto lines = folder.path() / "lines.jsonl";
  for (int i = 0; i < 600 && (!std::filesystem::exists(lines) || std::filesystem::file_size(lines, not_there) == 0);
       ++i)
    std::this_thread::sleep_for(50ms);
  server->kill();
  test::write_bright_bundle(folder.path() / "bright", "2.0.0");
  server = std::make_unique<ServerProgram>(folder.path().string(), port);
  CHECK(command.wait_for("the server has version '2.0.0' of 'bright': read from " + address, 60s));
  CHECK(command.wait(120s) == 0);
  const auto json = last_json(command.output());
  CHECK(json["frames"].GetInt() == 60);
  CHECK(json["remote"].GetInt() == 60);
  CHECK(json["failed"].GetInt() == 0);
}

TEST_CASE("a bundle by its address names its classes as its folder does") {
  const TemporaryFolder folder;
  test::write_exit_bundle(folder.path() / "exits");
  test::name_classes(folder.path() / "exits", R"(["crimson", "green", "blue"])");
  const TemporaryFolder pictures;
  pictures.write("a.ppm", grey_ppm(8, 8, 200));
  const ServerProgram server(folder.path().string());
  const std::string address = "http://127.0.0.1:" + std::to_string(server.port()) + "/bundles/exits";
  for (const std::string& bundle : {address, (folder.path() / "exits").string()}) {
    const auto ended =
        run_program({SLUICE_PROGRAM, "run", "--bundle", bundle, "--place", "local", pictures.path().string()});
    CHECK_MESSAGE(ended.status == 0, ended.errors);
    CHECK_MESSAGE(contains(ended.output, "answers          crimson 1"), ended.output);
  }
}

TEST_CASE("a server that goes away and comes back in mid-stream costs no frame") {
  const TemporaryFolder folder;
  test::write_bright_bundle(folder.path() / "bright");
  auto server = std::make_unique<ServerProgram>(folder.path().string());
  const int port = server->port();
  test::ChildProcess command({SLUICE_PROGRAM, "run", "--bundle", (folder.path() / "bright").string(), "--server",
                              server->url(), "--json", "--target", "1", "--realtime", "--max-frames", "60",
                              "--budget-ms", "60000", "--save-boxes", (folder.path() / "lines.jsonl").string(),
                              kStreet});
  std::this_thread::sleep_for(2s);
  server->kill();
  CHECK(command.wait_for("trying again", 30s));
  server = std::make_unique<ServerProgram>(folder.path().string(), port);
  CHECK(command.wait_for("connected again", 60s));
  CHECK(command.wait(120s) == 0);
  const auto json = last_json(command.output());
  CHECK(json["frames"].GetInt() == 60);
  CHECK(json["remote"].GetInt() == 60);
  CHECK(json["failed"].GetInt() == 0);
}

TEST_CASE("a run that lost its server says how long it waits for it, and ends with its summary and an error") {
  const TemporaryFolder folder;
  test::write_bright_bundle(folder.path() / "bright");
  ServerProgram server(folder.path().string());
  test::ChildProcess command({SLUICE_PROGRAM, "run", "--bundle", (folder.path() / "bright").string(), "--server",
                              server.url(), "--json", "--target", "1", "--realtime", "--give-up-ms", "1500", kStreet});
  std::this_thread::sleep_for(2s);
  server.kill();
  CHECK(command.wait_for(", for 1.5 s in all (--give-up-ms)", 30s));
  CHECK(command.wait(60s) == 1);
  CHECK_MESSAGE(contains(command.errors(), "not_connected: given up: no connection to " + server.url() +
                                               " for 1.5 s, which --give-up-ms allows"),
                command.errors());
  CHECK(last_json(command.output())["frames"].GetInt() < 795);
}

TEST_CASE("an interrupted run ends with its summary") {
  const TemporaryFolder folder;
  test::write_bright_bundle(folder.path() / "bright");
  ServerProgram server(folder.path().string());
  test::ChildProcess command({SLUICE_PROGRAM, "run", "--bundle", (folder.path() / "bright").string(), "--server",
                              server.url(), "--json", "--realtime", kStreet});
  std::this_thread::sleep_for(3s);
  command.signal(SIGINT);
  command.wait(60s);
  const auto json = last_json(command.output());
  CHECK(json["frames"].GetInt() < 795);
}

TEST_CASE("a run that checks itself gives up on a server that is gone as any other does") {
  const TemporaryFolder folder;
  const auto bundle = folder.path() / "bright";
  test::write_bright_bundle(bundle);
  ServerProgram server(folder.path().string());
  for (int i = 0; i < 10'000; ++i) folder.write("dark/" + std::to_string(10'000 + i) + ".ppm", grey_ppm(20, 20, 1));
  const auto results = folder.path() / "lines.jsonl";
  test::ChildProcess command({SLUICE_PROGRAM, "run", "--bundle", bundle.string(), "--server", server.url(), "--json",
                              "--audit", "--give-up-ms", "300", "--budget-ms", "60000", "--save-boxes",
                              results.string(), (folder.path() / "dark").string()});
  std::error_code not_yet;
  for (int wait = 0; wait < 3000 && !(std::filesystem::file_size(results, not_yet) > 0 && !not_yet); ++wait) {
    std::this_thread::sleep_for(10ms);
  }
  server.kill();
  CHECK(command.wait(20s) == 1);
  CHECK_MESSAGE(contains(command.errors(), "which --give-up-ms allows"), command.errors());
  CHECK(last_json(command.output())["frames"].GetInt() < 10'000);
}

TEST_CASE("an audit runs the full model on frames that the gate answered, and not by a rule that cannot judge") {
  const TemporaryFolder folder;
  const auto bundle = folder.path() / "bright";
  test::write_bright_bundle(bundle);
  ServerProgram server(folder.path().string());
  folder.write("dark.ppm", grey_ppm(20, 20, 1));
  const auto audit = [&] {
    return run_program({SLUICE_PROGRAM, "run", "--bundle", bundle.string(), "--server", server.url(), "--json",
                        "--audit", (folder.path() / "dark.ppm").string()});
  };
  // The bundle's model answers with means, which are not the nothing that a skipped frame gets.
  const auto judged = audit();
  CHECK(judged.status == 0);
  CHECK(last_json(judged.output)["agreement"].GetDouble() == 0);
  CHECK(contains(judged.output, "1 skipped and reused frames checked, 0 of them right"));

  // A rule about boxes says nothing of them: the bundle is refused before anything is judged by it.
  std::string manifest = test::read_file(bundle / "manifest.json");
  manifest.replace(manifest.find("\"default_target\""), 0, "\"agree_when\": {\"rule\": \"boxes\"}, ");
  folder.write("bright/manifest.json", manifest);
  const auto unjudged = audit();
  CHECK(unjudged.status != 0);
  CHECK(contains(unjudged.errors, "agree_when.rule is 'boxes'"));
  CHECK(contains(unjudged.errors, "rules that can: label, tokens, numbers"));
}
