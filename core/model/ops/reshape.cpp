// Reshape, Flatten, Squeeze, Unsqueeze, Identity. Squeeze and Unsqueeze take their axes as an attribute before opset 13.
#include <algorithm>

#include "core/model/ops/copying_kernel.hpp"
#include "core/model/ops/factories.hpp"

namespace sluice::model::ops {
namespace {

using Dims = std::vector<CheckedInt64>;

Dims dims_of(const Shape& shape, std::size_t begin = 0) {
  return Dims(shape.dims().begin() + static_cast<std::ptrdiff_t>(begin), shape.dims().end());
}

// Product of sizes, checked; a plain product of dimensions in [begin, end).
CheckedInt64 checked_product(const Shape& shape, std::size_t begin, std::size_t end) {
  CheckedInt64 result = 1;
  for (std::size_t axis = begin; axis < end; ++axis) result = result * shape[axis];
  return result;
}

class IdentityKernel final : public CopyingKernel {
 public:
  IdentityKernel(const Node&, const KernelContext& context) : CopyingKernel(context) {}

 private:
  Result<Dims> new_dims(Inputs inputs) const override { return dims_of(inputs[0].shape); }
};

// 0 keeps the input's size at that place (unless allowzero), one -1 takes what is left.
class ReshapeKernel final : public CopyingKernel {
 public:
  ReshapeKernel(const Node& node, const KernelContext& context)
      : CopyingKernel(context), allow_zero_(node.int_or("allowzero", 0) != 0) {}

  bool shape_depends_on_value_of(std::size_t input) const override { return input == 1; }

 private:
  Result<Dims> new_dims(Inputs inputs) const override {
    const auto wanted = read_integers(inputs[1], "shape");
    if (!wanted) return fail(wanted.error());
    const Shape& shape = inputs[0].shape;
    Dims dims;
    CheckedInt64 known = 1;
    std::optional<std::size_t> open;
    for (std::size_t i = 0; i < wanted->size(); ++i) {
      std::int64_t dim = (*wanted)[i];
      if (dim == 0 && !allow_zero_) {
        if (i >= shape.rank())
          return fail(ErrorCode::kInvalidGraph,
                      {"shape copies dimension ", i, ", which the input ", to_string(shape), " lacks"});
        dim = shape[i];
      }
      if (dim == -1 && open) return fail(ErrorCode::kInvalidGraph, "shape has more than one -1");
      if (dim < -1) return fail(ErrorCode::kInvalidGraph, {"shape has the dimension ", dim});
      if (dim == -1) open = i;
      else known = known * dim;
      dims.emplace_back(dim);
    }
    if (open) {
      const auto total = static_cast<std::int64_t>(inputs[0].shape.element_count().value_or(0));
      if (!known.ok() || known.value() == 0 || total % known.value() != 0) {
        return fail(ErrorCode::kInvalidGraph, {"no size in place of -1 fits an input of shape ", to_string(shape)});
      }
      dims[*open] = total / known.value();
    }
    return dims;
  }

  bool allow_zero_;
};

class FlattenKernel final : public CopyingKernel {
 public:
  FlattenKernel(const Node& node, const KernelContext& context)
      : CopyingKernel(context), axis_(node.int_or("axis", 1)) {}

 private:
  Result<Dims> new_dims(Inputs inputs) const override {
    const Shape& shape = inputs[0].shape;
    const auto rank = static_cast<std::int64_t>(shape.rank());
    // Unlike elsewhere, the axis may stand after the last dimension.
    if (axis_ < -rank || axis_ > rank) {
      return fail(ErrorCode::kInvalidGraph, {"axis ", axis_, " is outside a tensor with ", rank, " dimensions"});
    }
    const auto axis = static_cast<std::size_t>(axis_ < 0 ? axis_ + rank : axis_);
    return Dims{checked_product(shape, 0, axis), checked_product(shape, axis, shape.rank())};
  }

  std::int64_t axis_;
};

// The axes of Squeeze and Unsqueeze: the input where there is one, else the attribute.
class AxesKernel : public CopyingKernel {
 public:
  AxesKernel(const Node& node, const KernelContext& context)
      : CopyingKernel(context), axes_(node.ints_or("axes", {})) {}

  bool shape_depends_on_value_of(std::size_t input) const override { return input == 1; }

 protected:
  Result<std::vector<std::size_t>> axes(Inputs inputs, std::size_t rank) const {
    if (!is_present(inputs, 1)) return normalise_axes(axes_, rank);
    const auto given = read_integers(inputs[1], "axes");
    if (!given) return fail(given.error());
    return normalise_axes(*given, rank);
  }
  std::size_t axis_count(Inputs inputs) const {
    return is_present(inputs, 1) ? inputs[1].shape.element_count().value_or(0) : axes_.size();
  }

 private:
  std::vector<std::int64_t> axes_;
};

class SqueezeKernel final : public AxesKernel {
 public:
  using AxesKernel::AxesKernel;

 private:
  Result<Dims> new_dims(Inputs inputs) const override {
    const Shape& shape = inputs[0].shape;
    const auto chosen = axes(inputs, shape.rank());
    if (!chosen) return fail(chosen.error());
    Dims dims;
    for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
      const bool named = std::ranges::count(*chosen, axis) != 0;
      if (named && shape[axis] != 1) {
        return fail(ErrorCode::kInvalidGraph, {"axis ", axis, " of ", to_string(shape), " has not the size 1"});
      }
      if (!named && (!chosen->empty() || shape[axis] != 1)) dims.emplace_back(shape[axis]);
    }
    return dims;
  }
};

class UnsqueezeKernel final : public AxesKernel {
 public:
  using AxesKernel::AxesKernel;

 private:
  Result<Dims> new_dims(Inputs inputs) const override {
    const Shape& shape = inputs[0].shape;
    const std::size_t rank = shape.rank() + axis_count(inputs);
    if (rank > Shape::kMaxRank) {
      return fail(ErrorCode::kInvalidGraph,
                  {"the output would have ", rank, " dimensions; at most ", Shape::kMaxRank, " are supported"});
    }
    const auto inserted = axes(inputs, rank);
    if (!inserted) return fail(inserted.error());
    Dims dims;
    std::size_t next = 0;
    for (std::size_t axis = 0; axis < rank; ++axis) {
      dims.emplace_back(std::ranges::count(*inserted, axis) != 0 ? 1 : shape[next++]);
    }
    return dims;
  }
};

}  // namespace

MadeKernel make_identity(const Node& node, const KernelContext& context) {
  return make_plain<IdentityKernel>(node, context, 1, 1);
}
MadeKernel make_reshape(const Node& node, const KernelContext& context) {
  return make_plain<ReshapeKernel>(node, context, 2, 2);
}
MadeKernel make_flatten(const Node& node, const KernelContext& context) {
  return make_plain<FlattenKernel>(node, context, 1, 1);
}
MadeKernel make_squeeze(const Node& node, const KernelContext& context) {
  return make_plain<SqueezeKernel>(node, context, 1, context.graph.opset < 13 ? 1 : 2);
}
MadeKernel make_unsqueeze(const Node& node, const KernelContext& context) {
  if (context.graph.opset < 13) {
    if (node.find("axes") == nullptr) return fail(ErrorCode::kInvalidGraph, "the attribute axes is missing");
    return make_plain<UnsqueezeKernel>(node, context, 1, 1);
  }
  return make_plain<UnsqueezeKernel>(node, context, 2, 2);
}

}  // namespace sluice::model::ops
