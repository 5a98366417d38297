// Texts that take their place whole or not at all.
#include "native/bundle/text_file.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::bundle;
namespace fs = std::filesystem;

namespace {

std::string text_in(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("a text takes the place of what was there, and nothing else is left") {
  const test::TemporaryFolder folder;
  const fs::path file = folder.path() / "plot.svg";
  REQUIRE(write_text_file(file, "first").has_value());
  REQUIRE(write_text_file(file, "second").has_value());
  CHECK(text_in(file) == "second");
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("a file of the user's beside it stays, whatever it is called") {
  const test::TemporaryFolder folder;
  std::ofstream(folder.path() / "plot.svg.partial") << "keep";
  CHECK(check_writable(folder.path() / "plot.svg").has_value());
  REQUIRE(write_text_file(folder.path() / "plot.svg", "text").has_value());
  CHECK(text_in(folder.path() / "plot.svg.partial") == "keep");
}

TEST_CASE("a look at whether it can be written makes no file, and leaves the one that is there") {
  const test::TemporaryFolder folder;
  const fs::path file = folder.path() / "plot.svg";
  CHECK(check_writable(file).has_value());
  CHECK(files_in(folder.path()) == 0);
  REQUIRE(write_text_file(file, "first").has_value());
  CHECK(check_writable(file).has_value());
  CHECK(text_in(file) == "first");
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("what can't be written is named, by the look and by the writing") {
  const test::TemporaryFolder folder;
  for (const fs::path& file : {folder.path() / "nowhere/plot.svg", folder.path()}) {
    CHECK(check_writable(file).error().code == ErrorCode::kInvalidArgument);
    const auto written = write_text_file(file, "text");
    REQUIRE_FALSE(written.has_value());
    CHECK(written.error().message.find(file.string()) != std::string::npos);
  }
  CHECK(files_in(folder.path()) == 0);
}

TEST_CASE("a full disk leaves what was there: a device is written as it is, and says so") {
  CHECK(check_writable("/dev/full").has_value());
  CHECK(write_text_file("/dev/full", "text").error().code == ErrorCode::kInvalidArgument);
  CHECK(write_text_file("/dev/null", "text").has_value());
  CHECK(fs::is_character_file("/dev/null"));
}

TEST_CASE("a link goes on naming the file, which gets the text") {
  const test::TemporaryFolder folder;
  std::ofstream(folder.path() / "real.svg") << "old";
  fs::create_symlink(folder.path() / "real.svg", folder.path() / "link.svg");
  REQUIRE(write_text_file(folder.path() / "link.svg", "new").has_value());
  CHECK(fs::is_symlink(folder.path() / "link.svg"));
  CHECK(text_in(folder.path() / "real.svg") == "new");
}

TEST_CASE("a file that is replaced stays as readable as it was, and its owner's") {
  const test::TemporaryFolder folder;
  const fs::path file = folder.path() / "plot.svg";
  constexpr uid_t kSomebody = 12345;
  for (const mode_t mode : {0600U, 0664U, 0444U}) {
    std::ofstream(file) << "old";
    REQUIRE(::chmod(file.c_str(), mode) == 0);
    const bool given_away = ::chown(file.c_str(), kSomebody, kSomebody) == 0;  // where the tests run as root
    REQUIRE(write_text_file(file, "new").has_value());
    struct stat now{};
    REQUIRE(::stat(file.c_str(), &now) == 0);
    CHECK((now.st_mode & 07777) == mode);
    CHECK(now.st_uid == (given_away ? kSomebody : ::getuid()));
    CHECK(text_in(file) == "new");
    fs::remove(file);
  }
}
