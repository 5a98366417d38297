#include "core/pipeline/exit_cut.hpp"

#include <span>
#include <utility>

#include "core/pipeline/manifest.hpp"

namespace sluice::pipeline {
namespace {

Failure in_part(const std::string& part, const Error& why) {
  return fail(why.code, {"part '", part, "': ", why.message});
}

Failure in_stages(const Manifest& manifest, const Error& why) {
  return fail(why.code, {"parts '", manifest.model.part, "' and '", manifest.exits->part, "': ", why.message});
}

}  // namespace

Result<exits::StagedProgram> load_cut_exits(const Manifest& manifest, Bytes model, Bytes branches, Bytes coding,
                                            bool whole, const run::Loading& loading) {
  const ExitsSpec& spec = *manifest.exits;
  const ExitCutSpec& cut = *spec.cut;
  const std::span places(spec.places);
  auto staged =
      whole ? exits::StagedModel::load(model, branches, places, loading.model)
            : exits::StagedModel::load_first(model, branches, places.first(cut.place + std::size_t{1}), loading.model);
  if (!staged) return in_stages(manifest, staged.error());
  if (auto fits = output::check_fits(manifest.agree_when, std::span(&staged->output(), 1)); !fits) {
    return in_stages(manifest, fits.error());
  }
  auto program = exits::StagedProgram::make(*std::move(staged), spec.rule, manifest.model.input, loading.preprocessors);
  if (!program) return in_stages(manifest, program.error());
  auto coder = split::FeatureCoder::create(coding, cut.values);
  if (!coder) return in_part(cut.coding, coder.error());
  if (auto set = program->set_cut(cut.place, *std::move(coder)); !set) return in_part(cut.coding, set.error());
  return program;
}

Result<split::FeatureDecoder> make_cut_decoder(const Manifest& manifest, Bytes coding) {
  const ExitCutSpec& cut = *manifest.exits->cut;
  auto decoder = split::FeatureDecoder::of_coding(coding, cut.values);
  if (!decoder) return in_part(cut.coding, decoder.error());
  return decoder;
}

Result<exits::StagedBatch> load_behind_cut(const Manifest& manifest, Bytes model, Bytes branches,
                                           const model::LoadOptions& options) {
  const ExitsSpec& spec = *manifest.exits;
  auto rest = exits::StagedBatch::load(model, branches, spec.places, spec.cut->place, spec.rule, options);
  if (!rest) return in_stages(manifest, rest.error());
  return rest;
}

}  // namespace sluice::pipeline
