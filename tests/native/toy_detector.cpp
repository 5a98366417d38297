#include "tests/native/toy_detector.hpp"

#include <cstdio>
#include <fstream>
#include <random>
#include <vector>

#include "core/model/onnx_writer.hpp"

namespace sluice::test {
namespace {

using model::Attribute;
using model::OnnxWriter;
using Ints = std::vector<std::int64_t>;

void add_constant(OnnxWriter& writer, const std::string& name, const Shape& shape, std::vector<float> values) {
  values.resize(*shape.element_count());
  writer.add_initializer(name, *view_of(std::span<const float>(values), shape));
}

}  // namespace

std::string toy_detector() {
  OnnxWriter writer("red_squares", 13);
  writer.add_input("data", DataType::kFloat32, {1, 3, kToySide, kToySide});
  // Redness: red minus green and blue, in 0..1; sure above 0.5. One anchor says so, the other never.
  add_constant(writer, "redness", Shape{4, 3, 1, 1}, {0, 0, 0, 0, 0, 0, 0.16F, -0.08F, -0.08F, 0, 0, 0});
  add_constant(writer, "redness_bias", Shape{4}, {20, 20, -10, -20});
  add_constant(writer, "no_boxes", Shape{8, 3, 1, 1}, {});
  add_constant(writer, "no_landmarks", Shape{20, 3, 1, 1}, {});
  for (const std::int64_t stride : {std::int64_t{8}, std::int64_t{16}, std::int64_t{32}}) {
    const std::string suffix = "stride" + std::to_string(stride);
    const std::int64_t cells = kToySide / stride;
    writer.add_node("AveragePool", {"data"}, {"mean_" + suffix},
                    {{"kernel_shape", Ints{stride, stride}}, {"strides", Ints{stride, stride}}});
    writer.add_node("Conv", {"mean_" + suffix, "redness", "redness_bias"}, {"logits_" + suffix},
                    {{"kernel_shape", Ints{1, 1}}});
    const auto output = [&](const std::string& name, std::int64_t channels) {
      writer.add_output(name, DataType::kFloat32, {1, channels, cells, cells});
      return name;
    };
    writer.add_node("Sigmoid", {"logits_" + suffix}, {output("face_rpn_cls_prob_reshape_" + suffix, 4)});
    writer.add_node("Conv", {"mean_" + suffix, "no_boxes"}, {output("face_rpn_bbox_pred_" + suffix, 8)},
                    {{"kernel_shape", Ints{1, 1}}});
    writer.add_node("Conv", {"mean_" + suffix, "no_landmarks"}, {output("face_rpn_landmark_pred_" + suffix, 20)},
                    {{"kernel_shape", Ints{1, 1}}});
  }
  return writer.finish();
}

std::string toy_filter() {
  OnnxWriter writer("red_somewhere", 13);
  writer.add_input("picture", DataType::kFloat32, {1, 3, kToySide, kToySide});
  add_constant(writer, "redness", Shape{1, 3, 1, 1}, {0.16F, -0.08F, -0.08F});
  add_constant(writer, "redness_bias", Shape{1}, {-10});
  writer.add_node("AveragePool", {"picture"}, {"mean"}, {{"kernel_shape", Ints{8, 8}}, {"strides", Ints{8, 8}}});
  writer.add_node("Conv", {"mean", "redness", "redness_bias"}, {"logits"}, {{"kernel_shape", Ints{1, 1}}});
  writer.add_node("GlobalMaxPool", {"logits"}, {"best"});
  writer.add_node("Flatten", {"best"}, {"flat"}, {{"axis", std::int64_t{1}}});
  writer.add_node("Sigmoid", {"flat"}, {"needed"});
  writer.add_output("needed", DataType::kFloat32, {1, 1});
  return writer.finish();
}

pipeline::ModelSpec toy_spec() {
  pipeline::ModelSpec spec;
  spec.part = "model";
  input::ImageSpec picture;
  picture.width = kToySide;
  picture.height = kToySide;
  picture.fit = input::Fit::kLetterbox;
  spec.input = picture;
  spec.output.decoder = "retinaface";
  return spec;
}

void write_toy_pictures(const std::filesystem::path& folder, std::size_t count, unsigned seed) {
  std::filesystem::create_directories(folder);
  std::mt19937 random(seed);
  for (std::size_t n = 0; n < count; ++n) {
    std::vector<unsigned char> pixels(std::size_t{kToySide} * kToySide * 3);
    for (auto& value : pixels) value = static_cast<unsigned char>(60 + random() % 120);
    if (n % 2 == 0) {
      const std::size_t side = 18 + random() % 12;
      const std::size_t left = random() % (kToySide - side);
      const std::size_t top = random() % (kToySide - side);
      for (std::size_t y = top; y < top + side; ++y) {
        for (std::size_t x = left; x < left + side; ++x) {
          auto* pixel = pixels.data() + (y * kToySide + x) * 3;
          pixel[0] = 250;
          pixel[1] = pixel[2] = 15;
        }
      }
    }
    char name[32];
    std::snprintf(name, sizeof(name), "%04zu.ppm", n);
    std::ofstream file(folder / name, std::ios::binary);
    file << "P6\n" << kToySide << ' ' << kToySide << "\n255\n";
    file.write(reinterpret_cast<const char*>(pixels.data()), static_cast<std::streamsize>(pixels.size()));
  }
}

}  // namespace sluice::test
