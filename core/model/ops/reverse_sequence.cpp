#include <cstring>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"

namespace sluice::model::ops {
namespace {

// Reverses the first sequence_lens[b] elements of the time axis in each batch entry b. Batch and time are axes 0 and 1, in
// either order.
class ReverseSequenceKernel final : public PlainKernel {
 public:
  ReverseSequenceKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context), batch_axis_(node.int_or("batch_axis", 1)), time_axis_(node.int_or("time_axis", 0)) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const Shape& shape = inputs[0].shape;
    if (shape.rank() < 2) return refuse_shape("the input", shape, "2 dimensions or more");
    if (!(batch_axis_ == 0 && time_axis_ == 1) && !(batch_axis_ == 1 && time_axis_ == 0)) {
      return fail(ErrorCode::kInvalidGraph, "batch_axis and time_axis must be 0 and 1 in either order");
    }
    if (inputs[1].type != DataType::kInt64) return refuse_type("sequence_lens", inputs[1].type, "int64");
    const Shape expected{shape[static_cast<std::size_t>(batch_axis_)]};
    if (inputs[1].shape != expected) return refuse_shape("sequence_lens", inputs[1].shape, to_string(expected));
    outputs[0] = {inputs[0].type, shape};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    const Shape& shape = inputs[0].shape;
    if (inputs[0].bytes.empty()) return {};
    const auto batches = static_cast<std::size_t>(shape[static_cast<std::size_t>(batch_axis_)]);
    const auto times = static_cast<std::size_t>(shape[static_cast<std::size_t>(time_axis_)]);
    const std::size_t chunk = inputs[0].bytes.size() / (batches * times);
    const auto lengths = inputs[1].as<std::int64_t>();
    for (std::size_t b = 0; b < batches; ++b) {
      if (lengths[b] < 0 || static_cast<std::uint64_t>(lengths[b]) > times) {
        return fail(ErrorCode::kExecutionFailed, {"sequence length ", lengths[b], " is outside 0 to ", times});
      }
      const auto length = static_cast<std::size_t>(lengths[b]);
      for (std::size_t t = 0; t < times; ++t) {
        const std::size_t source = t < length ? length - 1 - t : t;
        const auto place = [&](std::size_t time) {
          return (batch_axis_ == 0 ? b * times + time : time * batches + b) * chunk;
        };
        std::memcpy(outputs[0].bytes.data() + place(t), inputs[0].bytes.data() + place(source), chunk);
      }
    }
    return {};
  }

 private:
  std::int64_t batch_axis_;
  std::int64_t time_axis_;
};

}  // namespace

MadeKernel make_reverse_sequence(const Node& node, const KernelContext& context) {
  return make_plain<ReverseSequenceKernel>(node, context, 2, 2);
}

}  // namespace sluice::model::ops
