// The command line itself: help that teaches, and wrong usage that says so.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "native/arguments/checks.hpp"
#include "tests/native/child_process.hpp"

namespace arguments = sluice::arguments;
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
  CHECK(run_help.output.find("--connect-timeout-ms") != std::string::npos);
  CHECK(run_program({SLUICE_PROGRAM, "inspect", "--help"}).status == 0);
  const auto teaches = [](const char* command, const char* example) {
    const auto shown = run_program({SLUICE_PROGRAM, command, "--help"});
    CHECK(shown.status == 0);
    CHECK(shown.output.find("Examples:") != std::string::npos);
    CHECK_MESSAGE(shown.output.find(example) != std::string::npos, shown.output);
  };
  teaches("replay", "sluice replay decisions.log --bundle faces");
#ifdef SLUICE_WITH_EVAL
  teaches("eval", "sluice eval faces --target 0.95 --json");
#endif
  CHECK(help.output.find("early exits (--exits)") != std::string::npos);
#ifdef SLUICE_WITH_FIT
  teaches("fit", "sluice fit --name mine --model detector.onnx");
  teaches("fit", "a SKIP filter for a model, a network in two halves (--split) or one with early exits (--exits)");
  teaches("fit", "--importance-weight 0 --local-channels 0 --channel-choice first");
#endif
#ifndef SLUICE_WITH_FIT
  const auto fit = run_program({SLUICE_PROGRAM, "fit", "--name", "mine"});
  CHECK(fit.status == 1);
  CHECK_MESSAGE(fit.errors.find("engine_unavailable") != std::string::npos, fit.errors);
  CHECK_MESSAGE(fit.errors.find("--trainer") != std::string::npos, fit.errors);
#endif
  CHECK(run_program({SLUICE_PROGRAM, "--version"}).status == 0);
}

TEST_CASE("simulations have a help and a report of their own") {
  CHECK(run_program({SLUICE_PROGRAM, "simulate", "--help"}).output.find("residency") != std::string::npos);
  const auto help = run_program({SLUICE_PROGRAM, "simulate", "residency", "--help"});
  CHECK(help.status == 0);
  for (const char* expected : {"--trace", "--capacity", "--policy", "--drift", "--plot", "cremebrulee-oracle",
                               "sluice simulate residency --drift 2000"}) {
    CHECK_MESSAGE(help.output.find(expected) != std::string::npos, expected);
  }
  const auto done = run_program({SLUICE_PROGRAM, "simulate", "residency", "--models", "20", "--requests", "300",
                                 "--capacity", "50%", "--policy", "utility,lru", "--json"});
  CHECK(done.status == 0);
  CHECK_MESSAGE(done.output.find("\n{\"source\":\"zipf\",\"requests\":300,") != std::string::npos, done.output);
  CHECK(done.output.find("\"lru_50_hit_rate\":") != std::string::npos);
  const auto unknown = run_program({SLUICE_PROGRAM, "simulate", "residency", "--policy", "clock"});
  CHECK(unknown.status == 1);
  CHECK_MESSAGE(unknown.errors.find("not_found: 'clock' is no policy; there are utility") != std::string::npos,
                unknown.errors);
}

TEST_CASE("wrong usage exits with 2 and says what is wrong") {
  const auto refused = [](std::vector<std::string> arguments, const char* expected) {
    arguments.insert(arguments.begin(), SLUICE_PROGRAM);
    const auto ended = run_program(arguments);
    CHECK(ended.status == 2);
    CHECK_MESSAGE(ended.errors.find(expected) != std::string::npos, ended.errors);
  };
  refused({}, "a command is missing\n        `sluice --help`");
  refused({"rum"}, "'rum' is no command of `sluice`; the nearest is run");
  refused({"frobnicate"}, "'frobnicate' is no command of `sluice`; there are run, replay, inspect");
  refused({"run", "--bundle", "b", "x.mp4", "--frobnicate"},
          "'--frobnicate' is no option of `sluice run`; there are --");
  refused({"replay", "a", "--bundle", "c", "--frobnicate"},
          "'--frobnicate' is no option of `sluice replay`; there are --help, --bundle, --other-contents\n");
  refused({"run", "x.mp4"}, "--bundle is required\n        `sluice run --help`");
  refused({"run", "--bundle", "b", "x.mp4", "--place", "moon"},
          "--place: 'moon' is none of remote, local, remote-else-local");
  refused({"run", "--bundle", "b", "x.mp4", "--place", "0"}, "--place: '0'");
  refused({"run", "--bundle", "b", "x.mp4", "--policy", "best"}, "--policy: 'best' is none of newest-wins, keep-all");
  refused({"run", "--bundle", "b", "x.mp4", "--taget", "0.9"},
          "'--taget' is no option of `sluice run`; the nearest is --target");
  refused({"run", "--bundle", "b", "x.mp4", "--jpeg-quality", "0"},
          "--jpeg-quality: '0' is not a whole number from 1 to 100");
  refused({"run", "--bundle", "b", "x.mp4", "--jpeg-quality", "010"}, "--jpeg-quality: '010'");
  refused({"run", "--bundle", "b", "x.mp4", "--max-frames", "-1"}, "--max-frames: '-1'");
  refused({"run", "--bundle", "b", "x.mp4", "--budget-ms"}, "--budget-ms");
  refused({"replay", "a", "b", "--bundle", "c"}, "'b' is no argument of `sluice replay`");
  refused({"inspect"}, "what is required");
  refused({"simulate"}, "a command is missing\n        `sluice simulate --help`");
  refused({"simulate", "residence"}, "'residence' is no command of `sluice simulate`; the nearest is residency");
  refused({"simulate", "residency", "--polcy", "lru"},
          "'--polcy' is no option of `sluice simulate residency`; the nearest is --policy");
  refused({"simulate", "residency", "--timing", "fast"}, "--timing: 'fast' is none of instant, concurrent, serial");
  refused({"simulate", "residency", "--keep", "nan", "--trace", "/"}, "--keep: 'nan' is not a number");
}

TEST_CASE("a share that is not one is wrong usage, whatever option it is for") {
  const auto refused = [](const std::vector<std::string>& command, const std::string& option,
                          const std::string& value) {
    std::vector<std::string> arguments{SLUICE_PROGRAM};
    arguments.insert(arguments.end(), command.begin(), command.end());
    arguments.insert(arguments.end(), {option, value});
    CAPTURE(option);
    CAPTURE(value);
    const auto ended = run_program(arguments);
    CHECK(ended.status == 2);
    CHECK(ended.output.empty());
    CHECK_MESSAGE(ended.errors.find("sluice: invalid_argument: " + option + ": '" + value + "' is not a number ") == 0,
                  ended.errors);
    CHECK(ended.errors.find("`sluice " + command.front() + " --help`") != std::string::npos);
  };
  for (const char* value : {"nan", "inf", "0", "1.5", "many"})
    refused({"run", "--bundle", "b", "x.mp4"}, "--target", value);
#ifdef SLUICE_WITH_EVAL
  for (const char* value : {"nan", "inf", "0", "1.5", "many"}) refused({"eval", "faces"}, "--target", value);
#endif
#ifdef SLUICE_WITH_FIT
  const std::vector<std::string> fit{"fit",         "--name", "x",     "--model", "/dev/null", "--train", "/",
                                     "--calibrate", "/",      "--out", "o",       "--work",    "w"};
  for (const char* option :
       {"--confidence", "--default-target", "--learning-rate", "--agree-iou", "--score-threshold", "--skip-share"}) {
    refused(fit, option, "nan");
  }
#endif
}

#ifdef SLUICE_WITH_FIT
TEST_CASE("fit asks for footage and a model, and with --split for pictures alone") {
  const auto refused = [](std::vector<std::string> arguments, const char* expected) {
    arguments.insert(arguments.begin(), {SLUICE_PROGRAM, "fit", "--name", "x", "--work", "w"});
    const auto ended = run_program(arguments);
    CHECK(ended.status == 2);
    CHECK_MESSAGE(ended.errors.find(expected) != std::string::npos, ended.errors);
  };
  refused({"--train", "/"}, "--model is required");
  refused({"--split"}, "--train is required");
  refused({"--split", "--train", "/", "--extractor", "round"}, "--extractor: 'round' is none of separable, strided");
  refused({"--exits", "--train", "/", "--cut-device-mmacs", "500"}, "--cut-device-mmacs requires --cut");
  refused({"--split", "--train", "/", "--rate-per-kbit", "nan"}, "--rate-per-kbit: 'nan'");
}
#endif

TEST_CASE("checks of numbers refuse what is none, or lies outside, and let the rest be") {
  const auto passes = [](const CLI::Validator& check, std::string text) { return check(text).empty(); };
  const auto between = arguments::number_between(0, 1);
  const auto above = arguments::number_above(0, 1);
  const auto from = arguments::number_from(0, 0.99);
  for (const char* bad :
       {"nan", "-nan", "NAN", "inf", "-inf", "1e400", "-0.9", "1.5", "", " ", "many", "0.9x", "0,9"}) {
    CAPTURE(bad);
    for (const auto& check : {between, above, from}) CHECK_FALSE(passes(check, bad));
  }
  for (const auto& check : {between, above, from}) CHECK(passes(check, "0.9"));
  CHECK_FALSE(passes(between, "0"));
  CHECK_FALSE(passes(above, "0"));
  CHECK(passes(from, "0"));
  CHECK_FALSE(passes(between, "1"));
  CHECK(passes(above, "1"));
  CHECK_FALSE(passes(from, "1"));
  std::string text = "2";
  CHECK(between(text) == "'2' is not a number above 0 and below 1");
  const auto whole = arguments::whole_number(1, 100);
  for (const char* good : {"1", "42", "100"}) CHECK(passes(whole, good));
  for (const char* bad : {"0", "101", "-1", "010", "0x10", "1.0", "99999999999999999999", "", "nan"}) {
    CAPTURE(bad);
    CHECK_FALSE(passes(whole, bad));
  }
  const auto named = arguments::one_of({{"near", 3}, {"far", 4}});
  text = "far";
  CHECK(named(text).empty());
  CHECK(text == "4");
  CHECK(named(text) == "'4' is none of near, far");
}
