// `sluice variants` from files to files: what it measures is known by hand.
#include "native/eval/variants/variants_command.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

#include "core/filter/binomial.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/bundle/class_names.hpp"
#include "tests/native/eval/variants/colour_classifier.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::eval;
namespace fs = std::filesystem;

namespace {

struct Setting {
  Setting() {
    test::write_colour_bundle(bundle);
    std::ofstream(bundle / "README.md") << "of the user's\n";
    test::write_colours(data, 40, 40, 20);
    test::write_colours(others, 10, 10, 5);
    options.bundle = bundle;
    options.data = data;
    options.keep_dominated = true;  // which of so small networks is quicker is chance
  }

  std::string model(const std::string& name, const test::ClassifierForm& form) const {
    return folder.write(name, test::colour_classifier(form));
  }

  Result<void> run() {
    std::FILE* out = std::fopen((folder.path() / "out.txt").c_str(), "w");
    REQUIRE(out != nullptr);
    auto done = run_variants(options, out, nullptr);
    std::fclose(out);
    said = *bundle::read_file(folder.path() / "out.txt");
    return done;
  }

  void refuses(ErrorCode code, const std::string& part) {
    const std::string before = *bundle::read_file(bundle / "manifest.json");
    const auto done = run();
    REQUIRE_FALSE(done.has_value());
    CHECK_MESSAGE(done.error().code == code, describe(done.error()));
    CHECK_MESSAGE(done.error().message.find(part) != std::string::npos, done.error().message);
    CHECK(*bundle::read_file(bundle / "manifest.json") == before);
    for (const auto& entry : fs::directory_iterator(folder.path())) {
      CHECK_MESSAGE(entry.path().string().find(".partial") == std::string::npos, entry.path().string());
    }
  }

  test::TemporaryFolder folder;
  fs::path bundle = folder.path() / "colours", data = folder.path() / "data", others = folder.path() / "others";
  VariantsOptions options;
  std::string said;
};

}  // namespace

TEST_CASE("a variant is added with the least agreement that the pictures prove, and the bundle keeps all else") {
  Setting setting;
  setting.options.added = {"red-green=" + setting.model("a.onnx", {.sees_blue = false})};
  setting.options.test = setting.others;
  setting.options.json = true;
  const auto done = setting.run();
  REQUIRE_MESSAGE(done.has_value(), (done ? std::string() : describe(done.error())));
  const auto read = bundle::read_bundle(setting.bundle);
  REQUIRE_MESSAGE(read.has_value(), (read ? std::string() : describe(read.error())));
  REQUIRE(read->manifest.variants.size() == 1);
  const pipeline::ModelVariant& variant = read->manifest.variants.front();
  CHECK(variant.name == "red-green");
  const double proven = filter::clopper_pearson(80, 100, 0.9).low;
  CHECK(static_cast<double>(variant.agreement) <= proven);
  CHECK(static_cast<double>(variant.agreement) > proven - 2e-4);
  REQUIRE(variant.profile.size() == 1);
  CHECK(variant.profile[0].device == "xnnpack-1-thread");
  CHECK(variant.profile[0].bytes > 0);
  CHECK(read->part("red-green").size() == fs::file_size(setting.folder.path() / "a.onnx"));
  CHECK(fs::exists(setting.bundle / "README.md"));
  const auto classes = bundle::read_class_names(setting.bundle);
  REQUIRE(classes.has_value());
  CHECK(classes->size() == 3);
  CHECK(read->manifest.ignored == std::vector<std::string>{"later"});
  CHECK_MESSAGE(setting.said.find("80.00 %") != std::string::npos, setting.said);
  CHECK_MESSAGE(setting.said.find("\"test_pictures\":25") != std::string::npos, setting.said);
}

TEST_CASE("a variant of that name is replaced, one that is named goes, and those that are there are measured anew") {
  Setting setting;
  setting.options.added = {"one=" + setting.model("a.onnx", {.sees_blue = false}),
                           "two=" + setting.model("b.onnx", {})};
  REQUIRE(setting.run().has_value());
  auto manifest = bundle::read_manifest(setting.bundle);
  REQUIRE(manifest->variants.size() == 2);
  const float half_blind = manifest->variants[0].agreement;
  CHECK(manifest->variants[1].agreement > 0.95F);
  setting.options.added = {"one=" + setting.folder.path().string() + "/b.onnx"};
  setting.options.removed = {"two"};
  setting.options.bundle = setting.bundle.string() + "/";  // as a shell completes it
  REQUIRE(setting.run().has_value());
  manifest = bundle::read_manifest(setting.bundle);
  REQUIRE(manifest->variants.size() == 1);
  CHECK(manifest->variants[0].agreement > half_blind);
  setting.options.added.clear();
  setting.options.removed.clear();
  setting.options.data = setting.others;
  REQUIRE(setting.run().has_value());
  manifest = bundle::read_manifest(setting.bundle);
  REQUIRE(manifest->variants.size() == 1);
  CHECK(manifest->variants[0].agreement < 0.95F);  // 25 pictures prove less
  CHECK(bundle::read_bundle(setting.bundle).has_value());
}

TEST_CASE("into another folder, or nowhere, the bundle itself stays as it was") {
  Setting setting;
  const std::string before = *bundle::read_file(setting.bundle / "manifest.json");
  setting.options.added = {"one=" + setting.model("a.onnx", {.sees_blue = false})};
  setting.options.dry_run = true;
  REQUIRE(setting.run().has_value());
  CHECK(*bundle::read_file(setting.bundle / "manifest.json") == before);
  CHECK_FALSE(fs::exists(setting.bundle / "one.onnx"));
  setting.options.dry_run = false;
  setting.options.out = setting.folder.path() / "new/colours";
  REQUIRE(setting.run().has_value());
  CHECK(*bundle::read_file(setting.bundle / "manifest.json") == before);
  CHECK(bundle::read_bundle(setting.options.out)->manifest.variants.size() == 1);
  REQUIRE(setting.run().has_value());  // over what it wrote
  setting.options.out = setting.data;
  setting.refuses(ErrorCode::kInvalidArgument, "is no bundle 'colours'");
}

TEST_CASE("what does not fit is refused by name, and nothing changes") {
  Setting setting;
  setting.options.added = {"one=" + setting.model("a.onnx", {.output = "scores"})};
  setting.refuses(ErrorCode::kNotFound, "variant 'one': its output 0 is 'scores'");
  setting.options.added = {"one=" + setting.model("a.onnx", {.classes = 4})};
  setting.refuses(ErrorCode::kShapeMismatch, "[?, 4]; the model's is [?, 3]");
  setting.options.added = {"one=" + setting.model("a.onnx", {.batch = 1})};
  setting.refuses(ErrorCode::kShapeMismatch, "its input 'picture' is [1, 3, 8, 8]");
  setting.options.added = {"one=" + setting.folder.write("a.onnx", "no model")};
  setting.refuses(ErrorCode::kMalformedModel, "variant 'one'");
  setting.options.added = {"one=" + setting.folder.path().string() + "/nothing.onnx"};
  setting.refuses(ErrorCode::kIoError, "nothing.onnx");
  setting.options.added = {"model=" + setting.model("a.onnx", {})};
  setting.refuses(ErrorCode::kInvalidArgument, "has a part 'model'");
  setting.options.added = {"One=a.onnx"};
  setting.refuses(ErrorCode::kInvalidArgument, "'One'");
  setting.options.added = {"one"};
  setting.refuses(ErrorCode::kInvalidArgument, "NAME=FILE");
  setting.options.added = {};
  setting.refuses(ErrorCode::kInvalidArgument, "has no variants");
  setting.options.removed = {"two"};
  setting.refuses(ErrorCode::kNotFound, "'two'");
}

TEST_CASE("pictures that prove nothing, are the test's own, or are not there, are refused") {
  Setting setting;
  setting.options.added = {"one=" + setting.model("a.onnx", {.sees_blue = false})};
  test::write_colours(setting.folder.path() / "blue", 0, 0, 5);
  setting.options.data = setting.folder.path() / "blue";
  setting.refuses(ErrorCode::kInvalidArgument, "nothing can be promised");
  setting.options.data = setting.data;
  setting.options.test = setting.data;
  setting.refuses(ErrorCode::kInvalidArgument, "cannot test");
  setting.options.test.clear();
  fs::create_directories(setting.folder.path() / "empty");
  setting.options.data = setting.folder.path() / "empty";
  setting.refuses(ErrorCode::kNotFound, "neither videos nor pictures");
}
