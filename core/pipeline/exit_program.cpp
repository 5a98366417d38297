#include "core/pipeline/exit_program.hpp"

#include <utility>

#include "core/pipeline/manifest.hpp"

namespace sluice::pipeline {

Result<exits::StagedProgram> load_exits(const Manifest& manifest, Bytes model, Bytes branches,
                                        const run::Loading& loading) {
  const ExitsSpec& spec = *manifest.exits;
  const auto refused = [&](const Error& why) {
    return fail(why.code, {"parts '", manifest.model.part, "' and '", spec.part, "': ", why.message});
  };
  auto staged = exits::StagedModel::load(model, branches, spec.places, loading.model);
  if (!staged) return refused(staged.error());
  if (auto fits = output::check_fits(manifest.agree_when, std::span(&staged->output(), 1)); !fits)
    return refused(fits.error());
  auto program = exits::StagedProgram::make(*std::move(staged), spec.rule, manifest.model.input, loading.preprocessors);
  if (!program) return refused(program.error());
  return program;
}

}  // namespace sluice::pipeline
