#include "core/model/ops/convolution_plan.hpp"

#include <algorithm>

namespace sluice::model::ops {

std::uint64_t ConvolutionPlan::multiply_adds() const {
  CheckedInt64 count = CheckedInt64(batch) * groups * out_channels * in_channels;
  for (const Window& window : axes) count = count * window.kernel * window.output;
  return count.ok() ? static_cast<std::uint64_t>(count.value()) : 0;
}

Result<ConvolutionPlan> plan_convolution(WindowAttributes attributes, std::int64_t groups, const Shape& input,
                                         const Shape& weights) {
  if (input.rank() < 3) return refuse_shape("the input", input, "a batch, channels and spatial dimensions");
  if (weights.rank() != input.rank()) {
    return refuse_shape("the weights", weights, join_text({input.rank(), " dimensions like the input"}));
  }
  const auto kernel = weights.dims().subspan(2);
  if (attributes.kernel.empty()) attributes.kernel.assign(kernel.begin(), kernel.end());
  if (auto completed = attributes.complete(kernel.size()); !completed) return fail(completed.error());
  if (!std::ranges::equal(attributes.kernel, kernel)) {
    return refuse_shape("the weights", weights, "the sizes that kernel_shape names");
  }
  if (groups < 1 || weights[0] % groups != 0 || input[1] % groups != 0 || input[1] / groups != weights[1]) {
    return fail(ErrorCode::kInvalidGraph, {"weights of shape ", to_string(weights), " and an input of shape ",
                                           to_string(input), " do not fit in ", groups, " groups"});
  }
  auto windows = fit_windows(attributes, input.dims().subspan(2));
  if (!windows) return fail(windows.error());
  ConvolutionPlan plan{.batch = input[0],
                       .groups = groups,
                       .in_channels = weights[1],
                       .out_channels = weights[0] / groups,
                       .axes = std::move(*windows),
                       .output = {input[0], weights[0]}};
  for (const Window& window : plan.axes) plan.output.emplace_back(window.output);
  return plan;
}

}  // namespace sluice::model::ops
