// The stages of a bundle's model behind its cut (MANIFEST.md, `exits.cut`) as a model of the server's: it takes the tensor at the cut and, for
// each input, which of the bundle's points decides, and answers with logits and the stage they are from. Inputs that an exit is sure of
// leave the run early (core/exit/staged_batch.hpp). Runs on the core's own runner, whatever the server's engine is: no other cuts models.
#pragma once

#include <cstdint>
#include <memory>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/pipeline/manifest.hpp"
#include "server/engine/engine.hpp"

namespace sluice::server {

// What goes in: the tensor, and int32 [inputs], the number of the point from 0 on. What comes out: the model's own output, and int32 [inputs].
inline constexpr std::size_t kCutTensorInput = 0;
inline constexpr std::size_t kCutPointInput = 1;
inline constexpr std::size_t kCutStageOutput = 1;

struct CutModel {
  std::shared_ptr<LoadedModel> model;
  std::size_t weight_bytes = 0;  // of one stage of it
};

// `manifest` and the parts outlive it. The errors of pipeline::load_behind_cut().
Result<CutModel> load_cut_model(const pipeline::Manifest& manifest, Bytes model, Bytes branches);

}  // namespace sluice::server
