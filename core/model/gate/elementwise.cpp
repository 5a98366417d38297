#include "core/model/gate/kernels.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/model/passes/fuse_activations.hpp"
#include "core/model/xnnpack/broadcast.hpp"

namespace sluice::model::gate {
namespace {

Result<void> check_float(const TensorView& input) {
  if (input.type == DataType::kFloat32) return {};
  return fail(ErrorCode::kUnsupportedType,
              {"the input is ", type_name(input.type), "; the small operator set takes float32 only"});
}

enum class BinaryKind : std::uint8_t { kAdd, kSub, kMul };

class Binary final : public Kernel {
 public:
  Binary(BinaryKind kind, std::size_t memory_limit_bytes) : kind_(kind), memory_limit_bytes_(memory_limit_bytes) {}

  Result<void> reshape(std::span<const TensorView> inputs, std::span<OutputSpec> outputs) override {
    for (const TensorView& input : inputs) {
      if (auto checked = check_float(input); !checked) return checked;
    }
    const Shape& a = inputs[0].shape;
    const Shape& b = inputs[1].shape;
    const auto output = xnnpack::broadcast(a, b);
    if (!output)
      return fail(ErrorCode::kInvalidGraph, {"shapes ", to_string(a), " and ", to_string(b), " do not broadcast"});
    if (auto size = dense_size(DataType::kFloat32, *output, memory_limit_bytes_); !size) return fail(size.error());
    output_ = *output;
    set_strides(a, a_strides_);
    set_strides(b, b_strides_);
    outputs[0] = {DataType::kFloat32, output_};
    return {};
  }

  Result<void> run(std::span<const TensorView> inputs, std::span<const MutableTensorView> outputs) override {
    const float* a = inputs[0].as<float>().data();
    const float* b = inputs[1].as<float>().data();
    const auto result = outputs[0].as<float>();
    const std::size_t rank = output_.rank();
    const std::size_t row = rank == 0 ? 1 : static_cast<std::size_t>(output_[rank - 1]);
    std::array<std::int64_t, Shape::kMaxRank> index{};
    for (std::size_t done = 0; done < result.size(); done += row) {
      compute_row(a, b, result.data() + done, row);
      for (std::size_t axis = rank; axis-- > 1;) {  // to the next row: the last dimension stays
        const std::size_t outer = axis - 1;
        a += a_strides_[outer];
        b += b_strides_[outer];
        if (++index[outer] < output_[outer]) break;
        a -= a_strides_[outer] * output_[outer];
        b -= b_strides_[outer] * output_[outer];
        index[outer] = 0;
      }
    }
    return {};
  }

 private:
  using Strides = std::array<std::ptrdiff_t, Shape::kMaxRank>;

  // Elements to go for a step along each dimension of the output; 0 where the input repeats.
  void set_strides(const Shape& input, Strides& strides) const {
    strides.fill(0);
    std::ptrdiff_t stride = 1;
    for (std::size_t i = 1; i <= input.rank(); ++i) {
      const std::int64_t dim = input[input.rank() - i];
      if (dim != 1) strides[output_.rank() - i] = stride;
      stride *= static_cast<std::ptrdiff_t>(dim);
    }
  }

  void compute_row(const float* a, const float* b, float* result, std::size_t count) const {
    const std::size_t last = output_.rank() == 0 ? 0 : output_.rank() - 1;
    const std::ptrdiff_t a_step = a_strides_[last];
    const std::ptrdiff_t b_step = b_strides_[last];
    const auto apply = [&](auto operation) {
      if (a_step == 1 && b_step == 1) {
        for (std::size_t i = 0; i < count; ++i) result[i] = operation(a[i], b[i]);
      } else {
        for (std::size_t i = 0; i < count; ++i, a += a_step, b += b_step) result[i] = operation(*a, *b);
      }
    };
    switch (kind_) {
      case BinaryKind::kAdd: return apply([](float x, float y) { return x + y; });
      case BinaryKind::kSub: return apply([](float x, float y) { return x - y; });
      case BinaryKind::kMul: return apply([](float x, float y) { return x * y; });
    }
  }

  BinaryKind kind_;
  std::size_t memory_limit_bytes_;
  Shape output_;
  Strides a_strides_{};
  Strides b_strides_{};
};

class Clip final : public Kernel {
 public:
  explicit Clip(const passes::Bounds& bounds) : bounds_(bounds) {}

  Result<void> reshape(std::span<const TensorView> inputs, std::span<OutputSpec> outputs) override {
    outputs[0] = {DataType::kFloat32, inputs[0].shape};
    return check_float(inputs[0]);
  }

  Result<void> run(std::span<const TensorView> inputs, std::span<const MutableTensorView> outputs) override {
    std::ranges::transform(inputs[0].as<float>(), outputs[0].as<float>().begin(),
                           [this](float x) { return std::min(std::max(x, bounds_.lower), bounds_.upper); });
    return {};
  }

 private:
  passes::Bounds bounds_;
};

class Sigmoid final : public Kernel {
 public:
  Result<void> reshape(std::span<const TensorView> inputs, std::span<OutputSpec> outputs) override {
    outputs[0] = {DataType::kFloat32, inputs[0].shape};
    return check_float(inputs[0]);
  }

  Result<void> run(std::span<const TensorView> inputs, std::span<const MutableTensorView> outputs) override {
    std::ranges::transform(inputs[0].as<float>(), outputs[0].as<float>().begin(),
                           [](float x) { return 1.0F / (1.0F + std::exp(-x)); });
    return {};
  }
};

}  // namespace

MadeKernel make_binary(const Node& node, const KernelContext& context) {
  if (node.inputs.size() != 2 || node.inputs[0] == kNoValue || node.inputs[1] == kNoValue) {
    return fail(ErrorCode::kInvalidGraph, "there are not two inputs");
  }
  const BinaryKind kind = node.op_type == "Add"   ? BinaryKind::kAdd
                          : node.op_type == "Sub" ? BinaryKind::kSub
                                                  : BinaryKind::kMul;
  return std::make_unique<Binary>(kind, context.memory_limit_bytes);
}

MadeKernel make_unary(const Node& node, const KernelContext& context) {
  if (node.inputs.empty() || node.inputs[0] == kNoValue || node.outputs.size() != 1) {
    return fail(ErrorCode::kInvalidGraph, "there is not one input and one output");
  }
  if (node.op_type == "Sigmoid") return std::make_unique<Sigmoid>();
  const auto bounds = passes::clip_bounds(context.graph, node);
  if (!bounds) return fail(ErrorCode::kUnsupportedOperator, "the bounds are not constants in order");
  return std::make_unique<Clip>(*bounds);
}

}  // namespace sluice::model::gate
