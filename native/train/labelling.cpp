#include "native/train/labelling.hpp"

#include <algorithm>

namespace sluice::train {
namespace {

std::vector<output::Detection> scaled(std::vector<output::Detection> boxes, float x, float y) {
  for (auto& box : boxes) {
    box.x0 *= x;
    box.x1 *= x;
    box.y0 *= y;
    box.y1 *= y;
  }
  return boxes;
}

// Reduces a picture to the stored size and appends it with its label.
class Recorder {
 public:
  static Result<Recorder> create(const input::ImageSpec& stored, SampleStore& store) {
    input::ImageSpec bytes = stored;  // 0..255, whatever scaling the network is fed with
    bytes.mean = {0, 0, 0};
    bytes.scale = {1, 1, 1};
    auto to_tensor = input::ImageToTensor::create(bytes);
    if (!to_tensor) return fail(to_tensor.error());
    auto tensor = Tensor::create(DataType::kFloat32, to_tensor->tensor_shape());
    if (!tensor) return fail(tensor.error());
    return Recorder(std::move(*to_tensor), std::move(*tensor), store);
  }

  Result<void> record(const input::ImageView& picture, Sample sample, const ModelVerdict& verdict) {
    if (auto placed = to_tensor_.run(picture, tensor_.mutable_view()); !placed) return fail(placed.error());
    sample.needed = verdict.needed;
    sample.places =
        scaled(verdict.found, 1.0F / static_cast<float>(picture.width), 1.0F / static_cast<float>(picture.height));
    return store_->append(sample, eval::to_planes(tensor_.as<float>()));
  }

 private:
  Recorder(input::ImageToTensor to_tensor, Tensor tensor, SampleStore& store)
      : to_tensor_(std::move(to_tensor)), tensor_(std::move(tensor)), store_(&store) {}
  input::ImageToTensor to_tensor_;
  Tensor tensor_;
  SampleStore* store_;
};

}  // namespace

Result<void> label_clips(std::span<const eval::Clip> clips, const input::ImageSpec& stored, const LabelOptions& options,
                         const AskModel& ask, SampleStore& store, PicturePool* pool, const Progress& progress) {
  auto recorder = Recorder::create(stored, store);
  if (!recorder) return fail(recorder.error());
  std::size_t seen = 0;
  for (std::size_t c = 0; c < clips.size(); ++c) {
    std::uint32_t every = 1;
    if (!clips[c].still_pictures && options.frames_per_clip > 0) {
      const auto frames = eval::count_frames(clips[c]);
      if (!frames) return fail(frames.error());
      every = std::max<std::uint32_t>(1, static_cast<std::uint32_t>(*frames / options.frames_per_clip));
    }
    auto read =
        eval::read_clip(clips[c], every, [&](const input::ImageView& frame, std::uint64_t index) -> Result<void> {
          const bool known = seen++ < store.size();
          if (known && pool == nullptr) return {};
          const auto verdict = ask(frame);
          if (!verdict) return fail(verdict.error());
          if (pool != nullptr) {
            auto picture = eval::to_rgb(frame, options.pool_side);
            if (!picture) return fail(picture.error());
            const float scale = static_cast<float>(picture->width) / static_cast<float>(frame.width);
            if (auto added = pool->add(*picture, static_cast<std::uint32_t>(c), scaled(verdict->found, scale, scale));
                !added)
              return added;
          }
          if (known) return {};
          Sample sample;
          sample.clip = static_cast<std::uint32_t>(c);
          sample.frame = static_cast<std::uint32_t>(index);
          sample.block = static_cast<std::uint32_t>(clips[c].still_pictures ? index : index / options.block_frames);
          return recorder->record(frame, std::move(sample), *verdict);
        });
    if (!read) return read;
    progress(c + 1, clips.size());
  }
  return {};
}

Result<void> label_composed(const Compose& compose, const input::ImageSpec& stored, std::size_t count,
                            std::uint64_t first_seed, const AskModel& ask, SampleStore& store,
                            const Progress& progress) {
  auto recorder = Recorder::create(stored, store);
  if (!recorder) return fail(recorder.error());
  while (store.size() < count) {
    auto picture = compose(first_seed + store.size());
    if (!picture) return fail(picture.error());
    const auto verdict = ask(picture->view());
    if (!verdict) return fail(verdict.error());
    Sample sample;
    sample.clip = kComposedClip;
    sample.block = static_cast<std::uint32_t>(store.size());
    if (auto recorded = recorder->record(picture->view(), std::move(sample), *verdict); !recorded) return recorded;
    progress(store.size(), count);
  }
  return {};
}

Result<void> label_motion(const MotionComposer& composer, const input::ImageSpec& stored, std::size_t count,
                          std::uint32_t pictures, std::uint64_t first_seed, std::uint32_t first_clip,
                          const AskModel& ask, SampleStore& store, const Progress& progress) {
  auto recorder = Recorder::create(stored, store);
  if (!recorder) return fail(recorder.error());
  while (store.size() < count * pictures) {
    // A sequence that was cut off is composed again from its beginning, and labelled from where it stopped.
    const auto sequence = static_cast<std::uint32_t>(store.size() / pictures);
    const std::size_t known = store.size() % pictures;
    auto composed = composer.compose(
        first_seed + sequence, pictures, [&](const eval::RgbImage& picture, std::uint32_t index) -> Result<void> {
          if (index < known) return {};
          const auto verdict = ask(picture.view());
          if (!verdict) return fail(verdict.error());
          Sample sample;
          sample.clip = sample.block = first_clip + sequence;
          sample.frame = index;
          return recorder->record(picture.view(), std::move(sample), *verdict);
        });
    if (!composed) return composed;
    progress(sequence + 1, count);
  }
  return {};
}

}  // namespace sluice::train
