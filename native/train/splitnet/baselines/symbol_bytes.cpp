#include "native/train/splitnet/baselines/symbol_bytes.hpp"

#include <algorithm>
#include <span>

#include "core/split/coding/lzw_features.hpp"
#include "core/split/coding/range_decoder.hpp"
#include "core/split/coding/range_encoder.hpp"
#include "core/split/coding/symbol_model_builder.hpp"

namespace sluice::train::splitnet::baselines {
namespace {

constexpr std::size_t kRoomPerSymbol = 4;  // bytes; far more than any coder takes
constexpr std::size_t kRoomBeside = 64;

torch::Tensor as_int8(const torch::Tensor& symbols) { return symbols.to(torch::kInt8).contiguous(); }

std::span<const std::int8_t> values_of(const torch::Tensor& packed) {
  return {packed.data_ptr<std::int8_t>(), static_cast<std::size_t>(packed.numel())};
}

Result<split::SymbolModel> model_for(const std::vector<std::uint8_t>& section, const torch::Tensor& symbols) {
  split::SymbolModel model;
  if (split::read_symbol_model(section, model) != split::ModelStatus::kOk) {
    return fail(ErrorCode::kInternal, "the coding section that was learned cannot be read");
  }
  if (symbols.dim() != 4 || symbols.size(1) != model.channels || symbols.size(2) != model.height ||
      symbols.size(3) != model.width) {
    return fail(ErrorCode::kShapeMismatch, {"symbols of other sizes than the ", int{model.channels}, " channels of ",
                                            int{model.width}, "x", int{model.height}, " that were learned from"});
  }
  return model;
}

}  // namespace

Result<SymbolCoders> SymbolCoders::learn(const torch::Tensor& symbols) {
  const torch::Tensor packed = as_int8(symbols);
  const split::FeatureSamples samples{static_cast<std::uint32_t>(packed.size(1)),
                                      static_cast<std::uint32_t>(packed.size(3)),
                                      static_cast<std::uint32_t>(packed.size(2)), values_of(packed)};
  auto section = split::build_symbol_model(samples);
  if (!section) return fail(section.error());
  SymbolCoders coders;
  coders.section_ = *std::move(section);
  return coders;
}

Result<CodedBytes> SymbolCoders::measure(const torch::Tensor& symbols) const {
  const auto model = model_for(section_, symbols);
  if (!model) return fail(model.error());
  const torch::Tensor packed = as_int8(symbols);
  const auto values = values_of(packed);
  const std::size_t each = model->features();
  std::vector<std::uint8_t> out(each * kRoomPerSymbol + kRoomBeside);
  std::vector<std::int8_t> back(each);
  const auto code = [&](auto encode, auto decode, std::span<const std::int8_t> picture) -> Result<double> {
    const auto encoded =
        encode(*model, picture.data(), 1, model->positions(), std::span(out), model->channels, nullptr);
    const auto decoded = decode(*model, std::span<const std::uint8_t>(out).first(encoded.bytes), std::span(back));
    if (!decoded) return fail(decoded.error());
    if (decoded->channels != model->channels || !std::ranges::equal(picture, back)) {
      return fail(ErrorCode::kInternal,
                  "symbols do not come back as they were coded: other ones than were learned from");
    }
    return static_cast<double>(encoded.bytes);
  };
  CodedBytes sums;
  for (std::size_t at = 0; at < values.size(); at += each) {
    const auto picture = values.subspan(at, each);
    const auto lzw = code(split::encode_features_lzw, split::decode_features_lzw, picture);
    if (!lzw) return fail(lzw.error());
    const auto range = code(split::encode_features, split::decode_features, picture);
    if (!range) return fail(range.error());
    sums.lzw += *lzw;
    sums.range += *range;
  }
  const auto count = static_cast<double>(std::max<std::int64_t>(symbols.size(0), 1));
  return CodedBytes{sums.lzw / count, sums.range / count};
}

}  // namespace sluice::train::splitnet::baselines
