#include <algorithm>
#include <cmath>

#include "native/train/splitnet/augment.hpp"
#include "native/train/splitnet/baselines/limitnet.hpp"
#include "native/train/splitnet/baselines/limitnet_payload.hpp"

namespace sluice::train::splitnet::baselines {
namespace {

constexpr std::int64_t kLimitnetTablePictures = 3000;
constexpr CodecEpochs kLimitnetEpochs{.picture = 2, .logits = 1, .answer = 1};
constexpr std::size_t kPartsBetweenCuts = 2;
constexpr double kPlainBits = 4;  // of a value, and of a place's saliency, without a coder

Latents limitnet_latents(LimitnetImpl& codec, const PictureSet& set, std::int64_t count) {
  torch::NoGradGuard no_gradient;
  std::vector<torch::Tensor> values;
  std::vector<torch::Tensor> saliency;
  count = std::min(count, set.size());
  for (std::int64_t at = 0; at < count; at += kEvaluationBatch) {
    const Latents latents = codec.latents(plain_batch(set, at, std::min(at + kEvaluationBatch, count)).pictures);
    values.push_back(latents.values.to(torch::kInt8));
    saliency.push_back(latents.saliency.to(torch::kInt8));
  }
  return {torch::cat(values), torch::cat(saliency)};
}

PictureLatents latents_of(const Latents& all, std::int64_t picture) {
  const auto copied = [&](const torch::Tensor& tensor) {
    const torch::Tensor one = tensor[picture].contiguous();
    return std::vector<std::int8_t>(one.data_ptr<std::int8_t>(), one.data_ptr<std::int8_t>() + one.numel());
  };
  return {copied(all.values), copied(all.saliency)};
}

// All payloads, and from them what comes when they are cut behind `parts` parts.
struct CutPayloads {
  torch::Tensor values;  // int8, as `like`
  double bytes = 0;      // mean
};

Result<CutPayloads> cut_payloads(const LimitnetPayload& payload, const std::vector<LimitnetPayload::Encoded>& encoded,
                                 std::size_t parts, const torch::Tensor& like) {
  CutPayloads made{torch::empty_like(like), 0};
  std::int8_t* to = made.values.data_ptr<std::int8_t>();
  for (const LimitnetPayload::Encoded& one : encoded) {
    const auto decoded = payload.decode(std::span(one.bytes).first(one.ends[parts]));
    if (!decoded) return fail(decoded.error());
    if (decoded->parts < parts) {
      return fail(ErrorCode::kInternal, {"a payload cut behind ", parts, " parts brings ", decoded->parts});
    }
    to = std::copy(decoded->values.begin(), decoded->values.end(), to);
    made.bytes += static_cast<double>(one.ends[parts]);
  }
  made.bytes /= static_cast<double>(std::max<std::size_t>(encoded.size(), 1));
  return made;
}

double decoded_accuracy(LimitnetImpl& codec, const torch::Tensor& values, const Subject& subject) {
  torch::NoGradGuard no_gradient;
  double right = 0;
  for (std::int64_t at = 0; at < values.size(0); at += kEvaluationBatch) {
    const std::int64_t end = std::min(at + kEvaluationBatch, values.size(0));
    const torch::Tensor logits = subject.model.logits(codec.decode(values.slice(0, at, end)));
    right += logits.argmax(1).eq(subject.test.labels.slice(0, at, end)).sum().item<double>();
  }
  return right / static_cast<double>(std::max<std::int64_t>(values.size(0), 1));
}

}  // namespace

Result<std::vector<BaselinePoint>> run_limitnet(const Subject& subject) {
  const CodecEpochs epochs = codec_epochs(subject.options, kLimitnetEpochs);
  torch::manual_seed(subject.options.seed);
  Limitnet codec(subject.options.arithmetic);
  auto trained = train_codec(*codec, "limitnet", std::to_string(kLimitnetChannels), epochs, subject);
  if (!trained) return fail(trained.error());
  const Latents learned = limitnet_latents(*codec, subject.data.train, kLimitnetTablePictures);
  const auto payload = LimitnetPayload::learn(learned.values, learned.saliency);
  if (!payload) return fail(payload.error());
  const Latents tested = limitnet_latents(*codec, subject.test, subject.test.size());
  std::vector<LimitnetPayload::Encoded> encoded;
  for (std::int64_t i = 0; i < subject.test.size(); ++i) {
    auto one = payload->encode(latents_of(tested, i));
    if (!one) return fail(one.error());
    encoded.push_back(*std::move(one));
  }
  std::vector<BaselinePoint> points;
  for (std::size_t parts = kPartsBetweenCuts; parts <= LimitnetPayload::kParts; parts += kPartsBetweenCuts) {
    const auto cut = cut_payloads(*payload, encoded, parts, tested.values);
    if (!cut) return fail(cut.error());
    const double accuracy = decoded_accuracy(*codec, cut->values, subject);
    const double values = static_cast<double>(tested.values[0].numel() * static_cast<std::int64_t>(parts)) /
                          static_cast<double>(LimitnetPayload::kParts);
    const double plain = std::ceil(kPlainBits * (values + static_cast<double>(tested.saliency[0].numel())) / 8);
    for (const auto& [coder, mean] : {std::pair{"none", plain}, std::pair{"range", cut->bytes}}) {
      points.push_back({"limitnet", std::to_string(parts) + " of " + std::to_string(LimitnetPayload::kParts) + " parts",
                        coder, mean, accuracy, limitnet_multiply_adds(subject.test.height()), epochs.sum()});
      subject.log.line(to_json(points.back()));
    }
  }
  return points;
}

}  // namespace sluice::train::splitnet::baselines
