// ONNX's Transpose of up to 6 dimensions, any type of 1, 2, 4 or 8 bytes. One that moves no dimension above one passes its
// input through.
#include <array>
#include <numeric>
#include <optional>
#include <vector>

#include "core/model/xnnpack/broadcast.hpp"
#include "core/model/xnnpack/kernels.hpp"
#include "core/model/xnnpack/operator.hpp"

namespace sluice::model::xnnpack {
namespace {

// The four widths differ in the names of XNNPACK's functions only.
struct Functions {
  xnn_status (*create)(std::uint32_t, xnn_operator_t*);
  xnn_status (*reshape)(xnn_operator_t, std::size_t, const std::size_t*, const std::size_t*, pthreadpool_t);
  xnn_status (*setup)(xnn_operator_t, const void*, void*);
};

std::optional<Functions> functions_for(std::size_t width) {
  switch (width) {
    case 1: return Functions{xnn_create_transpose_nd_x8, xnn_reshape_transpose_nd_x8, xnn_setup_transpose_nd_x8};
    case 2: return Functions{xnn_create_transpose_nd_x16, xnn_reshape_transpose_nd_x16, xnn_setup_transpose_nd_x16};
    case 4: return Functions{xnn_create_transpose_nd_x32, xnn_reshape_transpose_nd_x32, xnn_setup_transpose_nd_x32};
    case 8: return Functions{xnn_create_transpose_nd_x64, xnn_reshape_transpose_nd_x64, xnn_setup_transpose_nd_x64};
    default: return std::nullopt;
  }
}

class Transpose final : public Kernel {
 public:
  Transpose(std::vector<std::size_t> perm, DataType type, Operator op, const Functions& functions,
            const KernelContext& context)
      : perm_(std::move(perm)),
        type_(type),
        operator_(std::move(op)),
        functions_(functions),
        threads_(context.threads),
        memory_limit_bytes_(context.memory_limit_bytes) {}

  Result<void> reshape(std::span<const TensorView> inputs, std::span<OutputSpec> outputs) override {
    const Shape& input = inputs[0].shape;
    if (inputs[0].type != type_)
      return fail(ErrorCode::kTypeMismatch, "the input has another type than the graph says");
    if (input.rank() != perm_.size()) {
      return fail(ErrorCode::kInvalidGraph, {"perm does not fit an input of shape ", to_string(input)});
    }
    std::array<std::int64_t, Shape::kMaxRank> dims{};
    for (std::size_t axis = 0; axis < perm_.size(); ++axis) dims[axis] = input[perm_[axis]];
    const auto output = Shape::make(std::span(dims).first(perm_.size()));
    const auto size = dense_size(type_, input, memory_limit_bytes_);
    if (!size) return fail(size.error());
    outputs[0] = {type_, *output};
    passes_through_ = *size == 0 || keeps_order(input);
    if (passes_through_) return {};
    const Sizes sizes = sizes_of(input);
    return check(functions_.reshape(operator_.get(), perm_.size(), sizes.data(), perm_.data(), threads_), "reshape");
  }

  Result<void> run(std::span<const TensorView> inputs, std::span<const MutableTensorView> outputs) override {
    if (passes_through_) {
      std::copy(inputs[0].bytes.begin(), inputs[0].bytes.end(), outputs[0].bytes.begin());
      return {};
    }
    const auto status = functions_.setup(operator_.get(), inputs[0].bytes.data(), outputs[0].bytes.data());
    if (auto ready = check(status, "set up"); !ready) return ready;
    return check(xnn_run_operator(operator_.get(), threads_), "run");
  }

  bool passes_through() const override { return passes_through_; }

 private:
  bool keeps_order(const Shape& input) const {
    std::size_t last = 0;
    for (const std::size_t axis : perm_) {
      if (input[axis] == 1) continue;
      if (axis < last) return false;
      last = axis;
    }
    return true;
  }

  std::vector<std::size_t> perm_;
  DataType type_;
  Operator operator_;
  Functions functions_;
  pthreadpool* threads_;
  std::size_t memory_limit_bytes_;
  bool passes_through_ = false;
};

}  // namespace

MadeKernel make_transpose(const Node& node, const KernelContext& context) {
  if (node.inputs.empty() || node.inputs[0] == kNoValue) return fail(ErrorCode::kInvalidGraph, "there is no input");
  const DataType type = context.graph.values[node.inputs[0]].type;
  const auto functions = functions_for(element_size(type));
  const auto given = node.ints_or("perm", {});
  if (!functions || given.empty() || given.size() > XNN_MAX_TENSOR_DIMS) {
    return fail(ErrorCode::kUnsupportedOperator,
                "only known types and a given perm of up to 6 dimensions are supported");
  }
  std::vector<std::size_t> perm;
  std::vector<bool> seen(given.size(), false);
  for (const std::int64_t axis : given) {
    if (axis < 0 || axis >= static_cast<std::int64_t>(given.size()) || seen[static_cast<std::size_t>(axis)]) {
      return fail(ErrorCode::kInvalidGraph, {"perm is no permutation: it has ", axis});
    }
    seen[static_cast<std::size_t>(axis)] = true;
    perm.push_back(static_cast<std::size_t>(axis));
  }
  if (auto ready = initialize(); !ready) return fail(ready.error());
  xnn_operator_t made = nullptr;
  const auto status = functions->create(0, &made);
  Operator op(made);
  if (auto created = check(status, "make"); !created) return fail(created.error());
  return std::make_unique<Transpose>(std::move(perm), type, std::move(op), *functions, context);
}

}  // namespace sluice::model::xnnpack
