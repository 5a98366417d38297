#include "native/train/splitnet/baselines/limitnet_payload.hpp"

#include <algorithm>
#include <numeric>

#include "core/split/coding/range_decoder.hpp"
#include "core/split/coding/range_encoder.hpp"
#include "core/split/coding/symbol_model_builder.hpp"

namespace sluice::train::splitnet::baselines {
namespace {

constexpr std::size_t kLengthBytes = 1;
constexpr std::size_t kMostSaliencyBytes = 255;

// A section that was learned here.
split::SymbolModel own_model(const std::vector<std::uint8_t>& section) {
  split::SymbolModel model;
  split::read_symbol_model(section, model);
  return model;
}

Result<std::vector<std::uint8_t>> learn_section(std::size_t channels, std::size_t width, std::size_t height,
                                                std::span<const std::int8_t> values) {
  return split::build_symbol_model({static_cast<std::uint32_t>(channels), static_cast<std::uint32_t>(width),
                                    static_cast<std::uint32_t>(height), values});
}

std::span<const std::int8_t> packed_values(const torch::Tensor& packed) {
  return {packed.data_ptr<std::int8_t>(), static_cast<std::size_t>(packed.numel())};
}

Failure not_coded() { return fail(ErrorCode::kInternal, "latents lie outside what the tables were learned from"); }

}  // namespace

std::vector<std::size_t> limitnet_order(std::span<const std::int8_t> saliency, std::size_t channels,
                                        std::size_t parts) {
  const std::size_t places = saliency.size();
  const auto score = [&](std::size_t value) {
    return (saliency[value % places] + 1) * static_cast<int>(channels - value / places);
  };
  std::vector<std::size_t> order(channels * places);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return score(a) > score(b); });
  const auto part = static_cast<std::ptrdiff_t>(order.size() / parts);
  for (auto begin = order.begin(); order.end() - begin >= part; begin += part) std::sort(begin, begin + part);
  return order;
}

Result<LimitnetPayload> LimitnetPayload::learn(const torch::Tensor& values, const torch::Tensor& saliency) {
  LimitnetPayload made;
  made.channels_ = static_cast<std::size_t>(values.size(1));
  made.side_ = static_cast<std::size_t>(values.size(2));
  const std::size_t places = made.side_ * made.side_;
  const std::size_t each = made.channels_ * places;
  if (each % kParts != 0) {
    return fail(ErrorCode::kInvalidArgument, {each, " values are no ", kParts, " equal parts"});
  }
  const torch::Tensor packed_saliency = saliency.to(torch::kInt8).contiguous();
  const torch::Tensor packed = values.to(torch::kInt8).contiguous();
  const auto all_saliency = packed_values(packed_saliency);
  const auto all_values = packed_values(packed);
  std::vector<std::int8_t> ordered;
  for (std::size_t picture = 0; picture < all_values.size() / each; ++picture) {
    for (const std::size_t number :
         limitnet_order(all_saliency.subspan(picture * places, places), made.channels_, kParts))
      ordered.push_back(all_values[picture * each + number]);
  }
  auto saliency_section = learn_section(1, made.side_, made.side_, all_saliency);
  if (!saliency_section) return fail(saliency_section.error());
  auto values_section = learn_section(kParts, each / kParts, 1, ordered);
  if (!values_section) return fail(values_section.error());
  made.saliency_section_ = *std::move(saliency_section);
  made.values_section_ = *std::move(values_section);
  return made;
}

Result<LimitnetPayload::Encoded> LimitnetPayload::encode(const PictureLatents& latents) const {
  const split::SymbolModel saliency_model = own_model(saliency_section_);
  const split::SymbolModel values_model = own_model(values_section_);
  std::vector<std::uint8_t> saliency(kMostSaliencyBytes);
  const auto first =
      split::encode_features(saliency_model, latents.saliency.data(), 1, saliency_model.positions(), saliency, 1);
  std::vector<std::int8_t> ordered;
  for (const std::size_t number : limitnet_order(latents.saliency, channels_, kParts))
    ordered.push_back(latents.values[number]);
  std::vector<std::uint8_t> values(4 * ordered.size());
  const auto second =
      split::encode_features(values_model, ordered.data(), 1, values_model.positions(), values, values_model.channels);
  if (first.channels != 1 || second.channels != kParts) return not_coded();
  const auto ends = split::find_channel_ends(values_model, std::span(values).first(second.bytes));
  if (!ends) return fail(ends.error());
  Encoded encoded;
  encoded.bytes.push_back(static_cast<std::uint8_t>(first.bytes));
  encoded.bytes.insert(encoded.bytes.end(), saliency.begin(),
                       saliency.begin() + static_cast<std::ptrdiff_t>(first.bytes));
  encoded.ends.push_back(encoded.bytes.size());
  for (const std::size_t end : *ends) encoded.ends.push_back(encoded.ends.front() + end);
  encoded.bytes.insert(encoded.bytes.end(), values.begin(), values.begin() + static_cast<std::ptrdiff_t>(second.bytes));
  return encoded;
}

Result<LimitnetPayload::Decoded> LimitnetPayload::decode(std::span<const std::uint8_t> payload) const {
  const split::SymbolModel saliency_model = own_model(saliency_section_);
  const split::SymbolModel values_model = own_model(values_section_);
  const std::size_t saliency_bytes = payload.empty() ? 0 : payload.front();
  if (payload.size() < kLengthBytes + saliency_bytes) {
    return fail(ErrorCode::kMalformedPayload, {payload.size(), " bytes end within the saliency of the places"});
  }
  std::vector<std::int8_t> saliency(saliency_model.features());
  const auto first = split::decode_features(saliency_model, payload.subspan(kLengthBytes, saliency_bytes), saliency);
  if (!first) return fail(first.error());
  if (first->channels != 1) return fail(ErrorCode::kMalformedPayload, "the saliency of the places is not whole");
  std::vector<std::int8_t> ordered(values_model.features());
  const auto second = split::decode_features(values_model, payload.subspan(kLengthBytes + saliency_bytes), ordered);
  if (!second) return fail(second.error());
  Decoded decoded{second->channels, std::vector<std::int8_t>(ordered.size(), 0)};
  const auto order = limitnet_order(saliency, channels_, kParts);
  for (std::size_t i = 0; i < decoded.parts * (order.size() / kParts); ++i) decoded.values[order[i]] = ordered[i];
  return decoded;
}

}  // namespace sluice::train::splitnet::baselines
