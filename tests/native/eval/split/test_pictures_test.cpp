// Users' own pictures for `sluice eval`: a subfolder for each class, numbered as the bundle's answers are.
#include "native/eval/split/test_pictures.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "native/eval/split/split_eval.hpp"
#include "tests/native/split_bundle.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::eval;
namespace fs = std::filesystem;

namespace {

void write_picture(const fs::path& file, std::uint32_t width, std::uint32_t height, char value) {
  fs::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary);
  out << "P6\n" << width << ' ' << height << "\n255\n" << std::string(std::size_t{3} * width * height, value);
}

input::ImageSpec square(std::uint32_t side) {
  input::ImageSpec spec;
  spec.width = spec.height = side;
  return spec;
}

}  // namespace

TEST_CASE("subfolders are classes, whatever their order; pictures are cut to squares of the model's size") {
  const test::TemporaryFolder folder;
  write_picture(folder.path() / "ant/1.ppm", 16, 12, 'a');
  write_picture(folder.path() / "bee/1.ppm", 8, 8, 'b');
  write_picture(folder.path() / "bee/2.ppm", 8, 24, 'c');
  const std::vector<std::string> classes = {"bee", "cow", "ant"};
  const auto read = read_test_pictures(folder.path(), square(8), classes);
  REQUIRE_MESSAGE(read.has_value(), (read ? std::string() : describe(read.error())));
  CHECK(read->labelled);
  CHECK_FALSE(read->training);
  CHECK(read->test.labels == std::vector<std::int64_t>{2, 0, 0});
  CHECK(read->test.pixels.size() == 3 * 8 * 8 * 3);
  CHECK(read->test.picture(0)[0] == 'a');
  CHECK(read->test.picture(2)[3 * 8 * 8 - 1] == 'c');
}

TEST_CASE("a folder that is no class, no folder, and a model whose picture is no square, are said") {
  const test::TemporaryFolder folder;
  write_picture(folder.path() / "wasp/1.ppm", 8, 8, 'a');
  const std::vector<std::string> classes = {"ant", "bee"};
  const auto stranger = read_test_pictures(folder.path(), square(8), classes);
  REQUIRE_FALSE(stranger.has_value());
  CHECK(stranger.error().code == ErrorCode::kInvalidArgument);
  CHECK(stranger.error().message.find("'wasp'") != std::string::npos);
  write_picture(folder.path() / "bee/1.ppm", 8, 8, 'b');
  // Not even where the folder is called as one of the classes.
  const auto flat = read_test_pictures(folder.path() / "bee", square(8), std::vector<std::string>{"bee"});
  REQUIRE_FALSE(flat.has_value());
  CHECK(flat.error().message.find("no subfolders") != std::string::npos);
  CHECK(read_test_pictures(folder.path() / "none", square(8), classes).error().code == ErrorCode::kIoError);
  input::ImageSpec wide = square(8);
  wide.width = 16;
  CHECK(read_test_pictures(folder.path(), wide, classes).error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE("without names of classes the full model's answers are the labels") {
  const test::TemporaryFolder folder;
  test::write_split_bundle(folder.path() / "halves");
  const auto bundle = bundle::read_bundle(folder.path() / "halves");
  REQUIRE(bundle);
  for (char value = 10; value < 22; ++value) {
    write_picture(folder.path() / "pictures" / (std::to_string(value) + ".ppm"), 8, 8, static_cast<char>(value * 5));
  }
  EvalOptions options;
  options.data = folder.path() / "pictures";
  options.json = true;
  std::FILE* out = std::tmpfile();
  REQUIRE(out != nullptr);
  const auto done = run_split_eval(options, folder.path() / "halves", *bundle, out, nullptr);
  REQUIRE_MESSAGE(done.has_value(), (done ? std::string() : describe(done.error())));
  std::string text(static_cast<std::size_t>(std::ftell(out)), '\0');
  std::rewind(out);
  REQUIRE(std::fread(text.data(), 1, text.size(), out) == text.size());
  std::fclose(out);
  CHECK(text.find("the full model's answers") != std::string::npos);
  CHECK(text.find("\"full_accuracy\":1.0,") != std::string::npos);
  CHECK(text.find("\"bytes_over_deepcod\":null") != std::string::npos);
}

TEST_CASE("names of classes that are not as many as the answers are refused before anything is measured") {
  const test::TemporaryFolder folder;
  test::write_split_bundle(folder.path() / "halves");
  const fs::path file = folder.path() / "halves/manifest.json";
  std::stringstream manifest;
  manifest << std::ifstream(file).rdbuf();
  std::ofstream(file) << R"({"x_classes": ["red", "green"],)" << manifest.str().substr(manifest.str().find('{') + 1);
  const auto bundle = bundle::read_bundle(folder.path() / "halves");
  REQUIRE(bundle);
  EvalOptions options;
  write_picture(folder.path() / "pictures/red/1.ppm", 8, 8, 'a');
  options.data = folder.path() / "pictures";
  const auto done = run_split_eval(options, folder.path() / "halves", *bundle, stdout, nullptr);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().code == ErrorCode::kMalformedManifest);
  CHECK(done.error().message ==
        "x_classes in " + file.string() + " names 2 classes; the bundle's model answers with 3 logits");
}
