#include "native/train/splitnet/quantiser.hpp"

#include <cmath>

#include "native/train/splitnet/logistic_prior.hpp"

namespace sluice::train::splitnet {
namespace {

constexpr double kTop = 6;  // of ReLU6

std::vector<float> to_vector(const torch::Tensor& row) {
  const torch::Tensor packed = row.to(torch::kFloat32).contiguous();
  return {packed.data_ptr<float>(), packed.data_ptr<float>() + packed.numel()};
}

// `mass`: [channels, symbols], any positive scale.
SymbolTables make_tables(const torch::Tensor& values, const torch::Tensor& mass) {
  SymbolTables tables{to_vector(values), {}};
  const torch::Tensor rows = mass / mass.sum(1, true);
  for (std::int64_t c = 0; c < rows.size(0); ++c) tables.probabilities.push_back(to_vector(rows[c]));
  return tables;
}

class CodebookQuantiser final : public QuantiserImpl {
 public:
  CodebookQuantiser(std::int64_t channels, std::int64_t levels) {
    // Spread evenly over 0..6 at first; the first one is near 0, where ReLU6 puts most values.
    const torch::Tensor share = torch::linspace(0.02, 0.98, levels);
    theta_ = register_parameter("theta", (share / (1 - share)).log());
    prior_ = register_parameter("prior", torch::zeros({channels, levels}));
  }

  Quantised forward(const torch::Tensor& features) override {
    const torch::Tensor centroids = kTop * torch::sigmoid(theta_);
    const torch::Tensor x = features.to(torch::kFloat32);
    const torch::Tensor distance = (x.unsqueeze(-1) - centroids).square();
    const torch::Tensor belongs = torch::softmax(-distance, -1);
    const torch::Tensor soft = (belongs * centroids).sum(-1);
    Quantised out;
    out.symbols = distance.detach().argmin(-1);
    const torch::Tensor hard = centroids.index_select(0, out.symbols.flatten()).view_as(x);
    out.values = soft + (hard - soft).detach();
    const torch::Tensor price = -torch::log_softmax(prior_, 1) / std::log(2.0);  // [channels, levels]
    const auto table = [&](const torch::Tensor& of) { return of.view({1, of.size(0), 1, 1, of.size(1)}); };
    const torch::Tensor one_hot = torch::nn::functional::one_hot(out.symbols, theta_.size(0)).to(torch::kFloat32);
    // The bits are those of the symbol; their gradient is that of the soft choice.
    const torch::Tensor chosen = belongs + (one_hot - belongs).detach();
    out.bits = (chosen * table(price.detach())).sum(-1).sum({2, 3});
    out.prior_loss = (one_hot * table(price)).sum(-1).mean();
    return out;
  }

  SymbolTables tables() const override {
    torch::NoGradGuard no_gradient;
    // Training may have changed the centroids' order.
    const auto [values, order] = torch::sort(kTop * torch::sigmoid(theta_));
    return make_tables(values, torch::softmax(prior_, 1).index_select(1, order));
  }

 private:
  torch::Tensor theta_;
  torch::Tensor prior_;
};

class RoundingQuantiser final : public QuantiserImpl {
 public:
  RoundingQuantiser(std::int64_t channels, std::int64_t refinement) : channels_(channels), refinement_(refinement) {
    prior_ = register_module("prior", LogisticPrior(channels));
  }

  Quantised forward(const torch::Tensor& features) override {
    const torch::Tensor x = features.to(torch::kFloat32);
    const torch::Tensor whole = x.detach().round().clamp(-kLargestSymbol, kLargestSymbol);
    Quantised out;
    out.symbols = whole.to(torch::kLong);
    out.values = x + (whole - x).detach();
    // While training, noise of a step's width stands in for rounding in the price, which then has a gradient that says
    // where a little less would be cheaper.
    const torch::Tensor noise = is_training() ? torch::rand_like(x) - 0.5 : torch::Tensor();
    out.bits = prior_->bits_of_fixed_prior(noise.defined() ? x + noise : out.values).sum({2, 3});
    out.prior_loss = prior_->bits(whole).mean();
    if (refinement_ == 1) return out;
    const auto step = static_cast<double>(refinement_);
    const torch::Tensor coarse = (whole / step).round() * step;
    out.coarse_values = x + (coarse - x).detach();
    out.coarse_bits =
        prior_->bits_of_fixed_prior(noise.defined() ? x + step * noise : out.coarse_values, step).sum({2, 3});
    return out;
  }

  SymbolTables tables() const override {
    torch::NoGradGuard no_gradient;
    const torch::Tensor values = torch::arange(-kLargestSymbol, kLargestSymbol + 1).to(torch::kFloat32);
    const torch::Tensor bits = prior_->bits(values.view({1, 1, -1, 1}).expand({1, channels_, -1, 1}));
    return make_tables(values, torch::pow(2, -bits.squeeze(0).squeeze(-1)));
  }

 private:
  std::int64_t channels_;
  std::int64_t refinement_;
  LogisticPrior prior_{nullptr};
};

}  // namespace

std::shared_ptr<QuantiserImpl> make_quantiser(const SplitDesign& design) {
  if (design.quantiser == QuantiserForm::kCodebook)
    return std::make_shared<CodebookQuantiser>(design.sent_channels(), design.levels);
  return std::make_shared<RoundingQuantiser>(design.sent_channels(), design.refines() ? design.refinement : 1);
}

}  // namespace sluice::train::splitnet
