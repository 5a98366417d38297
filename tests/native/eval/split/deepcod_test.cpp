// DeepCOD's points through our own engine, on toy graphs whose symbols and answers can be told by hand.
#include "native/eval/split/deepcod.hpp"

#include <doctest/doctest.h>

#include <array>
#include <fstream>

#include "core/model/onnx_writer.hpp"
#include "native/eval/split/split_report.hpp"
#include "tests/native/split_bundle.hpp"
#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using namespace sluice::eval;
using sluice::test::TemporaryFolder;
using sluice::test::write_split_bundle;

namespace {

namespace fs = std::filesystem;

// Plain colours of 8x8; the label is the brightest channel.
LabelledPictures colours(std::size_t count) {
  LabelledPictures pictures{8, 8, {}, {}, {}};
  for (std::size_t i = 0; i < count; ++i) {
    for (int pixel = 0; pixel < 64; ++pixel) {
      for (std::size_t c = 0; c < 3; ++c) pictures.pixels.push_back(c == i % 3 ? 230 : 40);
    }
    pictures.labels.push_back(static_cast<std::int64_t>(i % 3));
  }
  return pictures;
}

void write_graph(const fs::path& file, const model::OnnxWriter& writer) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << writer.finish();
}

// A symbol for each half of a colour's side: how many times 32 its mean is, above the darkest.
void write_encoder(const fs::path& file) {
  const std::vector<std::int64_t> kernel{4, 4};
  const std::vector<float> step{1 / 32.0F};
  const std::vector<float> zero{4.0F};
  model::OnnxWriter writer("encoder");
  writer.add_input("picture", DataType::kFloat32, {1, 3, 8, 8});
  writer.add_initializer("step", *view_of(std::span<const float>(step), {1}));
  writer.add_initializer("zero", *view_of(std::span<const float>(zero), {1}));
  writer.add_node("AveragePool", {"picture"}, {"means"}, {{"kernel_shape", kernel}, {"strides", kernel}});
  writer.add_node("Mul", {"means", "step"}, {"scaled"});
  writer.add_node("Add", {"scaled", "zero"}, {"raised"});
  writer.add_node("Round", {"raised"}, {"symbols"});
  writer.add_output("symbols", DataType::kFloat32, {1, 3, 2, 2});
  write_graph(file, writer);
}

// The picture at four times the side; `factor` below 0 makes the brightest channel the darkest.
void write_decoder(const fs::path& file, float factor) {
  const std::vector<float> scales{1, 1, 4, 4};
  const std::vector<float> factors{factor};
  model::OnnxWriter writer("decoder");
  writer.add_input("symbols", DataType::kFloat32, {1, 3, 2, 2});
  writer.add_initializer("scales", *view_of(std::span<const float>(scales), {4}));
  writer.add_initializer("factor", *view_of(std::span<const float>(factors), {1}));
  writer.add_node("Resize", {"symbols", "", "scales"}, {"large"}, {{"mode", std::string("nearest")}});
  writer.add_node("Mul", {"large", "factor"}, {"picture"});
  writer.add_output("picture", DataType::kFloat32, {1, 3, 8, 8});
  write_graph(file, writer);
}

void nobody(std::size_t, std::size_t) {}

}  // namespace

TEST_CASE("points beside the bundle are found and measured: symbols in payloads, answers of the full model") {
  const TemporaryFolder folder;
  const fs::path bundle_folder = folder.path() / "halves";
  write_split_bundle(bundle_folder);
  const auto bundle = bundle::read_bundle(bundle_folder);
  REQUIRE(bundle);
  CHECK_FALSE(find_deepcod("halves", bundle_folder));
  const fs::path points = folder.path() / "halves-baselines";
  write_encoder(points / "deepcod-3.encoder.onnx");
  CHECK(find_deepcod("halves", bundle_folder) == points);
  const LabelledPictures pictures = colours(30);
  const auto half = measure_deepcod(points, *bundle, pictures, pictures, 1, nobody);
  REQUIRE_FALSE(half.has_value());
  CHECK(half.error().message.find("deepcod-3.decoder.onnx") != std::string::npos);

  write_decoder(points / "deepcod-3.decoder.onnx", 32);
  write_encoder(points / "deepcod-12.encoder.onnx");
  write_decoder(points / "deepcod-12.decoder.onnx", -32);
  std::ofstream(points / "README.md") << "of no point";
  const auto measured = measure_deepcod(points, *bundle, pictures, pictures, 2, nobody);
  REQUIRE_MESSAGE(measured.has_value(), (measured ? std::string() : describe(measured.error())));
  REQUIRE(measured->size() == 2);
  CHECK((*measured)[0].channels == 3);
  CHECK((*measured)[0].accuracy == 1);
  CHECK((*measured)[1].channels == 12);
  CHECK((*measured)[1].accuracy == 0);
  CHECK((*measured)[0].lzw_bytes > 2);
  CHECK((*measured)[0].range_bytes > 1);
  CHECK((*measured)[0].range_bytes < (*measured)[0].lzw_bytes);  // twelve symbols that follow from one another
  const CodecCurve curve = deepcod_curve(*measured);
  CHECK(curve.points[0].bytes == (*measured)[0].range_bytes);

  const fs::path none = folder.path() / "empty";
  fs::create_directories(none);
  CHECK(measure_deepcod(none, *bundle, pictures, pictures, 1, nobody).error().code == ErrorCode::kNotFound);
}

TEST_CASE("bytes over DeepCOD's are at equal accuracy, and null where there is nothing to say") {
  SplitMeasurement measured;
  measured.cuts = {0, 3};
  for (int i = 0; i < 8; ++i) {
    SplitRecord record;
    record.combined = {1, i < 6 ? 0 : 1};
    record.bytes = {0, 150};
    measured.pictures.push_back(std::move(record));
  }
  SplitSubject subject;
  CHECK(split_json(measured, subject).find("\"bytes_over_deepcod\":null") != std::string::npos);
  subject.deepcod = CodecCurve{"deepcod", {{12, 200, 0.5}, {24, 400, 1}}};
  CHECK(split_json(measured, subject).find("\"bytes_over_deepcod\":0.5,") != std::string::npos);
  CHECK(split_table(measured, subject).find("300.0 bytes, of which ours (150.0) are 50.0 %") != std::string::npos);
  subject.deepcod = CodecCurve{"deepcod", {{12, 200, 0.375}}};
  CHECK(split_json(measured, subject).find("\"bytes_over_deepcod\":0.375,") != std::string::npos);
  CHECK(split_table(measured, subject).find("at 37.50 %, the most that both reach: 200.0 bytes") != std::string::npos);
}
