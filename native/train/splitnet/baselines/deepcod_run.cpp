#include "native/train/splitnet/baselines/deepcod.hpp"
#include "native/train/splitnet/augment.hpp"

namespace sluice::train::splitnet::baselines {
namespace {

constexpr std::int64_t kStartPictures = 2000;
constexpr std::int64_t kTablePictures = 3000;  // that the coder's tables are learned from
constexpr CodecEpochs kDeepcodEpochs{.picture = 2, .logits = 1, .answer = 1};

const std::vector<std::int64_t> kUsualChannels{12, 18, 24, 36};

torch::Tensor deepcod_symbols(DeepcodImpl& codec, const PictureSet& set, std::int64_t count) {
  torch::NoGradGuard no_gradient;
  std::vector<torch::Tensor> parts;
  count = std::min(count, set.size());
  for (std::int64_t at = 0; at < count; at += kEvaluationBatch) {
    const Batch batch = plain_batch(set, at, std::min(at + kEvaluationBatch, count));
    parts.push_back(codec.symbols(batch.pictures).to(torch::kInt8));
  }
  return torch::cat(parts);
}

Result<void> export_deepcod(const DeepcodImpl& codec, const Subject& subject) {
  const std::filesystem::path& folder = subject.options.export_deepcod;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const std::int64_t side = subject.test.height();
  const std::filesystem::path stem = folder / ("deepcod-" + std::to_string(codec.channels()));
  for (const auto& [ending, bytes] : {std::pair{".encoder.onnx", codec.export_encoder(side)},
                                      std::pair{".decoder.onnx", codec.export_decoder(side)}}) {
    if (auto written = write_atomically(stem.string() + ending, bytes); !written) return written;
  }
  return {};
}

}  // namespace

Result<std::vector<BaselinePoint>> run_deepcod(const Subject& subject) {
  const std::vector<std::int64_t>& wanted = subject.options.channels;
  const CodecEpochs epochs = codec_epochs(subject.options, kDeepcodEpochs);
  std::vector<BaselinePoint> points;
  for (const std::int64_t channels : wanted.empty() ? kUsualChannels : wanted) {
    torch::manual_seed(subject.options.seed);
    Deepcod codec(channels, subject.options.arithmetic);
    codec->start_from(plain_batch(subject.data.train, 0, std::min(kStartPictures, subject.data.train.size())).pictures);
    const std::string name = "deepcod-" + std::to_string(channels);
    auto trained = train_codec(*codec, name, std::to_string(kDeepcodLevels), epochs, subject);
    if (!trained) return fail(trained.error());
    const auto coders = SymbolCoders::learn(deepcod_symbols(*codec, subject.data.train, kTablePictures));
    if (!coders) return fail(coders.error());
    const auto bytes = coders->measure(deepcod_symbols(*codec, subject.test, subject.test.size()));
    if (!bytes) return fail(bytes.error());
    const double accuracy = rebuilt_accuracy(subject.test, subject.model,
                                             [&](const torch::Tensor& pictures) { return codec->rebuild(pictures); });
    for (const auto& [coder, mean] : {std::pair{"lzw", bytes->lzw}, std::pair{"range", bytes->range}}) {
      points.push_back({"deepcod", std::to_string(channels) + " channels", coder, mean, accuracy,
                        deepcod_multiply_adds(channels, subject.test.height()), epochs.sum()});
      subject.log.line(to_json(points.back()));
    }
    if (subject.options.export_deepcod.empty()) continue;
    if (auto exported = export_deepcod(*codec, subject); !exported) return fail(exported.error());
  }
  return points;
}

}  // namespace sluice::train::splitnet::baselines
