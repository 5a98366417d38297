#include "core/input/preprocessor.hpp"

#include "core/base/text.hpp"

namespace sluice::input {

Result<std::unique_ptr<Preprocessor>> make_preprocessor(const InputSpec& spec, std::span<const PreprocessorRow> rows) {
  const Modality modality = modality_of(spec);
  for (const PreprocessorRow& row : rows) {
    if (row.modality == modality) return row.make(spec);
  }
  return fail(ErrorCode::kUnsupportedEnvironment,
              {"this build has no preprocessing for inputs of the kind '", modality_name(modality), "'"});
}

}  // namespace sluice::input
