#include "native/eval/split/test_pictures.hpp"

#include <algorithm>
#include <cstdlib>

#include "native/eval/split/cifar10.hpp"
#include "native/eval/split/picture_folders.hpp"

namespace sluice::eval {
namespace {

namespace fs = std::filesystem;

fs::path fetched_pictures() {
  const char* deps = std::getenv("SLUICE_DEPS");
  return fs::path(deps != nullptr && *deps != '\0' ? deps : ".deps") / "cifar10";
}

Result<TestPictures> read_cifar10(const fs::path& folder) {
  auto test = read_cifar10_test(folder);
  if (!test) return fail(test.error());
  auto training = read_cifar10_training(folder);
  if (!training) return fail(training.error());
  return TestPictures{*std::move(test), true, *std::move(training), "the test split of CIFAR-10"};
}

// Subfolders are numbered by their names; the bundle's classes by its answers.
Result<void> number_as(std::span<const std::string> classes, const fs::path& folder, LabelledPictures& pictures) {
  // Pictures that lie in the folder itself are found as one clip of its name.
  if (pictures.class_names.size() == 1 && pictures.class_names[0] == fs::weakly_canonical(folder).filename()) {
    return fail(ErrorCode::kInvalidArgument,
                {"'", folder.string(), "' has no subfolders; put the pictures into one for each class"});
  }
  std::vector<std::int64_t> numbers;
  for (const std::string& name : pictures.class_names) {
    const auto found = std::ranges::find(classes, name);
    if (found == classes.end()) {
      return fail(ErrorCode::kInvalidArgument,
                  {"'", folder.string(), "' has a subfolder '", name, "', which is none of the bundle's ",
                   classes.size(), " classes (x_classes in its manifest.json); name subfolders as in training"});
    }
    numbers.push_back(found - classes.begin());
  }
  for (std::int64_t& label : pictures.labels) label = numbers[static_cast<std::size_t>(label)];
  return {};
}

}  // namespace

Result<TestPictures> read_test_pictures(const fs::path& folder, const input::ImageSpec& input,
                                        std::span<const std::string> classes) {
  if (folder.empty()) return read_cifar10(fetched_pictures());
  if (holds_cifar10(folder)) return read_cifar10(folder);
  if (input.width != input.height) {
    return fail(ErrorCode::kInvalidArgument, {"the model takes pictures of ", input.width, "x", input.height,
                                              "; folders of pictures are measured on squares"});
  }
  auto pictures = read_picture_folders(folder, input.width);
  if (!pictures) return fail(pictures.error());
  TestPictures made{*std::move(pictures), !classes.empty(), std::nullopt, folder.string()};
  if (!made.labelled) {
    std::ranges::fill(made.test.labels, 0);
    made.data += ", labels: the full model's answers, as the bundle names no classes";
    return made;
  }
  if (auto numbered = number_as(classes, folder, made.test); !numbered) return fail(numbered.error());
  return made;
}

}  // namespace sluice::eval
