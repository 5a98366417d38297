// Clips to tensors, frame by frame. See preprocessor.hpp.
#include "core/base/text.hpp"
#include "core/input/refusal.hpp"

namespace sluice::input {
namespace {

class ClipPreprocessor final : public Preprocessor {
 public:
  ClipPreprocessor(ImageToTensor to_tensor, std::uint32_t frames) : to_tensor_(std::move(to_tensor)), frames_(frames) {}

  DataType tensor_type() const override { return DataType::kFloat32; }
  Shape tensor_shape() const override {
    const Shape one = to_tensor_.tensor_shape();
    return {1, one[1] * frames_, one[2], one[3]};
  }

  Result<Placement> run(const InputView& input, MutableTensorView tensor) override {
    const auto* clip = std::get_if<ClipView>(&input);
    if (clip == nullptr) return refuse_modality(Modality::kClip, input);
    if (clip->frames.size() != frames_) {
      return fail(ErrorCode::kInvalidInput, {"a clip of ", clip->frames.size(), " frames; the bundle takes ", frames_});
    }
    if (tensor.shape != tensor_shape()) {
      return fail(ErrorCode::kShapeMismatch,
                  {"a tensor of ", to_string(tensor.shape), " for a clip of ", to_string(tensor_shape())});
    }
    const std::size_t frame_bytes = tensor.bytes.size() / frames_;
    Placement placement;
    for (std::size_t i = 0; i < frames_; ++i) {
      const ImageView& frame = clip->frames[i];
      if (frame.width != clip->frames[0].width || frame.height != clip->frames[0].height) {
        return fail(ErrorCode::kInvalidInput,
                    {"frame ", i, " of a clip has ", frame.width, " x ", frame.height, " pixels; the first has ",
                     clip->frames[0].width, " x ", clip->frames[0].height});
      }
      const auto placed = to_tensor_.run(
          frame, {tensor.type, to_tensor_.tensor_shape(), tensor.bytes.subspan(i * frame_bytes, frame_bytes)});
      if (!placed) return fail(placed.error());
      placement = *placed;
    }
    return placement;
  }

 private:
  ImageToTensor to_tensor_;
  std::uint32_t frames_;
};

}  // namespace

Result<std::unique_ptr<Preprocessor>> make_clip_preprocessor(const InputSpec& spec) {
  const auto& clip = std::get<ClipSpec>(spec);
  if (clip.frames == 0 || clip.frames > kMaxClipFrames) {
    return fail(ErrorCode::kInvalidArgument,
                {"a clip of ", clip.frames, " frames; there may be 1 to ", kMaxClipFrames});
  }
  auto to_tensor = ImageToTensor::create(clip.frame);
  if (!to_tensor) return fail(to_tensor.error());
  return std::make_unique<ClipPreprocessor>(std::move(*to_tensor), clip.frames);
}

}  // namespace sluice::input
