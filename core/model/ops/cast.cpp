// Cast and CastLike between all numeric types and bool. Elements go through a small buffer of the widest
// type of their kind (double, int64, uint64), so that n types need 4 n loops and not n squared.
// Out of range: floating point to integer saturates (NaN becomes 0), integer to integer wraps.
#include <algorithm>
#include <array>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"
#include "core/model/ops/saturate.hpp"

namespace sluice::model::ops {
namespace {

bool is_supported(DataType type) { return type == DataType::kBool || contains(type, NumericTypes{}); }

constexpr std::size_t kChunk = 256;

template <typename Wide, typename T>
T narrow(Wide value) {
  if constexpr (std::is_same_v<Wide, double> && std::is_integral_v<T>) return saturate<T>(value);
  else return static_cast<T>(value);
}

// Converts n elements through `Wide`, of which every element of `from`'s type is a value.
template <typename Wide>
void convert(const TensorView& from, const MutableTensorView& to) {
  std::array<Wide, kChunk> chunk;
  const std::size_t count = from.shape.element_count().value_or(0);
  for (std::size_t start = 0; start < count; start += chunk.size()) {
    const std::size_t n = std::min(chunk.size(), count - start);
    const auto load = [&]<typename T>() {
      const auto x = from.as<T>().subspan(start, n);
      for (std::size_t i = 0; i < n; ++i) chunk[i] = static_cast<Wide>(x[i]);
    };
    const auto store = [&]<typename T>() {
      const auto y = to.as<T>().subspan(start, n);
      for (std::size_t i = 0; i < n; ++i) y[i] = narrow<Wide, T>(chunk[i]);
    };
    if (from.type == DataType::kBool) {
      const auto x = from.as<std::uint8_t>().subspan(start, n);
      for (std::size_t i = 0; i < n; ++i) chunk[i] = static_cast<Wide>(x[i] != 0);
    } else {
      visit(from.type, NumericTypes{}, load);
    }
    if (to.type == DataType::kBool) {
      const auto y = to.as<std::uint8_t>().subspan(start, n);
      for (std::size_t i = 0; i < n; ++i) y[i] = chunk[i] != Wide{0};
    } else {
      visit(to.type, NumericTypes{}, store);
    }
  }
}

class CastKernel final : public PlainKernel {
 public:
  CastKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context), like_second_(node.inputs.size() == 2), to_(node.int_or("to", 0)) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const std::int64_t number = like_second_ ? static_cast<std::int64_t>(inputs[1].type) : to_;
    const bool fits = number > 0 && number <= 255;
    const auto type = fits ? static_cast<DataType>(number) : DataType::kUndefined;
    if (!is_supported(type)) {
      return fail(ErrorCode::kUnsupportedType,
                  {"ONNX type number ", number, " is not supported; cast to a numeric type or bool"});
    }
    if (!is_supported(inputs[0].type)) return refuse_type("input", inputs[0].type, "a numeric type or bool");
    const auto shape = bounded_shape(inputs[0].shape.dims(), type);
    if (!shape) return fail(shape.error());
    outputs[0] = {type, *shape};
    same_ = type == inputs[0].type;
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    const DataType from = inputs[0].type;
    if (from == DataType::kUint64) convert<std::uint64_t>(inputs[0], outputs[0]);
    else if (contains(from, IntegerTypes{}) || from == DataType::kBool) convert<std::int64_t>(inputs[0], outputs[0]);
    else convert<double>(inputs[0], outputs[0]);
    return {};
  }

  bool passes_through() const override { return same_; }

 private:
  bool like_second_;
  std::int64_t to_;
  bool same_ = false;
};

}  // namespace

MadeKernel make_cast(const Node& node, const KernelContext& context) {
  return make_plain<CastKernel>(node, context, 1, 1);
}
MadeKernel make_cast_like(const Node& node, const KernelContext& context) {
  return make_plain<CastKernel>(node, context, 2, 2);
}

}  // namespace sluice::model::ops
