// Gather, GatherElements and GatherND. Indices are values of a tensor and are checked as they are used.
#include <cstring>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/index_check.hpp"
#include "core/model/ops/strided_walk.hpp"

namespace sluice::model::ops {
namespace {

class GatherKernel final : public PlainKernel {
 public:
  GatherKernel(const Node& node, const KernelContext& context) : PlainKernel(context), axis_(node.int_or("axis", 0)) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const Shape& shape = inputs[0].shape;
    const Shape& indices = inputs[1].shape;
    if (!contains(inputs[1].type, IndexTypes{})) return refuse_type("indices", inputs[1].type, "int64");
    const auto axis = normalise_axis(axis_, shape.rank());
    if (!axis) return fail(axis.error());
    std::vector<std::int64_t> dims(shape.dims().begin(), shape.dims().begin() + static_cast<std::ptrdiff_t>(*axis));
    dims.insert(dims.end(), indices.dims().begin(), indices.dims().end());
    dims.insert(dims.end(), shape.dims().begin() + static_cast<std::ptrdiff_t>(*axis) + 1, shape.dims().end());
    const auto result = bounded_shape(std::span<const std::int64_t>(dims), inputs[0].type);
    if (!result) return fail(result.error());
    outputs[0] = {inputs[0].type, *result};
    outer_ = product(shape, 0, *axis);
    length_ = shape[*axis];
    inner_bytes_ = static_cast<std::size_t>(product(shape, *axis + 1, shape.rank())) * element_size(inputs[0].type);
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    Result<void> result;
    visit(inputs[1].type, IndexTypes{}, [&]<typename I>() {
      std::byte* to = outputs[0].bytes.data();
      for (std::ptrdiff_t o = 0; o < outer_; ++o) {
        for (I index : inputs[1].as<I>()) {
          const auto at = checked_index(index, length_);
          if (!at) {
            result = refuse_index(index, length_);
            return;
          }
          if (inner_bytes_ == 0) continue;
          const auto from = static_cast<std::size_t>(o * static_cast<std::ptrdiff_t>(length_) + *at) * inner_bytes_;
          std::memcpy(to, inputs[0].bytes.data() + from, inner_bytes_);
          to += inner_bytes_;
        }
      }
    });
    return result;
  }

 private:
  std::int64_t axis_;
  std::ptrdiff_t outer_ = 0;
  std::int64_t length_ = 0;
  std::size_t inner_bytes_ = 0;
};

class GatherElementsKernel final : public PlainKernel {
 public:
  GatherElementsKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context), axis_(node.int_or("axis", 0)) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const Shape& shape = inputs[0].shape;
    const Shape& indices = inputs[1].shape;
    if (!contains(inputs[1].type, IndexTypes{})) return refuse_type("indices", inputs[1].type, "int64");
    const auto axis = normalise_axis(axis_, shape.rank());
    if (!axis) return fail(axis.error());
    bool fits = indices.rank() == shape.rank();
    for (std::size_t i = 0; fits && i < shape.rank(); ++i) fits = i == *axis || indices[i] <= shape[i];
    if (!fits)
      return refuse_shape("indices", indices, join_text({"one within ", to_string(shape), " but for the axis"}));
    const auto result = bounded_shape(indices.dims(), inputs[0].type);
    if (!result) return fail(result.error());
    outputs[0] = {inputs[0].type, *result};
    Strides strides = row_major_strides(shape);
    axis_step_ = strides[*axis];
    strides[*axis] = 0;
    length_ = shape[*axis];
    walk_ = StridedWalk<2>(*result, {row_major_strides(*result), strides});
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    Result<void> result;
    visit(inputs[1].type, IndexTypes{}, [&]<typename I>() {
      visit_width(inputs[0].type, [&]<typename U>() {
        const I* indices = inputs[1].as<I>().data();
        const U* x = inputs[0].as<U>().data();
        U* y = outputs[0].as<U>().data();
        walk_.for_each([&](const auto& at) {
          const auto along = checked_index(indices[at[0]], length_);
          if (along) y[at[0]] = x[at[1] + *along * axis_step_];
          else if (result) result = refuse_index(indices[at[0]], length_);
        });
      });
    });
    return result;
  }

 private:
  std::int64_t axis_;
  std::ptrdiff_t axis_step_ = 0;
  std::int64_t length_ = 0;
  StridedWalk<2> walk_;
};

// The last axis of the indices names a position in the data's axes after the batch axes.
class GatherNdKernel final : public PlainKernel {
 public:
  GatherNdKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context), batch_axes_(node.int_or("batch_dims", 0)) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const Shape& shape = inputs[0].shape;
    const Shape& indices = inputs[1].shape;
    if (inputs[1].type != DataType::kInt64) return refuse_type("indices", inputs[1].type, "int64");
    const auto smaller_rank = static_cast<std::int64_t>(std::min(shape.rank(), indices.rank()));
    if (batch_axes_ < 0 || batch_axes_ >= smaller_rank) {
      return fail(ErrorCode::kInvalidGraph, {"batch_dims is ", batch_axes_, "; expected 0 to ", smaller_rank - 1});
    }
    const auto batch = static_cast<std::size_t>(batch_axes_);
    const std::size_t last = indices.rank() - 1;
    bool fits = indices[last] >= 0 && indices[last] <= static_cast<std::int64_t>(shape.rank() - batch);
    for (std::size_t i = 0; fits && i < batch; ++i) fits = shape[i] == indices[i];
    if (!fits) return refuse_shape("indices", indices, "positions within a tensor of shape " + to_string(shape));
    depth_ = static_cast<std::size_t>(indices[last]);
    std::vector<std::int64_t> dims(indices.dims().begin(), indices.dims().end() - 1);
    dims.insert(dims.end(), shape.dims().begin() + static_cast<std::ptrdiff_t>(batch + depth_), shape.dims().end());
    const auto result = bounded_shape(std::span<const std::int64_t>(dims), inputs[0].type);
    if (!result) return fail(result.error());
    outputs[0] = {inputs[0].type, *result};
    const std::size_t width = element_size(inputs[0].type);
    batches_ = product(shape, 0, batch);
    batch_bytes_ = static_cast<std::size_t>(product(shape, batch, shape.rank())) * width;
    rows_ = product(indices, batch, last);
    chunk_bytes_ = static_cast<std::size_t>(product(shape, batch + depth_, shape.rank())) * width;
    const Strides strides = row_major_strides(shape);
    for (std::size_t i = 0; i < depth_; ++i) {
      sizes_[i] = shape[batch + i];
      steps_bytes_[i] = static_cast<std::size_t>(strides[batch + i]) * width;
    }
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    const std::int64_t* index = inputs[1].as<std::int64_t>().data();
    std::byte* to = outputs[0].bytes.data();
    for (std::ptrdiff_t b = 0; b < batches_; ++b) {
      for (std::ptrdiff_t row = 0; row < rows_; ++row) {
        std::size_t from = static_cast<std::size_t>(b) * batch_bytes_;
        for (std::size_t i = 0; i < depth_; ++i, ++index) {
          const auto at = checked_index(*index, sizes_[i]);
          if (!at) return refuse_index(*index, sizes_[i]);
          from += static_cast<std::size_t>(*at) * steps_bytes_[i];
        }
        if (chunk_bytes_ == 0) continue;
        std::memcpy(to, inputs[0].bytes.data() + from, chunk_bytes_);
        to += chunk_bytes_;
      }
    }
    return {};
  }

 private:
  std::int64_t batch_axes_;
  std::size_t depth_ = 0;
  std::ptrdiff_t batches_ = 0;
  std::ptrdiff_t rows_ = 0;
  std::size_t batch_bytes_ = 0;
  std::size_t chunk_bytes_ = 0;
  std::array<std::int64_t, Shape::kMaxRank> sizes_{};
  std::array<std::size_t, Shape::kMaxRank> steps_bytes_{};
};

}  // namespace

MadeKernel make_gather(const Node& node, const KernelContext& context) {
  return make_plain<GatherKernel>(node, context, 2, 2);
}
MadeKernel make_gather_elements(const Node& node, const KernelContext& context) {
  return make_plain<GatherElementsKernel>(node, context, 2, 2);
}
MadeKernel make_gather_nd(const Node& node, const KernelContext& context) {
  return make_plain<GatherNdKernel>(node, context, 2, 2);
}

}  // namespace sluice::model::ops
