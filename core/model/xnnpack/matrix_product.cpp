// ONNX's MatMul of two float32 activations with equal batch dimensions (attention, for instance).
#include <algorithm>
#include <array>

#include "core/model/xnnpack/broadcast.hpp"
#include "core/model/xnnpack/kernels.hpp"
#include "core/model/xnnpack/operator.hpp"

namespace sluice::model::xnnpack {
namespace {

class MatrixProduct final : public Kernel {
 public:
  MatrixProduct(Operator op, const KernelContext& context)
      : operator_(std::move(op)), threads_(context.threads), memory_limit_bytes_(context.memory_limit_bytes) {}

  Result<void> reshape(std::span<const TensorView> inputs, std::span<OutputSpec> outputs) override {
    const Shape& a = inputs[0].shape;
    const Shape& b = inputs[1].shape;
    if (inputs[0].type != DataType::kFloat32 || inputs[1].type != DataType::kFloat32) {
      return fail(ErrorCode::kUnsupportedType, "the inputs are not both float32");
    }
    const std::size_t rank = a.rank();
    const bool fits = rank >= 2 && rank == b.rank() && a[rank - 1] == b[rank - 2] &&
                      std::equal(a.dims().begin(), a.dims().end() - 2, b.dims().begin());
    if (!fits) {
      return fail(ErrorCode::kInvalidGraph, {"shapes ", to_string(a), " and ", to_string(b), " do not multiply"});
    }
    std::array<std::int64_t, Shape::kMaxRank> dims{};
    std::ranges::copy(a.dims(), dims.begin());
    dims[rank - 1] = b[rank - 1];
    const auto output = Shape::make(std::span(dims).first(rank));
    const auto size = dense_size(DataType::kFloat32, *output, memory_limit_bytes_);
    if (!size) return fail(size.error());
    outputs[0] = {DataType::kFloat32, *output};
    const Sizes batch = sizes_of(a);
    std::size_t bytes = 0;
    std::size_t alignment = 1;
    const auto status = xnn_reshape_batch_matrix_multiply_nc_f32(
        operator_.get(), rank - 2, batch.data(), batch.data(), static_cast<std::size_t>(a[rank - 2]),
        static_cast<std::size_t>(a[rank - 1]), static_cast<std::size_t>(b[rank - 1]), &bytes, &alignment, threads_);
    if (auto reshaped = check(status, "reshape"); !reshaped) return reshaped;
    multiply_adds_ = static_cast<std::uint64_t>(*size / sizeof(float)) * static_cast<std::uint64_t>(a[rank - 1]);
    return workspace_.reserve(bytes, alignment);
  }

  Result<void> run(std::span<const TensorView> inputs, std::span<const MutableTensorView> outputs) override {
    const auto status =
        xnn_setup_batch_matrix_multiply_nc_f32(operator_.get(), workspace_.data(), inputs[0].as<float>().data(),
                                               inputs[1].as<float>().data(), outputs[0].as<float>().data());
    if (auto ready = check(status, "set up"); !ready) return ready;
    return check(xnn_run_operator(operator_.get(), threads_), "run");
  }

  std::uint64_t multiply_adds() const override { return multiply_adds_; }

 private:
  Operator operator_;
  pthreadpool* threads_;
  std::size_t memory_limit_bytes_;
  Workspace workspace_;
  std::uint64_t multiply_adds_ = 0;
};

}  // namespace

MadeKernel make_matrix_product(const Node& node, const KernelContext& context) {
  if (node.inputs.size() != 2) return fail(ErrorCode::kInvalidGraph, "there are not two inputs");
  const auto shape_of = [&](std::size_t slot) -> const Shape* {
    const ValueId id = node.inputs[slot];
    if (id == kNoValue || context.graph.values[id].type != DataType::kFloat32) return nullptr;
    return context.graph.values[id].shape ? &*context.graph.values[id].shape : nullptr;
  };
  const Shape* a = shape_of(0);
  const Shape* b = shape_of(1);
  const bool usable = a != nullptr && b != nullptr && a->rank() == b->rank() && a->rank() >= 2 &&
                      a->rank() <= XNN_MAX_TENSOR_DIMS && a->element_count().value_or(0) != 0 &&
                      b->element_count().value_or(0) != 0 &&
                      std::equal(a->dims().begin(), a->dims().end() - 2, b->dims().begin());
  if (!usable)
    return fail(ErrorCode::kUnsupportedOperator, "only float32 of known shapes with equal batches is supported");
  if (auto ready = initialize(); !ready) return fail(ready.error());
  xnn_operator_t made = nullptr;
  const auto status = xnn_create_batch_matrix_multiply_nc_f32(0, &made);
  Operator op(made);
  if (auto created = check(status, "make"); !created) return fail(created.error());
  return std::make_unique<MatrixProduct>(std::move(op), context);
}

}  // namespace sluice::model::xnnpack
