// What a bundle's section `exits.cut` needs of its parts: the device's side, whose stages end in coded bytes, and the server's, which goes on
// from them. Plain functions; what they make is used by one thread at a time.
#pragma once

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/exit/staged_batch.hpp"
#include "core/exit/staged_program.hpp"
#include "core/run/network.hpp"
#include "core/split/feature_decoder.hpp"

namespace sluice::pipeline {

struct Manifest;

// Errors name the part that is to blame: those of exits::StagedModel, StagedProgram, StagedBatch, of split::FeatureCoder and FeatureDecoder,
// and kShapeMismatch where the coding is of another tensor than the model's at the place. The parts are needed during the call only, but for
// what the decoder looks at. Precondition of all: the manifest has exits with a cut.

// `whole`: the model may run to its end here, too; otherwise its stages end at the cut.
Result<exits::StagedProgram> load_cut_exits(const Manifest& manifest, Bytes model, Bytes branches, Bytes coding,
                                            bool whole, const run::Loading& loading);

// `coding` outlives it.
Result<split::FeatureDecoder> make_cut_decoder(const Manifest& manifest, Bytes coding);

Result<exits::StagedBatch> load_behind_cut(const Manifest& manifest, Bytes model, Bytes branches,
                                           const model::LoadOptions& options);

}  // namespace sluice::pipeline
