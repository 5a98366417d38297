#include "tests/native/eval/variants/colour_classifier.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <vector>

#include "core/model/onnx_writer.hpp"
#include "native/bundle/bundle_folder.hpp"

namespace sluice::test {
namespace {

constexpr std::int64_t kSide = 8;

void write_picture(const std::filesystem::path& file, const std::string& pixel) {
  std::ofstream out(file, std::ios::binary);
  out << "P6\n" << kSide << ' ' << kSide << "\n255\n";
  for (std::int64_t i = 0; i < kSide * kSide; ++i) out << pixel;
}

}  // namespace

std::string colour_classifier(const ClassifierForm& form) {
  model::OnnxWriter writer("colours", 13);
  writer.add_input(form.input, DataType::kFloat32, {form.batch, 3, kSide, kSide});
  std::vector<float> weights(static_cast<std::size_t>(form.classes) * 3, 0.0F);
  weights[0] = weights[4] = 1;  // red to the first, green to the second
  weights[form.sees_blue ? 8 : 2] = 1;
  const Shape shape{form.classes, 3, 1, 1};
  writer.add_initializer("weights", *view_of(std::span<const float>(weights), shape));
  writer.add_node("Conv", {form.input, "weights"}, {"maps"}, {{"kernel_shape", std::vector<std::int64_t>{1, 1}}});
  writer.add_node("GlobalAveragePool", {"maps"}, {"means"});
  writer.add_node("Flatten", {"means"}, {form.output}, {{"axis", std::int64_t{1}}});
  writer.add_output(form.output, DataType::kFloat32, {form.batch, form.classes});
  return writer.finish();
}

void write_colour_bundle(const std::filesystem::path& folder) {
  bundle::Bundle bundle;
  bundle.manifest.name = "colours";
  bundle.manifest.version = "1.0.0";
  bundle.manifest.parts = {{"model", "model.onnx", 0, ""}};
  bundle.manifest.model.part = "model";
  input::ImageSpec picture;
  picture.width = picture.height = kSide;
  bundle.manifest.model.input = picture;
  bundle.manifest.model.output.decoder = "none";
  bundle.manifest.agree_when.rule = "label";
  bundle.parts["model"] = colour_classifier({});
  REQUIRE(bundle::replace_bundle(folder, std::move(bundle)).has_value());
  auto text = bundle::read_file(folder / "manifest.json");
  REQUIRE(text.has_value());
  text->insert(text->find('{') + 1, R"("x_classes": ["red", "green", "blue"], "later": {"x": [1, 2.5]},)");
  std::ofstream(folder / "manifest.json") << *text;
}

void write_colours(const std::filesystem::path& folder, int red, int green, int blue) {
  std::filesystem::create_directories(folder);
  int number = 0;
  const auto write = [&](int count, const std::string& pixel) {
    for (int i = 0; i < count; ++i) write_picture(folder / (std::to_string(number++) + ".ppm"), pixel);
  };
  write(red, {'\xFF', '\0', '\0'});
  write(green, {'\0', '\xFF', '\0'});
  write(blue, {'\0', '\0', '\xFF'});
}

}  // namespace sluice::test
