// NonZero, Compress and Unique: outputs whose size depends on values. The choice is made while reshaping, when the input's
// values are known; run() only writes it out.
#include <algorithm>
#include <cstring>
#include <numeric>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"

namespace sluice::model::ops {
namespace {

class SelectionKernel : public PlainKernel {
 public:
  using PlainKernel::PlainKernel;
  bool shape_depends_on_value_of(std::size_t) const override { return true; }
};

bool is_nonzero(const TensorView& tensor, std::size_t at) {
  if (tensor.type == DataType::kBool) return tensor.as<std::uint8_t>()[at] != 0;
  bool result = false;
  visit(tensor.type, NumericTypes{}, [&]<typename T>() { result = static_cast<double>(tensor.as<T>()[at]) != 0.0; });
  return result;
}

// The positions of the elements that are not 0, as columns of a matrix with a row for each dimension.
class NonZeroKernel final : public SelectionKernel {
 public:
  NonZeroKernel(const Node&, const KernelContext& context) : SelectionKernel(context) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const DataType type = inputs[0].type;
    if (type != DataType::kBool && !contains(type, NumericTypes{})) return refuse_type("input", type, "float32");
    chosen_.clear();
    const std::size_t count = inputs[0].shape.element_count().value_or(0);
    for (std::size_t i = 0; i < count; ++i) {
      if (is_nonzero(inputs[0], i)) chosen_.push_back(static_cast<std::int64_t>(i));
    }
    const std::array<std::int64_t, 2> dims{static_cast<std::int64_t>(std::max<std::size_t>(inputs[0].shape.rank(), 1)),
                                           static_cast<std::int64_t>(chosen_.size())};
    const auto shape = bounded_shape(std::span<const std::int64_t>(dims), DataType::kInt64);
    if (!shape) return fail(shape.error());
    outputs[0] = {DataType::kInt64, *shape};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    const auto y = outputs[0].as<std::int64_t>();
    for (std::size_t column = 0; column < chosen_.size(); ++column) {
      std::int64_t rest = chosen_[column];
      for (std::size_t axis = inputs[0].shape.rank(); axis-- > 0;) {
        y[axis * chosen_.size() + column] = rest % inputs[0].shape[axis];
        rest /= inputs[0].shape[axis];
      }
      if (inputs[0].shape.rank() == 0) y[column] = 0;
    }
    return {};
  }

 private:
  std::vector<std::int64_t> chosen_;
};

// The slices along an axis, or the elements of the flattened tensor, whose condition holds.
class CompressKernel final : public SelectionKernel {
 public:
  CompressKernel(const Node& node, const KernelContext& context)
      : SelectionKernel(context), axis_(node.int_or("axis", 0)), flattens_(node.find("axis") == nullptr) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const Shape& shape = inputs[0].shape;
    if (inputs[1].type != DataType::kBool) return refuse_type("condition", inputs[1].type, "bool");
    std::vector<std::int64_t> dims(shape.dims().begin(), shape.dims().end());
    outer_ = 1;
    length_ = product(shape);
    std::ptrdiff_t inner = 1;
    std::size_t axis = 0;
    if (flattens_) {
      dims.assign(1, length_);
    } else {
      const auto normalised = normalise_axis(axis_, shape.rank());
      if (!normalised) return fail(normalised.error());
      axis = *normalised;
      outer_ = product(shape, 0, axis);
      length_ = static_cast<std::ptrdiff_t>(shape[axis]);
      inner = product(shape, axis + 1, shape.rank());
    }
    const auto condition = inputs[1].as<std::uint8_t>();
    if (inputs[1].shape.rank() != 1 || inputs[1].shape[0] > length_) {
      return refuse_shape("the condition", inputs[1].shape, join_text({"at most ", length_, " values"}));
    }
    chosen_.clear();
    for (std::size_t i = 0; i < condition.size(); ++i) {
      if (condition[i] != 0) chosen_.push_back(static_cast<std::ptrdiff_t>(i));
    }
    dims[axis] = static_cast<std::int64_t>(chosen_.size());
    const auto result = bounded_shape(std::span<const std::int64_t>(dims), inputs[0].type);
    if (!result) return fail(result.error());
    outputs[0] = {inputs[0].type, *result};
    chunk_bytes_ = static_cast<std::size_t>(inner) * element_size(inputs[0].type);
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    if (outputs[0].bytes.empty()) return {};
    std::byte* to = outputs[0].bytes.data();
    for (std::ptrdiff_t o = 0; o < outer_; ++o) {
      for (std::ptrdiff_t i : chosen_) {
        std::memcpy(to, inputs[0].bytes.data() + static_cast<std::size_t>(o * length_ + i) * chunk_bytes_,
                    chunk_bytes_);
        to += chunk_bytes_;
      }
    }
    return {};
  }

 private:
  std::int64_t axis_;
  bool flattens_;
  std::ptrdiff_t outer_ = 1;
  std::ptrdiff_t length_ = 0;
  std::size_t chunk_bytes_ = 0;
  std::vector<std::ptrdiff_t> chosen_;
};

// The distinct slices along an axis, or distinct elements: sorted, or in order of appearance. Further outputs: where each
// first appears, which of them stands at each place of the input, how often each appears.
class UniqueKernel final : public SelectionKernel {
 public:
  UniqueKernel(const Node& node, const KernelContext& context)
      : SelectionKernel(context),
        axis_(node.int_or("axis", 0)),
        flattens_(node.find("axis") == nullptr),
        sorted_(node.int_or("sorted", 1) != 0) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const Shape& shape = inputs[0].shape;
    if (!contains(inputs[0].type, NumericTypes{})) return refuse_type("input", inputs[0].type, "float32");
    std::size_t axis = 0;
    std::vector<std::int64_t> dims(shape.dims().begin(), shape.dims().end());
    outer_ = inner_ = 1;
    length_ = product(shape);
    if (flattens_) {
      dims.assign(1, 0);
    } else {
      const auto normalised = normalise_axis(axis_, shape.rank());
      if (!normalised) return fail(normalised.error());
      axis = *normalised;
      outer_ = product(shape, 0, axis);
      length_ = static_cast<std::ptrdiff_t>(shape[axis]);
      inner_ = product(shape, axis + 1, shape.rank());
    }
    if (auto scratch = check_scratch(length_, 4 * sizeof(std::int64_t)); !scratch) return scratch;
    visit(inputs[0].type, NumericTypes{}, [&]<typename T>() { group(inputs[0].as<T>().data()); });
    dims[axis] = static_cast<std::int64_t>(first_.size());
    const auto result = bounded_shape(std::span<const std::int64_t>(dims), inputs[0].type);
    if (!result) return fail(result.error());
    outputs[0] = {inputs[0].type, *result};
    const auto groups = static_cast<std::int64_t>(first_.size());
    if (outputs.size() > 1) outputs[1] = {DataType::kInt64, {groups}};
    if (outputs.size() > 2) outputs[2] = {DataType::kInt64, {length_}};
    if (outputs.size() > 3) outputs[3] = {DataType::kInt64, {groups}};
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    const std::size_t chunk = static_cast<std::size_t>(inner_) * element_size(inputs[0].type);
    if (is_wanted(outputs, 0) && chunk != 0) {
      std::byte* to = outputs[0].bytes.data();
      for (std::ptrdiff_t o = 0; o < outer_; ++o) {
        for (std::int64_t i : first_) {
          std::memcpy(to, inputs[0].bytes.data() + static_cast<std::size_t>(o * length_ + i) * chunk, chunk);
          to += chunk;
        }
      }
    }
    if (is_wanted(outputs, 1)) std::ranges::copy(first_, outputs[1].as<std::int64_t>().data());
    if (is_wanted(outputs, 2)) std::ranges::copy(place_, outputs[2].as<std::int64_t>().data());
    if (is_wanted(outputs, 3)) std::ranges::copy(count_, outputs[3].as<std::int64_t>().data());
    return {};
  }

 private:
  // Below 0, 0 or above 0 as slice a stands before, at or after slice b.
  template <typename T>
  int compare(const T* x, std::int64_t a, std::int64_t b) const {
    for (std::ptrdiff_t o = 0; o < outer_; ++o) {
      for (std::ptrdiff_t i = 0; i < inner_; ++i) {
        const T left = x[(o * length_ + a) * inner_ + i];
        const T right = x[(o * length_ + b) * inner_ + i];
        if (left < right) return -1;
        if (right < left) return 1;
        // NaN sorts after everything and equals itself here, so that the order is total.
        if (left != right && (left != left) != (right != right)) return left != left ? 1 : -1;
      }
    }
    return 0;
  }

  template <typename T>
  void group(const T* x) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(length_));
    std::iota(order.begin(), order.end(), std::int64_t{0});
    std::ranges::sort(order, [&](std::int64_t a, std::int64_t b) {
      const int c = compare(x, a, b);
      return c != 0 ? c < 0 : a < b;
    });
    struct Group {
      std::int64_t first;
      std::size_t begin;
      std::size_t end;
    };
    std::vector<Group> groups;
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (i == 0 || compare(x, order[i - 1], order[i]) != 0) groups.push_back({order[i], i, i});
      groups.back().end = i + 1;
    }
    if (!sorted_) std::ranges::sort(groups, {}, &Group::first);
    first_.clear();
    count_.clear();
    place_.assign(order.size(), 0);
    for (const Group& one : groups) {
      for (std::size_t i = one.begin; i < one.end; ++i) {
        place_[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(first_.size());
      }
      first_.push_back(one.first);
      count_.push_back(static_cast<std::int64_t>(one.end - one.begin));
    }
  }

  std::int64_t axis_;
  bool flattens_;
  bool sorted_;
  std::ptrdiff_t outer_ = 1;
  std::ptrdiff_t length_ = 0;
  std::ptrdiff_t inner_ = 1;
  std::vector<std::int64_t> first_;
  std::vector<std::int64_t> place_;
  std::vector<std::int64_t> count_;
};

}  // namespace

MadeKernel make_non_zero(const Node& node, const KernelContext& context) {
  return make_plain<NonZeroKernel>(node, context, 1, 1);
}
MadeKernel make_compress(const Node& node, const KernelContext& context) {
  return make_plain<CompressKernel>(node, context, 2, 2);
}
MadeKernel make_unique(const Node& node, const KernelContext& context) {
  return make_plain<UniqueKernel>(node, context, 1, 1, 4);
}

}  // namespace sluice::model::ops
