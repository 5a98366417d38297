#include "native/train/labelling.hpp"

#include <algorithm>
#include <thread>

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

// Reduces a picture to the stored size and fills in its label.
class Reducer {
 public:
  static Result<Reducer> create(const input::ImageSpec& stored) {
    input::ImageSpec bytes = stored;  // 0..255, whatever scaling the network is fed with
    bytes.mean = {0, 0, 0};
    bytes.scale = {1, 1, 1};
    auto to_tensor = input::ImageToTensor::create(bytes);
    if (!to_tensor) return fail(to_tensor.error());
    auto tensor = Tensor::create(DataType::kFloat32, to_tensor->tensor_shape());
    if (!tensor) return fail(tensor.error());
    return Reducer(std::move(*to_tensor), std::move(*tensor));
  }

  Result<std::vector<std::uint8_t>> reduce(const input::ImageView& picture, const ModelVerdict& verdict,
                                           Sample& sample) {
    if (auto placed = to_tensor_.run(picture, tensor_.mutable_view()); !placed) return fail(placed.error());
    sample.needed = verdict.needed;
    sample.places =
        scaled(verdict.found, 1.0F / static_cast<float>(picture.width), 1.0F / static_cast<float>(picture.height));
    return eval::to_planes(tensor_.as<float>());
  }

 private:
  Reducer(input::ImageToTensor to_tensor, Tensor tensor)
      : to_tensor_(std::move(to_tensor)), tensor_(std::move(tensor)) {}
  input::ImageToTensor to_tensor_;
  Tensor tensor_;
};

// Reduces pictures and appends them to a store.
class Recorder {
 public:
  static Result<Recorder> create(const input::ImageSpec& stored, SampleStore& store) {
    auto reducer = Reducer::create(stored);
    if (!reducer) return fail(reducer.error());
    return Recorder(std::move(*reducer), store);
  }

  Result<void> record(const input::ImageView& picture, Sample sample, const ModelVerdict& verdict) {
    const auto planes = reducer_.reduce(picture, verdict, sample);
    if (!planes) return fail(planes.error());
    return store_->append(sample, *planes);
  }

 private:
  Recorder(Reducer reducer, SampleStore& store) : reducer_(std::move(reducer)), store_(&store) {}
  Reducer reducer_;
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

namespace {

struct Labelled {
  Sample sample;
  std::vector<std::uint8_t> planes;
};

// One composed sequence, labelled.
class SequenceLabeller {
 public:
  SequenceLabeller(const MotionComposer& composer, const input::ImageSpec& stored, std::uint32_t pictures)
      : composer_(composer), stored_(stored), pictures_(pictures) {}

  Result<std::vector<Labelled>> label(std::uint64_t seed, std::uint32_t clip, const AskModel& ask) const {
    auto reducer = Reducer::create(stored_);
    if (!reducer) return fail(reducer.error());
    std::vector<Labelled> sequence;
    auto composed =
        composer_.compose(seed, pictures_, [&](const eval::RgbImage& picture, std::uint32_t index) -> Result<void> {
          const auto verdict = ask(picture.view());
          if (!verdict) return fail(verdict.error());
          Sample sample;
          sample.clip = sample.block = clip;
          sample.frame = index;
          auto planes = reducer->reduce(picture.view(), *verdict, sample);
          if (!planes) return fail(planes.error());
          sequence.push_back({std::move(sample), std::move(*planes)});
          return {};
        });
    if (!composed) return fail(composed.error());
    return sequence;
  }

 private:
  const MotionComposer& composer_;
  const input::ImageSpec& stored_;
  std::uint32_t pictures_;
};

}  // namespace

Result<void> label_motion(const MotionComposer& composer, const input::ImageSpec& stored, std::size_t count,
                          std::uint32_t pictures, std::uint64_t first_seed, std::uint32_t first_clip,
                          std::span<const AskModel> ask, SampleStore& store, const Progress& progress) {
  const SequenceLabeller labeller(composer, stored, pictures);
  while (store.size() < count * pictures) {
    // A sequence that was cut off is labelled again, and stored from where it stopped.
    const std::size_t first = store.size() / pictures;
    const std::size_t known = store.size() % pictures;
    const std::size_t together = std::min(ask.size(), count - first);
    std::vector<Result<std::vector<Labelled>>> made(together);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < together; ++i) {
      threads.emplace_back([&, i] {
        made[i] = labeller.label(first_seed + first + i, first_clip + static_cast<std::uint32_t>(first + i), ask[i]);
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (std::size_t i = 0; i < together; ++i) {
      if (!made[i]) return fail(made[i].error());
      for (std::size_t p = i == 0 ? known : 0; p < made[i]->size(); ++p) {
        const Labelled& labelled = (*made[i])[p];
        if (auto appended = store.append(labelled.sample, labelled.planes); !appended) return appended;
      }
    }
    progress(first + together, count);
  }
  return {};
}

}  // namespace sluice::train
