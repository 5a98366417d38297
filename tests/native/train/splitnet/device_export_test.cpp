// A split network in whole numbers: near the network it comes from, in all its forms.
#include "tests/native/train/doctest_with_torch.hpp"

#include "core/split/device/interpreter.hpp"
#include "native/train/splitnet/augment.hpp"
#include "native/train/splitnet/device_comparison.hpp"
#include "native/train/splitnet/device_export.hpp"
#include "native/train/splitnet/extractor.hpp"
#include "native/train/splitnet/integer_layers.hpp"
#include "native/train/splitnet/local_head.hpp"
#include "native/train/splitnet/own_classifier.hpp"
#include "tests/native/train/splitnet/toy_pictures.hpp"

namespace {

using namespace sluice::train::splitnet;
namespace split = sluice::split;

// Random weights, and statistics as after some training.
SplitNetwork made_network(const SplitDesign& design, const PictureSet& set) {
  torch::manual_seed(5);
  FullDesign full;
  full.classes = sluice::test::kToyClasses;
  full.widths = {8, 8, 8};
  SplitNetwork network(OwnClassifier(FullNetwork(full, Arithmetic::kFloat32), "toy"), design, Arithmetic::kFloat32);
  torch::NoGradGuard no_gradient;
  network->train();
  for (int i = 0; i < 30; ++i) {
    network->forward(plain_batch(set, 0, set.size()).pictures,
                     torch::full({set.size()}, design.coded_channels(), torch::kLong));
  }
  network->eval();
  return network;
}

SplitDesign device_design() {
  SplitDesign design;
  design.extractor_width = 8;
  design.channels = 6;
  design.local_channels = 2;
  return design;
}

}  // namespace

TEST_CASE("bytes cover what each channel spans, with zero among them") {
  const auto row = [](std::vector<double> values) { return torch::tensor(values, torch::kFloat64); };
  const ByteScale positive = byte_scale(row({0, 0.5}), row({2, 1}));
  CHECK(positive.zero == 0);
  CHECK(positive.scales[0].item<double>() == doctest::Approx(2.0 / 255));
  CHECK(positive.scales[1].item<double>() == doctest::Approx(1.0 / 255));
  const ByteScale both = byte_scale(row({-1, -4}), row({3, 3}));
  CHECK(both.zero == 128);
  CHECK(both.scales[0].item<double>() == doctest::Approx(3.0 / 127));
  CHECK(both.scales[1].item<double>() == doctest::Approx(4.0 / 128));
  CHECK(byte_scale(row({0, 0}), row({0, 8})).scales[0].item<double>() == doctest::Approx(8.0 / 255 / 64));
  CHECK(byte_scale(row({0}), row({0})).scales[0].item<double>() == 1);
}

TEST_CASE("every form of extractor, quantiser and local head comes out near the network") {
  const PictureSet set = sluice::test::toy_pictures(60, 2);
  for (const ExtractorForm extractor : {ExtractorForm::kStrided, ExtractorForm::kSeparable}) {
    for (const QuantiserForm quantiser : {QuantiserForm::kRounding, QuantiserForm::kCodebook}) {
      for (const LocalForm local : {LocalForm::kConvolutions, LocalForm::kPooled}) {
        CAPTURE(static_cast<int>(extractor));
        CAPTURE(static_cast<int>(quantiser));
        CAPTURE(static_cast<int>(local));
        SplitDesign design = device_design();
        design.extractor = extractor;
        design.quantiser = quantiser;
        design.local = local;
        SplitNetwork network = made_network(design, set);
        const auto bytes = export_device_unit(network, set, {});
        REQUIRE_MESSAGE(bytes.has_value(), bytes.error().message);
        const auto compared = compare_device_unit(*bytes, network, set);
        REQUIRE_MESSAGE(compared.has_value(), compared.error().message);
        CHECK(compared->same_symbols > 0.93);
        CHECK(compared->same_guess > 0.9);
        CHECK(compared->coded_bytes > 0);

        split::DeviceUnit unit;
        REQUIRE(split::read_device_unit(*bytes, unit) == split::UnitStatus::kGood);
        CHECK(unit.sent_channels() == 4);
        CHECK(unit.coded_channels() == (quantiser == QuantiserForm::kRounding ? 8 : 4));
        const split::DeviceCosts costs = split::costs_of(unit);
        CHECK(costs.multiply_adds_to_features == extractor_multiply_adds(design, 32));
        if (local == LocalForm::kConvolutions) {
          const std::int64_t side = 32 / extractor_stride(design);
          CHECK(costs.multiply_adds - costs.multiply_adds_to_features ==
                local_head_multiply_adds(design, side, sluice::test::kToyClasses));
        }
        const torch::Tensor shares = network->combination->shares();
        const std::vector<std::int32_t> nothing(sluice::test::kToyClasses, 0);
        const std::vector<float> ones(sluice::test::kToyClasses, 1);
        std::vector<float> combined(sluice::test::kToyClasses);
        REQUIRE(split::combine(unit, nothing, ones, 3, combined));
        CHECK(combined[0] == doctest::Approx(1 - shares[3].item<double>()));
      }
    }
  }
}

TEST_CASE("a channel that gives nothing, and one whose bias is all it gives, still make a unit") {
  const PictureSet set = sluice::test::toy_pictures(60, 2);
  SplitNetwork network = made_network(device_design(), set);
  {
    torch::NoGradGuard no_gradient;
    const ConvNorm& last = network->extractor->layers().back();
    last->conv->weight[3].zero_();
    last->norm->bias[3] = 5;
    last->conv->weight[4].zero_();
    last->norm->bias[4] = 0;
    last->norm->running_mean[3] = last->norm->running_mean[4] = 0;
  }
  const auto bytes = export_device_unit(network, set, {});
  REQUIRE_MESSAGE(bytes.has_value(), bytes.error().message);
  const auto compared = compare_device_unit(*bytes, network, set);
  REQUIRE(compared.has_value());
  CHECK(compared->same_symbols > 0.93);
}

TEST_CASE("pictures of another size are not compared") {
  const PictureSet set = sluice::test::toy_pictures(8, 2);
  SplitNetwork network = made_network(device_design(), set);
  const auto bytes = export_device_unit(network, set, {});
  REQUIRE(bytes.has_value());
  const PictureSet other{set.pictures.slice(1, 0, 16).contiguous(), set.labels};
  CHECK(compare_device_unit(*bytes, network, other).error().code == sluice::ErrorCode::kShapeMismatch);
}
