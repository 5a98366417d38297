// Makes the training data: runs the full model over frames and over composed pictures and stores, for each, a small
// copy and the label that the redundancy rule gives (InFi, MobiCom'22, section 2: no ground truth is needed).
// Resumable: what a store already holds is not labelled again. Borrows everything it is given.
#pragma once

#include <functional>
#include <span>

#include "core/input/image_tensor.hpp"
#include "native/eval/clip.hpp"
#include "native/train/image/motion_composer.hpp"
#include "native/train/image/picture_pool.hpp"
#include "native/train/progress.hpp"
#include "native/train/sample_store.hpp"

namespace sluice::train {

struct ModelVerdict {
  bool needed = false;
  std::vector<output::Detection> found;  // in source pixels, weak ones too; empty where the model finds no places
};

using AskModel = std::function<Result<ModelVerdict>(const input::ImageView&)>;

struct LabelOptions {
  std::uint32_t frames_per_clip = 80;  // taken evenly over a video; 0: every frame
  std::uint32_t pool_side = 640;       // longer side of pool pictures and composed pictures, in pixels
  std::uint32_t block_frames = 15;     // source frames of one block, which is never divided between two uses
};

// Labels the frames of clips. With a pool, also puts them there.
Result<void> label_clips(std::span<const eval::Clip> clips, const input::ImageSpec& stored, const LabelOptions& options,
                         const AskModel& ask, SampleStore& store, PicturePool* pool, const Progress& progress);

using Compose = std::function<Result<eval::RgbImage>(std::uint64_t seed)>;

// Labels composed pictures until the store holds `count`; the i-th is made from seed `first_seed` + i.
Result<void> label_composed(const Compose& compose, const input::ImageSpec& stored, std::size_t count,
                            std::uint64_t first_seed, const AskModel& ask, SampleStore& store,
                            const Progress& progress);

// Labels composed sequences of `pictures` each until the store holds `count` of them; the i-th is made from seed
// `first_seed` + i and stored under clip number `first_clip` + i, which is its block too. A thread for each model of `ask`;
// the store comes out the same however many there are.
Result<void> label_motion(const MotionComposer& composer, const input::ImageSpec& stored, std::size_t count,
                          std::uint32_t pictures, std::uint64_t first_seed, std::uint32_t first_clip,
                          std::span<const AskModel> ask, SampleStore& store, const Progress& progress);

}  // namespace sluice::train
