#include "native/train/splitnet/symbol_statistics.hpp"

#include <algorithm>

#include "native/train/splitnet/augment.hpp"

namespace sluice::train::splitnet {
namespace {

constexpr std::int64_t kMostLevels = 128;  // that the symbols of a codebook, 0 and up, have room for in int8

// Training may have changed the centroids' order.
torch::Tensor numbers_in_order(const Quantised& quantised, const SplitDesign& design, const torch::Tensor& values) {
  if (design.quantiser == QuantiserForm::kRounding) return quantised.symbols;
  return (quantised.values.unsqueeze(-1) - values).abs().argmin(-1);
}

}  // namespace

SentSymbols collect_symbols(SplitNetwork& network, const PictureSet& set, std::int64_t most) {
  torch::NoGradGuard no_gradient;
  network->eval();
  const SplitDesign& design = network->design();
  const torch::Tensor values = torch::tensor(network->quantiser->tables().values);
  SentSymbols sent;
  const std::int64_t count = std::min(most, set.size());
  for (std::int64_t at = 0; at < count; at += kEvaluationBatch) {
    const torch::Tensor pictures = plain_batch(set, at, std::min(at + kEvaluationBatch, count)).pictures;
    const torch::Tensor features = network->extractor->forward(pictures);
    const Quantised quantised =
        network->quantiser->forward(features.narrow(1, design.local_channels, design.sent_channels()));
    const torch::Tensor numbers =
        numbers_in_order(quantised, design, values).to(torch::kChar).contiguous(torch::MemoryFormat::Contiguous);
    sent.channels = static_cast<std::uint32_t>(numbers.size(1));
    sent.side = static_cast<std::uint32_t>(numbers.size(2));
    const auto* first = numbers.data_ptr<std::int8_t>();
    sent.values.insert(sent.values.end(), first, first + numbers.numel());
  }
  return sent;
}

Result<std::vector<std::uint8_t>> learn_coding_section(SplitNetwork& network, const PictureSet& set,
                                                       const split::SymbolModelOptions& options) {
  const SplitDesign& design = network->design();
  if (design.quantiser == QuantiserForm::kCodebook && design.levels > kMostLevels) {
    return fail(ErrorCode::kInvalidArgument,
                {"a codebook of ", design.levels, " levels; at most ", kMostLevels, " can be coded"});
  }
  if (set.size() == 0) return fail(ErrorCode::kInvalidArgument, "there are no pictures to learn the coding from");
  return split::build_symbol_model(collect_symbols(network, set, kPicturesForCoding).samples(), options);
}

}  // namespace sluice::train::splitnet
