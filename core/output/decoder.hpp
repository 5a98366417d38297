// What a model's raw outputs mean: the step after the engine, the same on the server, in the command and in a page.
// A decoder may keep scratch memory: one thread at a time. The views it reads are borrowed for the call.
// Adding a kind of model is one class behind this interface and one row in decoder.cpp.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/input/image_tensor.hpp"
#include "core/input/modality.hpp"
#include "core/output/output_spec.hpp"
#include "core/output/output_tensor.hpp"

namespace sluice::model {
struct TensorInfo;
}

namespace sluice::output {

struct ModelOutput {
  std::string_view name;
  TensorView tensor;
};

// The input that the model saw: its size, and where a picture lay in the model's input.
struct Source {
  input::InputExtent extent;
  input::Placement placement;
};

class Decoder {
 public:
  virtual ~Decoder() = default;

  // Whether decode() can read what a model with these outputs gives, as far as the model says before it runs: the same errors.
  virtual Result<void> check(std::span<const model::TensorInfo> outputs) const = 0;

  // The result, of pictures in pixels of the source. kNotFound names an output that the decoder misses; kShapeMismatch and
  // kTypeMismatch say what came in place of what.
  virtual Result<std::vector<OutputTensor>> decode(std::span<const ModelOutput> outputs, const Source& source) = 0;
};

// kNotFound, listing the decoders there are, when `spec.decoder` is none of them; kInvalidArgument for a threshold outside
// [0, 1].
Result<std::unique_ptr<Decoder>> make_decoder(const OutputSpec& spec);

// The names make_decoder() knows.
std::span<const std::string_view> decoder_names();

}  // namespace sluice::output
