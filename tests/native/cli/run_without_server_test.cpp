// `sluice run` where no server is: who can do without one goes on and says so once, who can't ends at its start.
#include <doctest/doctest.h>

#include "tests/native/child_process.hpp"
#include "tests/native/cli/last_json.hpp"
#include "tests/native/split_bundle.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using sluice::test::contains;
using sluice::test::last_json;
using sluice::test::run_program;

namespace {

// At its own pace, so that the connection is tried more than once meanwhile.
const std::string kStreet = "/usr/share/doc/opencv-doc/examples/data/vtest.avi";
constexpr int kFrames = 15;
const std::string kGoesOn = "until a server is there every frame is answered here";

struct Scene {
  Scene() { test::write_split_bundle(folder.path() / "halves"); }
  auto run(const std::vector<std::string>& more) const {
    std::vector<std::string> all = {SLUICE_PROGRAM, "run",
                                    "--bundle",     (folder.path() / "halves").string(),
                                    "--server",     "ws://127.0.0.1:9",
                                    "--json",       "--realtime",
                                    "--max-frames", std::to_string(kFrames),
                                    kStreet};
    all.insert(all.end(), more.begin(), more.end());
    return run_program(all);
  }
  test::TemporaryFolder folder;
};

}  // namespace

TEST_CASE("where the guess keeps the target no server is needed, and that there is none is said once") {
  const Scene scene;
  const auto ended = scene.run({"--target", "0.5", "--give-up-ms", "0"});
  REQUIRE_MESSAGE(ended.status == 0, ended.errors);
  CHECK(last_json(ended.output)["split"].GetInt() == kFrames);
  const std::size_t first = ended.errors.find(kGoesOn);
  CAPTURE(ended.errors);
  REQUIRE(first != std::string::npos);
  CHECK(contains(ended.errors, "not_connected"));
  CHECK(ended.errors.find(kGoesOn, first + 1) == std::string::npos);
}

TEST_CASE("where the full model may run here neither") {
  const Scene scene;
  const auto ended = scene.run({"--place", "remote-else-local"});
  REQUIRE_MESSAGE(ended.status == 0, ended.errors);
  const auto json = last_json(ended.output);
  CHECK(json["local"].GetInt() + json["split"].GetInt() == kFrames);
  const std::size_t first = ended.errors.find(kGoesOn);
  REQUIRE(first != std::string::npos);
  CHECK(ended.errors.find(kGoesOn, first + 1) == std::string::npos);
}

TEST_CASE("a target that takes features needs a server, and so do whole pictures") {
  const Scene scene;
  for (const std::vector<std::string>& more :
       std::vector<std::vector<std::string>>{{"--target", "0.7"}, {}, {"--target", "0.5", "--no-split"}}) {
    const auto ended = scene.run(more);
    CHECK(ended.status == 1);
    CHECK(contains(ended.errors, "not_connected"));
    CHECK_FALSE(contains(ended.errors, kGoesOn));
  }
}

TEST_CASE("names of classes that are none, or of other answers, are said once, and numbers take their place") {
  for (const auto& [names, says] : {std::pair{R"(["crimson", "green"])", "x_classes names 2"},
                                    std::pair{R"(["crimson", 2, "blue"])", "entry 1 is no text"}}) {
    const Scene scene;
    test::name_classes(scene.folder.path() / "halves", names);
    const auto ended = scene.run({"--target", "0.5", "--give-up-ms", "0"});
    REQUIRE_MESSAGE(ended.status == 0, ended.errors);
    const std::size_t first = ended.errors.find(says);
    REQUIRE_MESSAGE(first != std::string::npos, ended.errors);
    CHECK(ended.errors.find(says, first + 1) == std::string::npos);
    CHECK(contains(ended.output, "class "));
    CHECK_FALSE(contains(ended.output, "crimson"));
  }
}
