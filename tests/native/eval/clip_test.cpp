// Which files are clips, and what links to folders are taken for.
#include "native/eval/clip.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::eval;
namespace fs = std::filesystem;

namespace {

void touch(const fs::path& file) {
  fs::create_directories(file.parent_path());
  std::ofstream{file};
}

std::vector<std::string> names_in(const fs::path& folder) {
  const auto clips = find_clips(folder);
  REQUIRE_MESSAGE(clips.has_value(), (clips ? std::string() : describe(clips.error())));
  std::vector<std::string> names;
  for (const Clip& clip : *clips) names.push_back(clip.name);
  return names;
}

}  // namespace

TEST_CASE("a link to a folder of pictures is a clip like the folder, and keeps its own name") {
  const test::TemporaryFolder folder;
  touch(folder.path() / "elsewhere/bees/1.png");
  touch(folder.path() / "data/ants/1.png");
  fs::create_directory_symlink(folder.path() / "elsewhere/bees", folder.path() / "data/wasps");
  fs::create_directory_symlink(folder.path() / "gone", folder.path() / "data/gone");
  CHECK(names_in(folder.path() / "data") == std::vector<std::string>{"ants", "wasps"});
}

TEST_CASE("folders that all link to each other are gone through once from each") {
  const test::TemporaryFolder folder;
  constexpr int kFolders = 12;
  for (int i = 0; i < kFolders; ++i) touch(folder.path() / "data" / std::to_string(i) / "1.png");
  for (int i = 0; i < kFolders; ++i) {
    for (int j = 0; j < kFolders; ++j) {
      if (i == j) continue;
      fs::create_directory_symlink(folder.path() / "data" / std::to_string(j),
                                   folder.path() / "data" / std::to_string(i) / ("l" + std::to_string(j)));
    }
  }
  CHECK(names_in(folder.path() / "data").size() == kFolders * kFolders);
}

TEST_CASE("links that lead back into themselves, by whatever way, are passed over") {
  const test::TemporaryFolder folder;
  touch(folder.path() / "data/ants/1.png");
  touch(folder.path() / "data/bees/1.png");
  fs::create_directory_symlink(folder.path() / "data", folder.path() / "data/ants/all");
  CHECK(names_in(folder.path() / "data") == std::vector<std::string>{"ants", "bees"});
  fs::create_directory_symlink(folder.path() / "data/bees", folder.path() / "data/ants/bees");
  fs::create_directory_symlink(folder.path() / "data/ants", folder.path() / "data/bees/ants");
  CHECK(names_in(folder.path() / "data") == std::vector<std::string>{"ants", "ants/bees", "bees", "bees/ants"});
}
