#include "tests/native/split_bundle.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "core/model/onnx_writer.hpp"
#include "core/split/device/unit_writer.hpp"
#include "native/bundle/bundle_folder.hpp"

namespace sluice::test {
namespace {

constexpr int kColours = 3;
constexpr int kZero = 128;
constexpr int kStep = 16;
constexpr int kFirstSymbol = -8;
constexpr int kSymbols = 16;
constexpr int kWeight = 64;

void put_u16(std::vector<std::uint8_t>& bytes, int value) {
  bytes.push_back(static_cast<std::uint8_t>(value));
  bytes.push_back(static_cast<std::uint8_t>(value >> 8));
}

// All symbols equally likely (core/split/coding/symbol_model.hpp).
std::vector<std::uint8_t> even_coding() {
  constexpr int kTotalBits = 12;
  std::vector<std::uint8_t> bytes{1, kTotalBits};
  for (const int size : {kColours, static_cast<int>(kSplitSide), static_cast<int>(kSplitSide), kSymbols})
    put_u16(bytes, size);
  bytes.push_back(static_cast<std::uint8_t>(kFirstSymbol));
  bytes.insert(bytes.end(), {1, 0, 0});
  bytes.insert(bytes.end(), kColours * 4 + kColours, 0);  // weights of neighbours, numbers of tables
  for (int symbol = 0; symbol < kSymbols; ++symbol) put_u16(bytes, symbol * ((1 << kTotalBits) / kSymbols));
  return bytes;
}

// Each output is one input.
split::LayerPlan identity(split::LayerKind kind, std::int8_t weight) {
  split::LayerPlan layer;
  layer.kind = kind;
  for (int out = 0; out < kColours; ++out) {
    for (int in = 0; in < kColours; ++in) layer.weights.push_back(in == out ? weight : std::int8_t{0});
  }
  return layer;
}

std::string pooled_model(const std::string& name, const std::string& input, float scale) {
  const std::vector<float> factor{scale};
  model::OnnxWriter writer(name);
  writer.add_input(input, DataType::kFloat32, {-1, kColours, kSplitSide, kSplitSide});
  writer.add_output("logits", DataType::kFloat32, {-1, kColours});
  writer.add_initializer("scale", *view_of(std::span<const float>(factor), {1}));
  writer.add_node("GlobalAveragePool", {input}, {"pooled"});
  writer.add_node("Flatten", {"pooled"}, {"flat"});
  writer.add_node("Mul", {"flat", "scale"}, {"logits"});
  return writer.finish();
}

}  // namespace

std::vector<std::uint8_t> toy_device_unit() {
  split::UnitPlan plan;
  plan.picture_width = plan.picture_height = kSplitSide;
  split::LayerPlan features = identity(split::LayerKind::kConvolution, kWeight);
  features.biases.assign(kColours, -kWeight * kZero);
  features.factors.assign(kColours, 1.0 / kWeight);
  features.output_zero = kZero;
  split::LayerPlan head = identity(split::LayerKind::kHead, 1);
  head.biases.assign(kColours, -kZero * static_cast<int>(kSplitSide * kSplitSide));
  plan.layers = {features, head};
  plan.first_symbol = kFirstSymbol;
  plan.last_symbol = kFirstSymbol + kSymbols - 1;
  plan.symbol_factors.assign(kColours, 1.0 / (kWeight * kStep));
  plan.logit_scale = 1.0F / (kSplitSide * kSplitSide);
  plan.shares.assign(kSplitShares.begin(), kSplitShares.end());
  plan.coding = even_coding();
  auto unit = split::write_device_unit(plan);
  REQUIRE_MESSAGE(unit.has_value(), (unit ? std::string() : describe(unit.error())));
  return *std::move(unit);
}

void write_split_bundle(const std::filesystem::path& folder, const std::vector<std::uint8_t>& unit) {
  bundle::Bundle bundle;
  pipeline::Manifest& manifest = bundle.manifest;
  manifest.name = "halves";
  manifest.version = "1.0.0";
  manifest.description = "A model in two halves, for tests";
  manifest.parts = {{"model", "model.onnx", 0, ""}, {"device", "device.unit", 0, ""}, {"remote", "remote.onnx", 0, ""}};
  manifest.model.part = "model";
  input::ImageSpec picture;
  picture.width = picture.height = kSplitSide;
  picture.mean = {kZero, kZero, kZero};
  manifest.model.input = picture;
  manifest.model.output.decoder = "none";
  manifest.agree_when.rule = "label";
  manifest.batching = {.axis = 0, .max_batch = 8, .max_delay_us = 0};
  manifest.default_target = 0.9F;
  manifest.split = pipeline::SplitSpec{"device", "remote", {}, {{0.5F, 0}, {0.7F, 1}, {0.9F, 3}}};
  bundle.parts["model"] = pooled_model("means", "picture", 1);
  bundle.parts["remote"] = pooled_model("means_of_features", "features", kStep);
  bundle.parts["device"].assign(unit.begin(), unit.end());
  std::filesystem::create_directories(folder.parent_path());
  const auto written = bundle::replace_bundle(folder, std::move(bundle));
  REQUIRE_MESSAGE(written.has_value(), (written ? std::string() : describe(written.error())));
}

void name_classes(const std::filesystem::path& folder, const std::string& names) {
  const std::filesystem::path file = folder / "manifest.json";
  auto text = bundle::read_file(file);
  REQUIRE(text);
  text->insert(text->find('{') + 1, "\"x_classes\": " + names + ",");
  std::ofstream(file, std::ios::binary) << *text;
}

}  // namespace sluice::test
