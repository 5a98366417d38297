// The networks of the baselines: what comes out of them, that a few steps help, and that the core computes what is exported.
#include "tests/native/train/doctest_with_torch.hpp"

#include "core/model/model.hpp"
#include "native/train/splitnet/augment.hpp"
#include "native/train/splitnet/baselines/adam_descent.hpp"
#include "native/train/splitnet/baselines/deepcod.hpp"
#include "native/train/splitnet/baselines/limitnet.hpp"
#include "native/train/splitnet/baselines/local_only.hpp"
#include "tests/native/train/splitnet/toy_pictures.hpp"

namespace {

using namespace sluice::train::splitnet;
using namespace sluice::train::splitnet::baselines;

torch::Tensor toy_batch(std::int64_t count) {
  return plain_batch(sluice::test::toy_pictures(count, 3), 0, count).pictures.contiguous();
}

// First and last squared error of the pictures.
std::pair<double, double> descend(PictureCodecImpl& codec, const torch::Tensor& pictures, int steps) {
  AdamDescent descent(codec.parameters(), 3e-3);
  codec.train();
  double first = 0;
  double last = 0;
  for (int i = 0; i < steps; ++i) {
    last = descent.step((codec.rebuild(pictures) - pictures).square().mean(), static_cast<double>(i) / steps);
    if (i == 0) first = last;
  }
  codec.eval();
  return {first, last};
}

torch::Tensor core_output(const std::string& onnx, const torch::Tensor& x) {
  sluice::model::LoadOptions options;
  options.operators = sluice::model::all_operators();
  auto model = sluice::model::Model::load(std::as_bytes(std::span(onnx)), options);
  REQUIRE_MESSAGE(model.has_value(), model.error().message);
  const torch::Tensor packed = x.to(torch::kFloat32).contiguous();
  const auto view =
      sluice::view_of(std::span<const float>(packed.data_ptr<float>(), static_cast<std::size_t>(packed.numel())),
                      *sluice::Shape::make({packed.sizes().data(), packed.sizes().size()}));
  const auto ran = model->run(std::array{*view});
  REQUIRE_MESSAGE(ran.has_value(), ran.error().message);
  const auto values = model->output(0).as<float>();
  return torch::tensor(std::vector<float>(values.begin(), values.end()));
}

}  // namespace

TEST_CASE("the codebook takes the nearest number, in order whatever the numbers do, and gradients pass it") {
  Codebook codebook(4, 3.0);
  {
    torch::NoGradGuard no_gradient;
    codebook->parameters()[0].copy_(torch::tensor({3.0, -1.0, 1.0, -3.0}));
  }
  const torch::Tensor x = torch::tensor({-9.0, -1.2, 0.4, 2.5}).requires_grad_();
  const auto chosen = codebook->forward(x);
  CHECK(chosen.symbols.equal(torch::tensor({0, 1, 2, 3}, torch::kLong)));
  CHECK(chosen.values.equal(torch::tensor({-3.0, -1.0, 1.0, 3.0})));
  chosen.values.sum().backward();
  CHECK(x.grad().abs().max().item<double>() > 0);
}

TEST_CASE("DeepCOD: sizes, steps that help, and graphs that the core runs alike") {
  torch::set_num_threads(1);
  torch::manual_seed(3);
  Deepcod codec(12, Arithmetic::kFloat32);
  const torch::Tensor pictures = toy_batch(16);
  codec->start_from(pictures);
  CHECK(codec->symbols(pictures).sizes() == torch::IntArrayRef({16, 12, 8, 8}));
  CHECK(codec->rebuild(pictures).sizes() == torch::IntArrayRef({16, 3, 32, 32}));
  CHECK(deepcod_multiply_adds(12, 32) == 64 * 48 * 12);
  CHECK(deepcod_multiply_adds(3, 96) == 82'944);  // as published
  const auto [first, last] = descend(*codec, pictures, 30);
  CHECK(last < 0.7 * first);

  torch::NoGradGuard no_gradient;
  const torch::Tensor picture = pictures.slice(0, 0, 1);
  const torch::Tensor symbols = core_output(codec->export_encoder(32), picture);
  CHECK(symbols.equal(codec->symbols(picture).flatten().to(torch::kFloat32)));
  const torch::Tensor rebuilt = core_output(codec->export_decoder(32), symbols.view({1, 12, 8, 8}));
  // Large weights are stored in half precision.
  CHECK((rebuilt - codec->rebuild(picture).flatten()).abs().max().item<double>() < 0.02);
}

TEST_CASE("LimitNet: whole numbers, saliency of a few levels, steps that help with a part left out at random") {
  torch::manual_seed(3);
  Limitnet codec(Arithmetic::kFloat32);
  const torch::Tensor pictures = toy_batch(16);
  const auto [first, last] = descend(*codec, pictures, 30);
  CHECK(last < 0.8 * first);
  torch::NoGradGuard no_gradient;
  const Latents latents = codec->latents(pictures);
  CHECK(latents.values.sizes() == torch::IntArrayRef({16, kLimitnetChannels, 8, 8}));
  CHECK(latents.values.abs().max().item<std::int64_t>() <= kLargestLatent);
  CHECK(latents.saliency.sizes() == torch::IntArrayRef({16, 1, 8, 8}));
  CHECK(latents.saliency.min().item<std::int64_t>() >= 0);
  CHECK(latents.saliency.max().item<std::int64_t>() < kSaliencyLevels);
  // With all values there is nothing between what is sent and what is trained.
  CHECK((codec->decode(latents.values) - codec->rebuild(pictures)).abs().max().item<double>() < 1e-5);
  // 3x3 with stride 2 twice and 3x3 for the values, five of 3x3 for the saliency.
  CHECK(limitnet_multiply_adds(32) ==
        256 * 27 * 16 + 64 * 144 * 16 + 64 * 144 * 24 + 64 * 9 * (16 * 8 + 3 * 8 * 8 + 8));
}

TEST_CASE("the local network stays within the device half's multiply-adds, and gives a logit a class") {
  LocalNetwork network(10);
  CHECK(network->forward(toy_batch(4)).sizes() == torch::IntArrayRef({4, 10}));
  CHECK(local_multiply_adds(32, 10) < 327'000);
  CHECK(local_multiply_adds(32, 10) > 250'000);
}
