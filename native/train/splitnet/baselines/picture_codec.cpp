#include "native/train/splitnet/baselines/picture_codec.hpp"

#include <sstream>

#include "native/bundle/sha256.hpp"
#include "native/train/splitnet/augment.hpp"
#include "native/train/splitnet/baselines/adam_descent.hpp"
#include "native/train/splitnet/classifier_trainee.hpp"
#include "native/train/splitnet/distillation.hpp"
#include "native/train/splitnet/training_loop.hpp"

namespace sluice::train::splitnet::baselines {
namespace {

constexpr std::int64_t kCodecBatch = 128;
constexpr double kPictureWeight = 10;  // of the squared error of pictures, as released

enum class Stage : std::uint8_t { kPicture, kLogits, kAnswer };

const char* stage_name(Stage stage) {
  switch (stage) {
    case Stage::kPicture: return "picture";
    case Stage::kLogits: return "logits";
    case Stage::kAnswer: return "answer";
  }
  return "";
}

// Gentler where it only tunes.
double stage_rate(Stage stage) { return stage == Stage::kPicture ? 3e-3 : 1e-3; }

class CodecTrainee final : public Trainee {
 public:
  CodecTrainee(PictureCodecImpl& codec, Stage stage, const Subject& subject)
      : codec_(codec), stage_(stage), subject_(subject), descent_(codec.parameters(), stage_rate(stage)) {}

  double step(std::span<const std::int64_t> samples, std::uint64_t seed, double done) override {
    torch::manual_seed(seed);  // of what is left out
    // As they are: the teacher's logits are those of these pictures, and a network as small as these does not learn by heart.
    const Augmentation none{.mirror = false, .move_px = 0, .cutout_px = 0};
    const Batch batch = augmented_batch(subject_.data.train, samples, none, seed);
    codec_.train();
    const torch::Tensor rebuilt = codec_.rebuild(batch.pictures);
    torch::Tensor loss = torch::zeros({});
    if (stage_ != Stage::kAnswer) loss = loss + kPictureWeight * (rebuilt - batch.pictures).square().mean();
    if (stage_ != Stage::kPicture) {
      const torch::Tensor which =
          torch::tensor(std::vector<std::int64_t>(samples.begin(), samples.end()), torch::kLong);
      const torch::Tensor teacher = subject_.teacher.index_select(0, which);
      const torch::Tensor logits = subject_.model.logits(rebuilt);
      loss = loss + (stage_ == Stage::kLogits ? (logits - teacher).square().mean()
                                              : answer_loss(logits, teacher, batch.labels, SplitLosses{}));
    }
    return descent_.step(loss, done);
  }

  std::string epoch_done() override {
    codec_.eval();
    std::ostringstream text;
    text << 100 * rebuilt_accuracy(subject_.data.validation, subject_.model,
                                   [&](const torch::Tensor& pictures) { return codec_.rebuild(pictures); })
         << " % right on kept-back pictures";
    return text.str();
  }

  void save(CheckpointWriter& writer) const override {
    writer.add("network", static_cast<const torch::nn::Module&>(codec_));
    descent_.save(writer);
  }

  void load(CheckpointReader& reader) override {
    reader.get("network", static_cast<torch::nn::Module&>(codec_));
    descent_.load(reader);
  }

 private:
  PictureCodecImpl& codec_;
  Stage stage_;
  const Subject& subject_;
  AdamDescent descent_;
};

}  // namespace

CodecEpochs codec_epochs(const BaselineOptions& options, const CodecEpochs& usual) {
  if (options.epochs == 0) return usual;
  return {options.epochs, options.epochs, options.epochs};
}

std::filesystem::path work_file(const BaselineOptions& options, const std::string& name, const std::string& key) {
  const auto hash = bundle::sha256_hex(std::as_bytes(std::span(key)));
  return options.work / (name + '-' + (hash ? hash->substr(0, 8) : "") + ".checkpoint");
}

Result<void> train_codec(PictureCodecImpl& codec, const std::string& name, const std::string& design,
                         const CodecEpochs& epochs, const Subject& subject) {
  std::ostringstream key;
  key << name << " 1; " << design << "; " << subject.model.key() << "; " << data_key(subject.data) << "; "
      << subject.options.seed;
  for (const auto& [stage, count] :
       {std::pair{Stage::kPicture, epochs.picture}, std::pair{Stage::kLogits, epochs.logits},
        std::pair{Stage::kAnswer, epochs.answer}}) {
    if (count == 0) continue;
    key << "; " << stage_name(stage) << ' ' << count;  // and of the stages before it
    const std::string stage_of = name + '-' + stage_name(stage);
    CodecTrainee trainee(codec, stage, subject);
    const LoopOptions loop{.name = stage_of,
                           .epochs = count,
                           .samples = subject.data.train.size(),
                           .batch = kCodecBatch,
                           .seed = subject.options.seed,
                           .checkpoint_s = subject.options.checkpoint_s};
    auto done = run_loop(trainee, loop, work_file(subject.options, stage_of, key.str()), key.str(), subject.log);
    if (!done) return done;
  }
  codec.eval();
  return {};
}

double rebuilt_accuracy(const PictureSet& set, FrozenModel& model,
                        const std::function<torch::Tensor(const torch::Tensor& pictures)>& rebuild) {
  return accuracy(set, [&](const torch::Tensor& pictures) { return model.logits(rebuild(pictures)); });
}

}  // namespace sluice::train::splitnet::baselines
