#include "native/eval/live/recorded_gate.hpp"

#include <algorithm>
#include <utility>

#include "core/output/detection.hpp"
#include "core/pipeline/shared_network.hpp"
#include "core/questions/table.hpp"

namespace sluice::eval {
namespace {

const input::TensorSpec kNothing{DataType::kFloat32, {1}};

// A network that repeats what was measured: the probability first, then the embedding.
class RecordedNetwork final : public run::Stage {
 public:
  static Result<std::unique_ptr<RecordedNetwork>> make(std::shared_ptr<RecordedFrame> at, const std::string& embedding,
                                                       std::size_t dimension) {
    std::unique_ptr<RecordedNetwork> made(new RecordedNetwork);
    made->at_ = std::move(at);
    made->inputs_.push_back({"nothing", kNothing.type, {1}});
    const std::vector<std::pair<std::string, std::size_t>> outputs =
        dimension == 0 ? std::vector<std::pair<std::string, std::size_t>>{{"probability", 1}}
                       : std::vector<std::pair<std::string, std::size_t>>{{"probability", 1}, {embedding, dimension}};
    for (const auto& [name, size] : outputs) {
      const auto columns = static_cast<std::int64_t>(size);
      auto tensor = Tensor::create(DataType::kFloat32, {1, columns});
      if (!tensor) return fail(tensor.error());
      made->outputs_.push_back({name, DataType::kFloat32, {1, columns}});
      made->given_.push_back(*std::move(tensor));
    }
    return made;
  }

  std::span<const model::TensorInfo> inputs() const override { return inputs_; }
  std::span<const model::TensorInfo> outputs() const override { return outputs_; }
  TensorView output(std::size_t index) const override { return given_[index].view(); }

  Result<void> run(std::span<const TensorView>) override {
    given_[0].as<float>()[0] = at_->frame->score;
    if (given_.size() == 1) return {};
    const auto embedding = given_[1].as<float>();
    if (at_->frame->embedding.size() != embedding.size()) {
      return fail(ErrorCode::kShapeMismatch, {"a frame's embedding has ", at_->frame->embedding.size(),
                                              " numbers; others have ", embedding.size()});
    }
    std::ranges::copy(at_->frame->embedding, embedding.begin());
    return {};
  }

 private:
  std::shared_ptr<RecordedFrame> at_;
  std::vector<model::TensorInfo> inputs_;
  std::vector<model::TensorInfo> outputs_;
  std::vector<Tensor> given_;
};

std::size_t dimension_of(const Measurement& measurement) {
  for (const ClipRecord& clip : measurement.clips) {
    if (!clip.frames.empty()) return clip.frames.front().embedding.size();
  }
  return 0;
}

}  // namespace

Result<RecordedGate> make_recorded_gate(const pipeline::Manifest& bundle, const Measurement& measurement, bool reuse) {
  RecordedGate gate{bundle, {}, std::make_shared<RecordedFrame>()};
  const auto* skip = bundle.find_question<questions::SkipSpec>();
  const auto* reuse_spec = bundle.find_question<questions::ReuseSpec>();
  if (skip == nullptr) {
    return fail(ErrorCode::kInvalidArgument, {"the bundle '", bundle.name, "' has no skip filter to evaluate"});
  }
  const std::size_t dimension = reuse && reuse_spec != nullptr ? dimension_of(measurement) : 0;
  gate.manifest.model.input = kNothing;
  std::erase_if(gate.manifest.questions, [&](const pipeline::AskedQuestion& asked) {
    return asked.row->kind != "skip" && (asked.row->kind != "reuse" || dimension == 0);
  });
  auto stage = RecordedNetwork::make(gate.at, dimension != 0 ? reuse_spec->output : "", dimension);
  if (!stage) return fail(stage.error());
  auto network = run::Network::make(*std::move(stage), kNothing, run::full_loading().preprocessors);
  if (!network) return fail(network.error());
  const auto shared = std::make_shared<pipeline::SharedNetwork>(*std::move(network));
  for (const pipeline::AskedQuestion& asked : gate.manifest.questions) {
    if (asked.row->kind == "skip") {
      auto made = questions::SkipQuestion::make(shared, *skip);
      if (!made) return fail(made.error());
      gate.questions.push_back(*std::move(made));
    } else {
      auto made = questions::ReuseQuestion::make(shared, *reuse_spec, {bundle.name, bundle.version}, bundle.agree_when);
      if (!made) return fail(made.error());
      gate.questions.push_back(*std::move(made));
    }
  }
  return gate;
}

Result<std::vector<output::OutputTensor>> recorded_result(const FrameRecord& frame) {
  if (frame.result != nullptr) return questions::copy_of(*frame.result);
  auto boxes = output::to_tensor(std::vector<output::Detection>(frame.needed ? 1 : 0, {0, 0, 1, 1, 1, {}}));
  if (!boxes) return fail(boxes.error());
  std::vector<output::OutputTensor> outputs;
  outputs.push_back({std::string(output::kDetectionsName), *std::move(boxes)});
  return outputs;
}

}  // namespace sluice::eval
