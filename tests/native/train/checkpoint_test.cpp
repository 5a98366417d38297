#include "tests/native/train/doctest_with_torch.hpp"

#include "native/train/checkpoint.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "native/train/random.hpp"
#include "tests/native/temporary_folder.hpp"

using sluice::test::TemporaryFolder;
using sluice::train::CheckpointReader;
using sluice::train::CheckpointWriter;

namespace {

constexpr std::int64_t kNumbers = 200'000;  // enough that writing them takes a while

sluice::Result<void> write(const std::filesystem::path& file, double value) {
  CheckpointWriter writer("key");
  writer.add("numbers", torch::full({kNumbers}, value));
  return writer.write(file);
}

}  // namespace

// Before anything in this file uses LibTorch's threads, since the children are forked.
TEST_CASE("a kill at any moment leaves a checkpoint that is whole") {
  TemporaryFolder folder;
  const auto file = folder.path() / "checkpoint";
  at::set_num_threads(1);
  REQUIRE(write(file, 0).has_value());
  sluice::train::Random random(11);
  for (int round = 0; round < 25; ++round) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      for (double value = 1;; ++value) {
        if (!write(file, value)) _exit(1);
      }
    }
    std::this_thread::sleep_for(std::chrono::microseconds(1000 + random.index(30'000)));
    kill(child, SIGKILL);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    CheckpointReader reader;
    const auto found = reader.open(file, "key");
    REQUIRE_MESSAGE(found.has_value(), found.error().message);
    REQUIRE(*found);
    torch::Tensor numbers;
    reader.get("numbers", numbers);
    REQUIRE(numbers.numel() == kNumbers);
    CHECK(numbers.min().item<float>() == numbers.max().item<float>());
  }
}

TEST_CASE("a checkpoint belongs to its key, and one that is damaged is named") {
  TemporaryFolder folder;
  const auto file = folder.path() / "checkpoint";
  CHECK_FALSE(*CheckpointReader().open(file, "key"));
  REQUIRE(write(file, 3).has_value());
  CHECK(*CheckpointReader().open(file, "key"));
  CHECK_FALSE(*CheckpointReader().open(file, "another key"));
  CHECK(CheckpointReader().open_any(file).has_value());
  std::ofstream(file) << "no archive";
  const auto damaged = CheckpointReader().open(file, "key");
  REQUIRE_FALSE(damaged.has_value());
  CHECK(damaged.error().message.find(file.string()) != std::string::npos);
  CHECK_FALSE(CheckpointReader().open_any(file).has_value());
  CHECK_FALSE(CheckpointReader().open_any(folder.path() / "none").has_value());
}

TEST_CASE("a file is replaced in one step, or not at all") {
  TemporaryFolder folder;
  const auto file = folder.path() / "file";
  REQUIRE(sluice::train::write_atomically(file, "old").has_value());
  REQUIRE(sluice::train::write_atomically(file, "new").has_value());
  std::ifstream in(file);
  std::string text;
  in >> text;
  CHECK(text == "new");
  CHECK_FALSE(std::filesystem::exists(file.string() + ".partial"));
  CHECK(sluice::train::write_atomically(folder.path() / "nowhere" / "file", "x").error().code ==
        sluice::ErrorCode::kIoError);
}
