#include "core/pipeline/full_model.hpp"

#include "core/pipeline/manifest.hpp"

namespace sluice::pipeline {

Result<run::Program> load_full_model(const Manifest& manifest, Bytes onnx, const run::Loading& loading) {
  const ModelSpec& spec = manifest.model;
  const auto refused = [&](const Error& why) { return fail(why.code, {"part '", spec.part, "': ", why.message}); };
  auto program = run::Program::load(onnx, spec.input, spec.output, loading);
  if (!program) return refused(program.error());
  if (!output::gives_detections(spec.output)) {
    if (auto fits = output::check_fits(manifest.agree_when, program->stage()->outputs()); !fits)
      return refused(fits.error());
  }
  return program;
}

}  // namespace sluice::pipeline
