// Turns an input into the tensor that a model takes, as a manifest's InputSpec says. One class for each modality behind one
// interface; which of them a build contains is a table of rows, so that a page downloads only those it needs.
// A Preprocessor belongs to one model and is used by one thread at a time; run() allocates only when the input's size differs
// from the last one's.
#pragma once

#include <memory>
#include <span>

#include "core/base/result.hpp"
#include "core/input/input.hpp"

namespace sluice::input {

class Preprocessor {
 public:
  virtual ~Preprocessor() = default;
  virtual DataType tensor_type() const = 0;
  virtual Shape tensor_shape() const = 0;

  // Fills `tensor`, of tensor_type() and tensor_shape(). kInvalidInput when the input is of another modality or not what the
  // spec describes, or holds a value that is not finite; kInvalidImage for pictures that make_image() would refuse.
  // The placement is that of a picture in the tensor; {1, 1} for the rest.
  virtual Result<Placement> run(const InputView& input, MutableTensorView tensor) = 0;
};

struct PreprocessorRow {
  Modality modality;
  Result<std::unique_ptr<Preprocessor>> (*make)(const InputSpec& spec);
};

std::span<const PreprocessorRow> image_preprocessors();  // pictures only
std::span<const PreprocessorRow> all_preprocessors();

// kUnsupportedEnvironment when `rows` have none of the spec's modality; kInvalidArgument for a spec with a size of 0 or above
// its limit, or a number that is not finite.
Result<std::unique_ptr<Preprocessor>> make_preprocessor(const InputSpec& spec, std::span<const PreprocessorRow> rows);

}  // namespace sluice::input
