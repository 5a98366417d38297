// Calibration over kinds of pictures, with a gate whose score is the brightest red.
#include "native/train/calibrate_gate.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "core/model/onnx_writer.hpp"
#include "tests/native/temporary_folder.hpp"

using sluice::test::TemporaryFolder;
using sluice::train::Sample;
using sluice::train::SampleStore;

namespace {

constexpr std::uint32_t kSide = 8;
using Kinds = std::vector<std::vector<const SampleStore*>>;

std::string brightness_gate() {
  sluice::model::OnnxWriter writer("brightness", 13);
  const std::array<float, 3> weights{0.02F, 0, 0};
  const std::array<float, 1> bias{-2.5F};
  writer.add_input("picture", sluice::DataType::kFloat32, {1, 3, kSide, kSide});
  writer.add_initializer("weights", *sluice::view_of(std::span<const float>(weights), sluice::Shape{1, 3, 1, 1}));
  writer.add_initializer("bias", *sluice::view_of(std::span<const float>(bias), sluice::Shape{1}));
  writer.add_node("GlobalMaxPool", {"picture"}, {"most"});
  writer.add_node("Conv", {"most", "weights", "bias"}, {"logit"});
  writer.add_node("Flatten", {"logit"}, {"flat"}, {{"axis", std::int64_t{1}}});
  writer.add_node("Sigmoid", {"flat"}, {"score"});
  writer.add_output("score", sluice::DataType::kFloat32, {1, 1});
  return writer.finish();
}

// `count` pictures; every second one needs the model and is `needed` bright, the others 20.
SampleStore make_store(const std::filesystem::path& file, std::size_t count, std::uint8_t needed) {
  auto store = SampleStore::open(file, "k", kSide, kSide);
  REQUIRE(store.has_value());
  for (std::size_t n = 0; n < count; ++n) {
    Sample sample;
    sample.block = static_cast<std::uint32_t>(n);
    sample.needed = n % 2 == 0;
    const std::uint8_t level = sample.needed ? needed : 20;
    REQUIRE(store->append(sample, std::vector<std::uint8_t>(store->picture_bytes(), level)).has_value());
  }
  return std::move(*store);
}

}  // namespace

TEST_CASE("a promise over several kinds of pictures is the most careful of each kind's own") {
  TemporaryFolder folder;
  const SampleStore bright = make_store(folder.path() / "bright", 200, 240);
  const SampleStore dim = make_store(folder.path() / "dim", 200, 100);
  const SampleStore few = make_store(folder.path() / "few", 20, 240);
  const std::string gate = brightness_gate();
  sluice::input::ImageSpec spec;
  spec.width = kSide;
  spec.height = kSide;
  const std::array targets{0.9};
  const auto calibrate = [&](const Kinds& kinds) {
    return sluice::train::calibrate_gate(std::as_bytes(std::span(gate)), spec, kinds, targets, 0.95,
                                         sluice::filter::Promise::kAnyMixture);
  };
  const auto of_bright = calibrate({{&bright}});
  const auto of_dim = calibrate({{&dim}});
  const auto of_both = calibrate({{&bright}, {&dim}});
  REQUIRE_MESSAGE(of_both.has_value(), of_both.error().message);
  REQUIRE((of_bright && of_dim));
  CHECK(of_bright->front().threshold > of_dim->front().threshold);
  CHECK(of_both->front().threshold == of_dim->front().threshold);
  CHECK(of_both->front().filter_rate == doctest::Approx(0.5));

  // Ten needed pictures promise nothing by themselves, but count where they stand with others.
  CHECK(calibrate({{&bright}, {&few}}).error().code == sluice::ErrorCode::kInvalidArgument);
  CHECK(calibrate({{&bright, &few}}).has_value());
}
