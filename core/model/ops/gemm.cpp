#include "core/model/ops/factories.hpp"
#include "core/model/ops/matrix_loop.hpp"
#include "core/model/ops/plain_kernel.hpp"
#include "core/model/ops/strided_walk.hpp"

namespace sluice::model::ops {
namespace {

// alpha * A' * B' + beta * C, where C broadcasts to the product and is optional from opset 11.
class GemmKernel final : public PlainKernel {
 public:
  GemmKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context),
        alpha_(node.float_or("alpha", 1.0F)),
        beta_(node.float_or("beta", 1.0F)),
        transpose_a_(node.int_or("transA", 0) != 0),
        transpose_b_(node.int_or("transB", 0) != 0) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    const Shape& a = inputs[0].shape;
    const Shape& b = inputs[1].shape;
    if (!contains(inputs[0].type, FloatTypes{})) return refuse_type("input", inputs[0].type, "float32");
    if (auto same = check_same_type("B", inputs[1].type, inputs[0].type); !same) return same;
    if (a.rank() != 2) return refuse_shape("A", a, "2 dimensions");
    if (b.rank() != 2) return refuse_shape("B", b, "2 dimensions");
    depth_ = static_cast<std::ptrdiff_t>(a[transpose_a_ ? 0 : 1]);
    if (b[transpose_b_ ? 1 : 0] != depth_) return refuse_shape("B", b, join_text({"inner size ", depth_}));
    const Shape product_shape{a[transpose_a_ ? 1 : 0], b[transpose_b_ ? 0 : 1]};
    const auto result = bounded_shape(product_shape.dims(), inputs[0].type);
    if (!result) return fail(result.error());
    c_strides_ = {};
    if (is_present(inputs, 2)) {
      if (auto same = check_same_type("C", inputs[2].type, inputs[0].type); !same) return same;
      const auto both = broadcast(*result, inputs[2].shape);
      if (!both || *both != *result)
        return refuse_shape("C", inputs[2].shape, "one that broadcasts to " + to_string(*result));
      c_strides_ = broadcast_strides(inputs[2].shape, *result);
    }
    outputs[0] = {inputs[0].type, *result};
    rows_ = static_cast<std::uint64_t>((*result)[0]);
    const auto columns = static_cast<std::size_t>((*result)[1]);
    if (inputs[0].type == DataType::kFloat64) wide_row_.resize(columns);
    else row_.resize(columns);
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    visit(inputs[0].type, FloatTypes{}, [&]<typename T>() {
      using A = ArithmeticOf<T>;
      std::span<A> row;
      if constexpr (std::is_same_v<A, double>) row = wide_row_;
      else row = row_;
      const T* c = is_present(inputs, 2) ? inputs[2].as<T>().data() : nullptr;
      T* y = outputs[0].as<T>().data();
      const auto load = [](T x, std::ptrdiff_t) { return static_cast<A>(x); };
      multiply(matrix<T>(inputs[0], transpose_a_), matrix<T>(inputs[1], transpose_b_),
               static_cast<std::ptrdiff_t>(outputs[0].shape[0]), depth_, row, load, load,
               [&](std::ptrdiff_t i, std::span<const A> sums) {
                 for (std::size_t j = 0; j < sums.size(); ++j) {
                   A value = static_cast<A>(alpha_) * sums[j];
                   if (c != nullptr) {
                     const std::ptrdiff_t at = i * c_strides_[0] + static_cast<std::ptrdiff_t>(j) * c_strides_[1];
                     value += static_cast<A>(beta_) * static_cast<A>(c[at]);
                   }
                   *y++ = static_cast<T>(value);
                 }
               });
    });
    return {};
  }

  std::uint64_t multiply_adds() const override {
    return static_cast<std::uint64_t>(depth_) * (row_.size() + wide_row_.size()) * rows_;
  }

 private:
  template <typename T>
  static Matrix<T> matrix(const TensorView& tensor, bool transposed) {
    const auto columns = static_cast<std::ptrdiff_t>(tensor.shape[1]);
    if (transposed) return {tensor.as<T>().data(), 1, columns};
    return {tensor.as<T>().data(), columns, 1};
  }

  float alpha_;
  float beta_;
  bool transpose_a_;
  bool transpose_b_;
  std::ptrdiff_t depth_ = 0;
  std::uint64_t rows_ = 0;
  Strides c_strides_{};
  std::vector<float> row_;
  std::vector<double> wide_row_;
};

}  // namespace

MadeKernel make_gemm(const Node& node, const KernelContext& context) {
  return make_plain<GemmKernel>(node, context, context.graph.opset < 11 ? 3 : 2, 3);
}

}  // namespace sluice::model::ops
