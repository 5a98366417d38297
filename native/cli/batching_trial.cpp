#include "native/cli/batching_trial.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "core/base/text.hpp"
#include "core/tensor/tensor.hpp"

namespace sluice::cli {
namespace {

std::optional<Shape> times_along(const Shape& shape, std::size_t axis, std::int64_t count) {
  std::array<std::int64_t, Shape::kMaxRank> dims{};
  std::copy(shape.dims().begin(), shape.dims().end(), dims.begin());
  dims[axis] *= count;
  return Shape::make(std::span(dims).first(shape.rank()));
}

Result<void> run_zeros(run::Program& model, const Shape& shape) {
  auto zeros = Tensor::create(model.tensor_type(), shape);
  if (!zeros) return fail(zeros.error());
  const TensorView input = zeros->view();
  return model.run_stage(std::span(&input, 1));
}

}  // namespace

Result<void> try_two_inputs(const pipeline::BatchSpec& batching, run::Program& model) {
  const std::size_t axis = batching.axis;
  const auto refuse = [&](std::initializer_list<TextPart> why) {
    return fail(ErrorCode::kMalformedManifest, {"batching.axis ", axis, ": ", join_text(why)});
  };
  const Shape alone = model.tensor_shape();
  if (axis >= alone.rank()) return refuse({"the model's input has the shape ", to_string(alone)});
  if (auto ok = run_zeros(model, alone); !ok) return ok;
  std::vector<Shape> expected;
  const auto outputs = model.stage()->outputs();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Shape shape = model.stage()->output(i).shape;
    if (axis >= shape.rank()) return refuse({"the output '", outputs[i].name, "' has the shape ", to_string(shape)});
    const auto twice = times_along(shape, axis, 2);
    if (!twice) return refuse({"two of the output '", outputs[i].name, "' are too large"});
    expected.push_back(*twice);
  }
  const auto two = times_along(alone, axis, 2);
  if (!two) return refuse({"two inputs are too large"});
  if (auto ok = run_zeros(model, *two); !ok) return refuse({"two inputs at once: ", ok.error().message});
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Shape shape = model.stage()->output(i).shape;
    if (shape == expected[i]) continue;
    return refuse({"two inputs at once gave the output '", outputs[i].name, "' the shape ", to_string(shape),
                   "; expected ", to_string(expected[i])});
  }
  return {};
}

}  // namespace sluice::cli
