#include "native/train/splitnet/baselines/spinn.hpp"

#include <array>
#include <sstream>

#include "native/train/splitnet/augment.hpp"
#include "native/train/splitnet/baselines/activation_coding.hpp"
#include "native/train/splitnet/baselines/exit_heads.hpp"
#include "native/train/splitnet/baselines/model_segments.hpp"
#include "native/train/splitnet/model_cost.hpp"

namespace sluice::train::splitnet::baselines {
namespace {

constexpr std::uint32_t kHeadEpochs = 20;
constexpr std::array kExitConfidences{2.0, 0.9, 0.7};  // above 1: never
constexpr std::array kSpinnCoders{"deflate", "bit shuffle, deflate"};

// What is known of each test picture at one cut.
struct CutRecords {
  std::array<std::vector<std::size_t>, kSpinnCoders.size()> bytes;
  std::vector<float> confidence;  // of the exit
  std::vector<bool> exit_right;
  std::vector<bool> remote_right;
};

Result<std::vector<torch::nn::Linear>> train_heads(ModelSegments& segments, const Subject& subject,
                                                   std::uint32_t epochs) {
  const PictureSet& set = subject.data.train;
  std::vector<std::vector<torch::Tensor>> features(segments.cuts());
  for (std::int64_t at = 0; at < set.size(); at += kEvaluationBatch) {
    const auto maps = segments.at_cuts(plain_batch(set, at, std::min(at + kEvaluationBatch, set.size())).pictures);
    for (std::size_t cut = 0; cut < maps.size(); ++cut) features[cut].push_back(pooled(maps[cut]));
  }
  std::vector<torch::nn::Linear> heads;
  for (const auto& parts : features) {
    heads.push_back(train_exit_head(torch::cat(parts), set.labels, subject.data.classes, epochs, subject.options.seed));
  }
  return heads;
}

Result<std::array<std::size_t, kSpinnCoders.size()>> coded_sizes(std::span<const std::uint8_t> bytes) {
  const auto plain = deflated_bytes(bytes);
  if (!plain) return fail(plain.error());
  const auto shuffled = deflated_bytes(bit_shuffled(bytes));
  if (!shuffled) return fail(shuffled.error());
  return std::array{*plain, *shuffled};
}

// Quantises what stands at a cut, notes what it takes, and gives back what the server sees.
Result<torch::Tensor> send(const torch::Tensor& map, CutRecords& records) {
  torch::Tensor seen = torch::empty_like(map);
  const auto each = static_cast<std::size_t>(map[0].numel());
  for (std::int64_t i = 0; i < map.size(0); ++i) {
    const std::size_t first = static_cast<std::size_t>(i) * each;
    const Quantised8 quantised = quantise8({map.data_ptr<float>() + first, each});
    dequantise8(quantised, {seen.data_ptr<float>() + first, each});
    const auto sizes = coded_sizes(quantised.levels);
    if (!sizes) return fail(sizes.error());
    for (std::size_t coder = 0; coder < sizes->size(); ++coder)
      records.bytes[coder].push_back(kRangeBytes + (*sizes)[coder]);
  }
  return seen;
}

void note_answers(const torch::Tensor& logits, const torch::Tensor& labels, std::vector<bool>& right) {
  const torch::Tensor hits = logits.argmax(1).eq(labels);
  for (std::int64_t i = 0; i < hits.size(0); ++i) right.push_back(hits[i].item<bool>());
}

Result<std::vector<CutRecords>> measure_cuts(ModelSegments& segments, std::vector<torch::nn::Linear>& heads,
                                             const PictureSet& test) {
  torch::NoGradGuard no_gradient;
  std::vector<CutRecords> records(segments.cuts());
  for (std::int64_t at = 0; at < test.size(); at += kEvaluationBatch) {
    const Batch batch = plain_batch(test, at, std::min(at + kEvaluationBatch, test.size()));
    const auto maps = segments.at_cuts(batch.pictures);
    for (std::size_t cut = 0; cut < maps.size(); ++cut) {
      CutRecords& record = records[cut];
      const torch::Tensor exit = torch::softmax(heads[cut]->forward(pooled(maps[cut])), 1);
      const torch::Tensor sure = exit.amax(1).contiguous();
      record.confidence.insert(record.confidence.end(), sure.data_ptr<float>(), sure.data_ptr<float>() + sure.numel());
      note_answers(exit, batch.labels, record.exit_right);
      const auto seen = send(maps[cut], record);
      if (!seen) return fail(seen.error());
      note_answers(segments.logits_from(cut, *seen), batch.labels, record.remote_right);
    }
  }
  return records;
}

// Of pictures whose exit is surer than that, the exit's answer at no bytes.
BaselinePoint point_of(const CutRecords& records, double confidence, std::size_t coder) {
  BaselinePoint point{.system = "spinn", .variant = {}, .coder = kSpinnCoders[coder]};
  const std::size_t count = records.confidence.size();
  for (std::size_t i = 0; i < count; ++i) {
    const bool exits = static_cast<double>(records.confidence[i]) >= confidence;
    point.accuracy += (exits ? records.exit_right[i] : records.remote_right[i]) ? 1 : 0;
    if (!exits) point.bytes_mean += static_cast<double>(records.bytes[coder][i]);
  }
  point.accuracy /= static_cast<double>(std::max<std::size_t>(count, 1));
  point.bytes_mean /= static_cast<double>(std::max<std::size_t>(count, 1));
  return point;
}

Result<std::vector<BaselinePoint>> picture_arm(const Subject& subject) {
  std::array<double, kSpinnCoders.size()> sums{};
  const torch::Tensor pixels = subject.test.pictures.contiguous();
  const auto each = static_cast<std::size_t>(pixels[0].numel());
  for (std::int64_t i = 0; i < subject.test.size(); ++i) {
    const auto sizes = coded_sizes({pixels.data_ptr<std::uint8_t>() + static_cast<std::size_t>(i) * each, each});
    if (!sizes) return fail(sizes.error());
    for (std::size_t coder = 0; coder < sums.size(); ++coder) sums[coder] += static_cast<double>((*sizes)[coder]);
  }
  const double accuracy = rebuilt_accuracy(subject.test, subject.model, [](const torch::Tensor& x) { return x; });
  std::vector<BaselinePoint> points;
  for (std::size_t coder = 0; coder < sums.size(); ++coder) {
    points.push_back({"spinn", "the picture", kSpinnCoders[coder],
                      sums[coder] / static_cast<double>(std::max<std::int64_t>(subject.test.size(), 1)), accuracy, 0,
                      0});
  }
  return points;
}

}  // namespace

Result<std::vector<BaselinePoint>> run_spinn(const Subject& subject) {
  auto points = picture_arm(subject);
  if (!points) return points;
  auto segments = ModelSegments::load(subject.model.onnx(), subject.options.arithmetic);
  if (!segments) return fail(segments.error());
  std::vector<std::string> names;
  for (std::size_t cut = 0; cut < segments->cuts(); ++cut) names.push_back(segments->name(cut));
  const auto multiply_adds = multiply_adds_to(subject.model.onnx(), names, subject.test.height());
  if (!multiply_adds) return fail(multiply_adds.error());
  const std::uint32_t epochs = subject.options.epochs == 0 ? kHeadEpochs : subject.options.epochs;
  auto heads = train_heads(*segments, subject, epochs);
  if (!heads) return fail(heads.error());
  const auto records = measure_cuts(*segments, *heads, subject.test);
  if (!records) return fail(records.error());
  for (std::size_t cut = 0; cut < records->size(); ++cut) {
    for (const double confidence : kExitConfidences) {
      for (std::size_t coder = 0; coder < kSpinnCoders.size(); ++coder) {
        BaselinePoint point = point_of((*records)[cut], confidence, coder);
        std::ostringstream variant;
        variant << "cut at " << names[cut];
        if (confidence <= 1) variant << ", exit from " << confidence;
        point.variant = variant.str();
        point.device_macs = (*multiply_adds)[cut];
        if (confidence <= 1) {
          point.device_macs += static_cast<std::uint64_t>((*heads)[cut]->weight.numel());
          point.epochs = epochs;
        }
        points->push_back(std::move(point));
      }
    }
  }
  for (const BaselinePoint& point : *points) subject.log.line(to_json(point));
  return points;
}

}  // namespace sluice::train::splitnet::baselines
