// Runs the network of a bundle's questions and its full model side by side over clips and records, for every frame, the
// filter's score, the embedding where there is one, the model's result and what both took. The two are timed on the same frames, one after the other, on one
// thread each.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/output/agreement.hpp"
#include "core/questions/reuse/reuse_question.hpp"
#include "core/questions/skip/skip_question.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/eval/clip.hpp"

namespace sluice::eval {

struct FrameRecord {
  float score = 0;
  bool needed = false;
  std::vector<std::uint8_t> thumbnail;  // 32 x 24 grey, for the frame-difference baseline
  std::uint32_t index = 0;              // in its clip
  std::vector<float> embedding;         // of REUSE; empty where the bundle has none
  reuse::SharedOutputs result;          // the full model's; null: only `needed` is known
};

struct ClipRecord {
  std::string name;
  bool still_pictures = false;
  std::vector<FrameRecord> frames;
};

struct Measurement {
  std::vector<ClipRecord> clips;
  output::AgreementSpec agree_when{"empty", 0.5F,
                                   0};  // when two results agree; without results, when both are needed or not
  double gate_ms = 0;                   // median of one frame: preprocessing and network
  double model_ms = 0;                  // the same for the full model, with its decoding
  std::size_t frames() const;
};

using ClipProgress = std::function<void(std::size_t done, std::size_t of, const std::string& name)>;

Result<Measurement> measure(const bundle::Bundle& bundle, std::span<const Clip> clips, std::uint32_t every,
                            const ClipProgress& progress);

}  // namespace sluice::eval
