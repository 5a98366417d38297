#include "native/cli/line_file.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using sluice::test::read_file;
using sluice::test::TemporaryFolder;

TEST_CASE("lines are in the file when they were written") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "lines";
  auto lines = cli::LineFile::create(path);
  REQUIRE(lines);
  (*lines)->write("one");
  (*lines)->write("two");
  CHECK((*lines)->state());
  CHECK(read_file(path.string()) == "one\ntwo\n");
}

TEST_CASE("a pipe that nobody reads is refused when it is opened") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const auto lines = cli::LineFile::create(path);
  REQUIRE_FALSE(lines);
  CHECK(lines.error().code == ErrorCode::kIoError);
}

TEST_CASE("a pipe whose reader goes ends the file and not the program") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(reader >= 0);
  auto lines = cli::LineFile::create(path, "the end");
  REQUIRE(lines);
  (*lines)->write("one");
  REQUIRE((*lines)->state());
  ::close(reader);
  (*lines)->write("two");  // with SIGPIPE as it is by default, which ends a program
  const auto state = (*lines)->state();
  REQUIRE_FALSE(state);
  CHECK(state.error().message == "cannot write more than 4 bytes to '" + path.string() + "': Broken pipe");
  sigset_t pending;
  ::sigpending(&pending);
  CHECK(sigismember(&pending, SIGPIPE) == 0);
  struct sigaction action{};
  ::sigaction(SIGPIPE, nullptr, &action);
  const bool is_default = action.sa_handler == SIG_DFL;
  CHECK(is_default);
}
