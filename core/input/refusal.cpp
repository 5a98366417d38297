#include "core/input/refusal.hpp"

#include "core/base/text.hpp"

namespace sluice::input {

Failure refuse_modality(Modality expected, const InputView& input) {
  return fail(ErrorCode::kInvalidInput, {"the bundle takes inputs of the kind '", modality_name(expected),
                                         "'; this one is: ", to_string(extent_of(input))});
}

}  // namespace sluice::input
