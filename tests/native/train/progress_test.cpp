#include "native/train/progress.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <string>

using sluice::train::progress_text;
using sluice::train::ProgressLog;

namespace {

std::string contents(std::FILE* file) {
  std::rewind(file);
  std::string text;
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
  return text;
}

}  // namespace

TEST_CASE("progress tells its rate and the time that is left") {
  CHECK(progress_text(0, 40, 0, 0) == "0 of 40");
  CHECK(progress_text(10, 40, 0, 5) == "10 of 40, 2/s, 15 s left");
  CHECK(progress_text(1, 101, 0, 4) == "1 of 101, 0.25/s, 7 min left");
  CHECK(progress_text(100, 40'000, 0, 100) == "100 of 40000, 1/s, 11 h 5 min left");
  CHECK(progress_text(40, 40, 0, 2) == "40 of 40, 20/s");
  // What an earlier run did says nothing about this one's pace.
  CHECK(progress_text(30, 40, 20, 5) == "30 of 40, 2/s, 5 s left");
  CHECK(progress_text(20, 40, 20, 5) == "20 of 40");
}

TEST_CASE("a file gets a line once in a while and the last one, not a line a step") {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  {
    ProgressLog log(file);
    const auto progress = log.progress("training, step");
    for (std::size_t step = 1; step <= 5000; ++step) progress(step, 5000);
    log.line("done");
  }
  const std::string text = contents(file);
  std::fclose(file);
  CHECK(text.find('\r') == std::string::npos);
  CHECK(text.find("training, step: 5000 of 5000") != std::string::npos);
  CHECK(text.ends_with("\ndone\n"));
  std::size_t lines = 0;
  for (const char c : text) lines += c == '\n' ? 1 : 0;
  CHECK(lines <= 100);  // fifteen seconds lie between two of them
}

TEST_CASE("without a file nothing is told") {
  ProgressLog log(nullptr);
  log.line("nothing");
  log.progress("nothing")(1, 2);
}
