// The parts of a split network, one by one.
#include "tests/native/train/doctest_with_torch.hpp"

#include <algorithm>
#include <cmath>

#include "native/train/splitnet/augment.hpp"
#include "native/train/splitnet/channel_choice.hpp"
#include "native/train/splitnet/combination.hpp"
#include "native/train/splitnet/distillation.hpp"
#include "native/train/splitnet/importance_losses.hpp"
#include "native/train/splitnet/logistic_prior.hpp"
#include "native/train/splitnet/own_classifier.hpp"
#include "native/train/splitnet/quantiser.hpp"
#include "native/train/splitnet/split_network.hpp"
#include "native/train/splitnet/whitening.hpp"
#include "tests/native/train/splitnet/toy_pictures.hpp"

namespace {

using namespace sluice::train::splitnet;

double largest(const torch::Tensor& values) { return values.abs().max().item<double>(); }

SplitDesign small_design() {
  SplitDesign design;
  design.extractor_width = 8;
  design.channels = 6;
  design.local_channels = 2;
  return design;
}

}  // namespace

TEST_CASE("the same seed augments a batch in the same way, and without augmentation pictures stay as they are") {
  const PictureSet set = sluice::test::toy_pictures(8, 1);
  const std::vector<std::int64_t> which{3, 1, 7};
  const Augmentation how;
  const Batch one = augmented_batch(set, which, how, 5);
  CHECK(one.pictures.equal(augmented_batch(set, which, how, 5).pictures));
  CHECK_FALSE(one.pictures.equal(augmented_batch(set, which, how, 6).pictures));
  CHECK(one.labels[0].item<int>() == set.labels[3].item<int>());
  const Augmentation none{.mirror = false, .move_px = 0, .cutout_px = 0};
  const std::vector<std::int64_t> first{0, 1};
  CHECK(largest(augmented_batch(set, first, none, 5).pictures - plain_batch(set, 0, 2).pictures) < 1e-6);
}

TEST_CASE("whitened patches have unit variance, and do not vary together") {
  torch::manual_seed(3);
  torch::Tensor pictures = torch::randn({64, 3, 16, 16});
  pictures = pictures + 2 * pictures.roll(1, 3) + pictures.roll(1, 2);
  const torch::Tensor filters = whitening_filters(pictures, 3, 12);
  const torch::Tensor out = torch::conv2d(pictures, filters.narrow(0, 0, 6)).transpose(0, 1).flatten(1);
  const torch::Tensor covariance = out.mm(out.t()) / static_cast<double>(out.size(1));
  CHECK(largest(covariance - torch::eye(6)) < 0.02);
  CHECK(largest(filters.narrow(0, 0, 6) + filters.narrow(0, 6, 6)) == 0);
}

TEST_CASE("a block's convolution with its normalisation folded in computes the same, with a maximum in between too") {
  torch::manual_seed(3);
  for (const std::int64_t pool : {1, 2}) {
    ConvNorm block(ConvNormDesign{.in = 3, .out = 5, .pool = pool, .activation = Activation::kNone},
                   Arithmetic::kFloat32);
    const torch::Tensor x = torch::randn({4, 3, 8, 8});
    for (int i = 0; i < 5; ++i) block->forward(x);  // moves the running statistics
    block->eval();
    const FoldedConv folded = fold(block);
    torch::Tensor y = torch::conv2d(x, folded.weight, folded.bias, 1, 1);
    if (pool > 1) y = torch::max_pool2d(y, pool);
    CHECK(largest(y - block->forward(x)) < 1e-5);
  }
}

TEST_CASE("the codebook takes the nearest centroid, and gradients pass it") {
  SplitDesign design = small_design();
  design.quantiser = QuantiserForm::kCodebook;
  const auto quantiser = make_quantiser(design);
  const torch::Tensor x = torch::linspace(0, 6, 4 * 2 * 2).view({1, 4, 2, 2}).requires_grad_();
  const Quantised out = quantiser->forward(x);
  CHECK(out.symbols.min().item<int>() == 0);
  CHECK(out.symbols.max().item<int>() == design.levels - 1);
  CHECK(largest(out.values - x) < 0.6);
  CHECK(std::get<0>(torch::sort(out.symbols.flatten())).equal(out.symbols.flatten()));
  // Nothing is known about the symbols yet: three bits each.
  CHECK(out.bits.sum().item<double>() == doctest::Approx(3.0 * 16));
  out.values.sum().backward();
  CHECK(largest(x.grad()) > 0);
}

TEST_CASE("coarse values are the nearest multiples of the step, and cost less") {
  SplitDesign design = small_design();
  CHECK(design.coded_channels() == 8);
  const auto quantiser = make_quantiser(design);
  quantiser->eval();
  const torch::Tensor x = torch::linspace(-8, 8, 4 * 4).view({1, 4, 2, 2}).requires_grad_();
  const Quantised out = quantiser->forward(x);
  CHECK(largest(out.coarse_values - (out.symbols / 3.0).round() * 3) == 0);
  CHECK(largest(out.coarse_values - out.values) <= 1);
  CHECK((out.coarse_bits < out.bits).all().item<bool>());
  CHECK((out.coarse_bits > 0).all().item<bool>());
  out.coarse_values.sum().backward();
  CHECK(largest(x.grad() - 1) == 0);
  design.refinement = 1;
  CHECK(design.coded_channels() == 4);
  CHECK_FALSE(make_quantiser(design)->forward(x).coarse_values.defined());
}

TEST_CASE("of a payload that was cut the server sees what came: nothing, coarse values, or all") {
  torch::manual_seed(3);
  FullDesign full;
  full.widths = {8, 8, 8};
  SplitNetwork network(OwnClassifier(FullNetwork(full, Arithmetic::kFloat32), "toy"), small_design(),
                       Arithmetic::kFloat32);
  network->eval();
  const torch::Tensor picture = torch::randn({1, 3, 32, 32});
  const auto answer = [&](std::int64_t arrived) { return network->forward(picture, torch::full({1}, arrived)); };
  const auto remote_of = [&](const torch::Tensor& values) { return network->remote->forward(values); };
  const Quantised coded = answer(8).quantised;
  CHECK(largest(answer(8).remote - remote_of(coded.values)) < 1e-6);
  CHECK(largest(answer(4).remote - remote_of(coded.coarse_values)) < 1e-6);
  torch::Tensor some = coded.coarse_values.clone();
  some.narrow(1, 0, 2).copy_(coded.values.narrow(1, 0, 2));
  CHECK(largest(answer(6).remote - remote_of(some)) < 1e-6);
  some = coded.coarse_values.clone();
  some.narrow(1, 3, 1).zero_();
  CHECK(largest(answer(3).remote - remote_of(some)) < 1e-6);
  double before = 0;
  for (std::int64_t arrived = 1; arrived <= 8; ++arrived) {
    const double bits = answer(arrived).bits.item<double>();
    CHECK(bits > before);
    before = bits;
  }
}

TEST_CASE("rounding gives whole numbers within bounds, and their price has a gradient towards cheaper ones") {
  const auto quantiser = make_quantiser(small_design());
  quantiser->eval();
  const torch::Tensor x = torch::tensor({0.4, -2.6, 7.2, 99.0}).view({1, 4, 1, 1}).requires_grad_();
  const Quantised out = quantiser->forward(x);
  CHECK(out.symbols.flatten().equal(torch::tensor({0, -3, 7, 31}, torch::kLong)));
  CHECK(out.values.flatten().equal(torch::tensor({0.0F, -3.0F, 7.0F, 31.0F})));
  CHECK(out.bits[0][2].item<double>() > out.bits[0][1].item<double>());
  out.bits.sum().backward();
  CHECK(x.grad().flatten()[1].item<double>() < 0);
  CHECK(x.grad().flatten()[2].item<double>() > 0);
}

TEST_CASE("the prior's probabilities sum to one") {
  LogisticPrior prior(2);
  torch::NoGradGuard no_gradient;
  prior->mean.copy_(torch::tensor({0.3, -1.7}));
  prior->log_scale.copy_(torch::tensor({0.5, -0.5}));
  const torch::Tensor numbers = torch::arange(-20, 21).to(torch::kFloat32).view({1, 1, -1, 1}).expand({1, 2, -1, 1});
  const torch::Tensor mass = torch::pow(2, -prior->bits(numbers)).sum({2, 3}).flatten();
  CHECK(largest(mass - 1) < 1e-3);
}

TEST_CASE("a coder's tables hold a probability for each symbol, and cost what the training counted") {
  SplitDesign design = small_design();
  for (const QuantiserForm form : {QuantiserForm::kCodebook, QuantiserForm::kRounding}) {
    design.quantiser = form;
    const auto quantiser = make_quantiser(design);
    quantiser->eval();
    const torch::Tensor x = torch::rand({1, 4, 3, 3}) * 5;
    const Quantised out = quantiser->forward(x);
    const SymbolTables tables = quantiser->tables();
    REQUIRE(tables.probabilities.size() == 4);
    double bits = 0;
    for (std::int64_t c = 0; c < 4; ++c) {
      const auto& row = tables.probabilities[static_cast<std::size_t>(c)];
      REQUIRE(row.size() == tables.values.size());
      double sum = 0;
      for (const float probability : row) sum += static_cast<double>(probability);
      CHECK(sum == doctest::Approx(1));
      const torch::Tensor values = out.values[0][c].flatten();
      for (std::int64_t i = 0; i < values.size(0); ++i) {
        const float value = values[i].item<float>();
        const auto nearest = std::min_element(tables.values.begin(), tables.values.end(), [&](float a, float b) {
          return std::abs(a - value) < std::abs(b - value);
        });
        CHECK(std::abs(*nearest - value) < 1e-5F);
        bits -= std::log2(static_cast<double>(row[static_cast<std::size_t>(nearest - tables.values.begin())]));
      }
    }
    CHECK(bits == doctest::Approx(out.bits.sum().item<double>()).epsilon(0.01));
  }
}

TEST_CASE("importance is shared out among the channels, and the losses ask for it in the local ones") {
  torch::manual_seed(3);
  FullDesign full;
  full.classes = sluice::test::kToyClasses;
  full.widths = {8, 8, 8};
  const OwnClassifier classifier(FullNetwork(full, Arithmetic::kFloat32), "toy");
  RemoteNetwork reference(classifier, 6, 8, 0, Arithmetic::kFloat32);
  Importance importance(reference, full.classes, 2);
  const torch::Tensor features = torch::randn({5, 6, 8, 8}).requires_grad_();
  const ChannelImportance found = importance.of(features, torch::zeros({5}, torch::kLong));
  CHECK(largest(found.shares.sum(1) - 1) < 1e-5);
  CHECK(found.shares.min().item<double>() >= 0);
  found.shares.narrow(1, 0, 2).sum().backward();
  CHECK(largest(features.grad()) > 0);
  for (const torch::Tensor& parameter : reference->parameters()) CHECK_FALSE(parameter.grad().defined());

  const ChannelImportance made{torch::tensor({{0.5, 0.4, 0.1}, {0.1, 0.3, 0.6}}), torch::tensor({1.0, 1.0})};
  CHECK(skewness_loss(made, 2, 0.8).item<double>() ==
        doctest::Approx(0.2));  // nothing lacks in the first, 0.4 in the second
  CHECK(disorder_loss(made, 2).item<double>() == doctest::Approx(0.25));
  CHECK(importance_figures(made, 2).skewness == doctest::Approx(0.65));
  CHECK(importance_figures(made, 2).disorder_share == doctest::Approx(0.5));
  const ChannelImportance one{made.shares, torch::tensor({1.0, 0.0})};
  CHECK(skewness_loss(one, 2, 0.8).item<double>() == doctest::Approx(0));  // the other is not answered right
}

TEST_CASE("channels that are put into another order take their normalisation along") {
  torch::manual_seed(3);
  Extractor extractor(small_design());
  const torch::Tensor pictures = torch::randn({4, 3, 32, 32});
  for (int i = 0; i < 3; ++i) extractor->forward(pictures);
  extractor->eval();
  torch::NoGradGuard no_gradient;
  const torch::Tensor before = extractor->forward(pictures);
  CHECK(before.sizes() == torch::IntArrayRef({4, 6, 8, 8}));
  const torch::Tensor order = torch::tensor({4, 0, 5, 1, 3, 2}, torch::kLong);
  extractor->reorder(order);
  CHECK(largest(extractor->forward(pictures) - before.index_select(1, order)) < 1e-6);
}

TEST_CASE("with no features the local answer is the answer") {
  Combination combination(4, 4.0);
  const torch::Tensor local = torch::randn({3, 2});
  const torch::Tensor remote = torch::randn({3, 2});
  const torch::Tensor out = combination->forward(local, remote, torch::tensor({0, 1, 4}, torch::kLong));
  CHECK(out[0].equal(local[0]));
  const double share = 1 / (1 + std::exp(1.0));
  CHECK(largest(out[2] - (share * local[2] + (1 - share) * remote[2])) < 1e-6);
}

TEST_CASE("distilled alone, labels make no difference") {
  SplitLosses losses;
  losses.distillation = 1;
  const torch::Tensor logits = torch::randn({3, 2});
  const torch::Tensor teacher = torch::randn({3, 2});
  const auto loss = [&](std::int64_t label) {
    return answer_loss(logits, teacher, torch::full({3}, label, torch::kLong), losses).item<double>();
  };
  CHECK(loss(0) == loss(1));
  CHECK(answer_loss(teacher, teacher, torch::zeros({3}, torch::kLong), losses).item<double>() < 1e-6);
}

TEST_CASE("multiply-adds of both extractors, as published and as built") {
  SplitDesign design;
  design.extractor = ExtractorForm::kSeparable;
  CHECK(4 * extractor_multiply_adds(design, 32) == 175'104);  // stride 2 here, features of twice the side in the paper
  design.extractor = ExtractorForm::kStrided;
  CHECK(extractor_multiply_adds(design, 32) == 64 * (48 * 32 + 32 * 24));
}

TEST_CASE("what is kept back is the same every time, and told apart in the key of a checkpoint") {
  PictureSet set{torch::zeros({1000, 2, 2, 3}, torch::kUInt8), torch::arange(1000) % 7};
  const LabelledData data = keep_back(set, 7, 10);
  CHECK(data.train.size() + data.validation.size() == 1000);
  CHECK(data.validation.size() > 70);
  CHECK(data.validation.size() < 130);
  CHECK(data_key(data) == data_key(keep_back(set, 7, 10)));
  CHECK(data_key(data) != data_key(keep_back(set, 7, 20)));
}
