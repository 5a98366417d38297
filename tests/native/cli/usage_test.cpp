// The command line itself: help that teaches, and wrong usage that says so.
#include <doctest/doctest.h>

#include "tests/native/child_process.hpp"

using sluice::test::run_program;

TEST_CASE("help lists the commands and shows examples") {
  const auto help = run_program({SLUICE_PROGRAM, "--help"});
  CHECK(help.status == 0);
  for (const char* expected : {"run", "inspect", "Examples:", "sluice run --bundle faces"}) {
    CHECK_MESSAGE(help.output.find(expected) != std::string::npos, expected);
  }
  const auto run_help = run_program({SLUICE_PROGRAM, "run", "--help"});
  CHECK(run_help.status == 0);
  for (const char* expected : {"--bundle", "--server", "--policy", "--place", "--target", "--realtime", "--max-frames",
                               "--save-boxes", "--audit", "--json", "Examples:", "/dev/video0"}) {
    CHECK_MESSAGE(run_help.output.find(expected) != std::string::npos, expected);
  }
  CHECK(run_program({SLUICE_PROGRAM, "inspect", "--help"}).status == 0);
  CHECK(run_program({SLUICE_PROGRAM, "--version"}).status == 0);
}

TEST_CASE("wrong usage exits with 2 and says what is wrong") {
  const auto refused = [](std::vector<std::string> arguments, const char* expected) {
    arguments.insert(arguments.begin(), SLUICE_PROGRAM);
    const auto ended = run_program(arguments);
    CHECK(ended.status == 2);
    CHECK_MESSAGE(ended.errors.find(expected) != std::string::npos, ended.errors);
  };
  refused({}, "subcommand");
  refused({"run", "x.mp4"}, "--bundle");
  refused({"run", "--bundle", "b", "x.mp4", "--place", "moon"}, "--place");
  refused({"run", "--bundle", "b", "x.mp4", "--policy", "best"}, "--policy");
  refused({"run", "--bundle", "b", "x.mp4", "--target", "1.5"}, "--target");
  refused({"run", "--bundle", "b", "x.mp4", "--jpeg-quality", "0"}, "--jpeg-quality");
  refused({"inspect"}, "what");
}
