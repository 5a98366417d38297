// MatMul, MatMulInteger and QLinearMatMul.
#include <limits>
#include <tuple>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/matrix_loop.hpp"
#include "core/model/ops/matrix_product_plan.hpp"
#include "core/model/ops/zero_point.hpp"

namespace sluice::model::ops {
namespace {

class MatMulKernel final : public PlainKernel {
 public:
  MatMulKernel(const Node&, const KernelContext& context) : PlainKernel(context) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (!contains(inputs[0].type, List{})) return refuse_type("input", inputs[0].type, "float32");
    if (auto same = check_same_type("B", inputs[1].type, inputs[0].type); !same) return same;
    auto plan = plan_matrix_product(inputs[0].shape, inputs[1].shape);
    if (!plan) return fail(plan.error());
    const auto shape = bounded_shape(std::span<const std::int64_t>(plan->output), inputs[0].type);
    if (!shape) return fail(shape.error());
    outputs[0] = {inputs[0].type, *shape};
    plan_ = std::move(*plan);
    visit(inputs[0].type, List{},
          [&]<typename T>() { std::get<std::vector<Sum<T>>>(rows_).resize(static_cast<std::size_t>(plan_.columns)); });
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    visit(inputs[0].type, List{}, [&]<typename T>() {
      T* y = outputs[0].as<T>().data();
      const std::span<Sum<T>> row(std::get<std::vector<Sum<T>>>(rows_));
      const auto load = [](T x, std::ptrdiff_t) { return static_cast<Sum<T>>(x); };
      plan_.batches.for_each([&](const auto& at) {
        const Matrix<T> a{inputs[0].as<T>().data() + at[0], plan_.depth, 1};
        const Matrix<T> b{inputs[1].as<T>().data() + at[1], plan_.columns, 1};
        multiply(a, b, plan_.rows, plan_.depth, row, load, load, [&](std::ptrdiff_t, std::span<const Sum<T>> sums) {
          for (Sum<T> sum : sums) *y++ = static_cast<T>(sum);
        });
      });
    });
    return {};
  }

  std::uint64_t multiply_adds() const override { return plan_.multiply_adds(); }

 private:
  using List = Joined<FloatTypes, Types<std::int32_t, std::int64_t, std::uint32_t, std::uint64_t>>::type;
  // Integers are summed as unsigned, so that an overflow wraps.
  template <typename T>
  using Sum = std::conditional_t<std::is_integral_v<T>, std::uint64_t, ArithmeticOf<T>>;

  MatrixProductPlan plan_;
  std::tuple<std::vector<float>, std::vector<double>, std::vector<std::uint64_t>> rows_;
};

// Products of 8-bit matrices; sums are 32-bit and wrap, as unsigned.
class ByteMatrixKernel : public PlainKernel {
 public:
  ByteMatrixKernel(const Node&, const KernelContext& context) : PlainKernel(context) {}

  std::uint64_t multiply_adds() const override { return plan_.multiply_adds(); }

 protected:
  Result<void> plan(const TensorView& a, const TensorView& b, DataType result, OutputSpec& output) {
    if (!contains(a.type, ByteTypes{})) return refuse_type("A", a.type, "uint8 or int8");
    if (!contains(b.type, ByteTypes{})) return refuse_type("B", b.type, "uint8 or int8");
    auto plan = plan_matrix_product(a.shape, b.shape);
    if (!plan) return fail(plan.error());
    const auto shape = bounded_shape(std::span<const std::int64_t>(plan->output), result);
    if (!shape) return fail(shape.error());
    output = {result, *shape};
    plan_ = std::move(*plan);
    row_.resize(static_cast<std::size_t>(plan_.columns));
    return {};
  }

  // `store(row)` takes each finished row of the output.
  template <typename Store>
  void run_rows(const TensorView& a, const ZeroPoints& a_zero, const TensorView& b, const ZeroPoints& b_zero,
                Store store) {
    visit(a.type, ByteTypes{}, [&]<typename X>() {
      visit(b.type, ByteTypes{}, [&]<typename Y>() {
        plan_.batches.for_each([&](const auto& at) {
          multiply(
              Matrix<X>{a.as<X>().data() + at[0], plan_.depth, 1},
              Matrix<Y>{b.as<Y>().data() + at[1], plan_.columns, 1}, plan_.rows, plan_.depth,
              std::span<std::uint32_t>(row_),
              [&](X x, std::ptrdiff_t i) { return static_cast<std::uint32_t>(x - a_zero[i]); },
              [&](Y y, std::ptrdiff_t j) { return static_cast<std::uint32_t>(y - b_zero[j]); },
              [&](std::ptrdiff_t, std::span<const std::uint32_t> row) { store(row); });
        });
      });
    });
  }

  std::int64_t rows() const { return plan_.rows; }
  std::int64_t columns() const { return plan_.columns; }

 private:
  MatrixProductPlan plan_;
  std::vector<std::uint32_t> row_;
};

// Zero points: one for A or for each of its rows, one for B or for each of its columns.
class MatMulIntegerKernel final : public ByteMatrixKernel {
 public:
  using ByteMatrixKernel::ByteMatrixKernel;

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (auto planned = plan(inputs[0], inputs[1], DataType::kInt32, outputs[0]); !planned) return planned;
    for (std::size_t i : {2U, 3U}) {
      if (!is_present(inputs, i)) continue;
      if (auto same = check_same_type("a zero point", inputs[i].type, inputs[i - 2].type); !same) return same;
      const std::int64_t allowed = i == 2 ? rows() : columns();
      if (auto checked = check_per_channel("a zero point", inputs[i], allowed); !checked) return checked;
    }
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    auto* y = outputs[0].as<std::int32_t>().data();
    run_rows(inputs[0], ZeroPoints(inputs, 2), inputs[1], ZeroPoints(inputs, 3),
             [&](std::span<const std::uint32_t> row) {
               for (std::uint32_t sum : row) *y++ = static_cast<std::int32_t>(sum);
             });
    return {};
  }
};

// Inputs: A, its scale and zero point, B, its scales and zero points (one or one for each column), Y's scale and zero point.
class QLinearMatMulKernel final : public ByteMatrixKernel {
 public:
  using ByteMatrixKernel::ByteMatrixKernel;

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (!contains(inputs[7].type, ByteTypes{})) return refuse_type("y_zero_point", inputs[7].type, "uint8 or int8");
    if (auto planned = plan(inputs[0], inputs[3], inputs[7].type, outputs[0]); !planned) return planned;
    for (std::size_t scale : {1U, 4U, 6U}) {
      if (inputs[scale].type != DataType::kFloat32) return refuse_type("scale", inputs[scale].type, "float32");
      const std::int64_t allowed = scale == 4 ? columns() : 0;
      if (auto checked = check_per_channel("a scale", inputs[scale], allowed); !checked) return checked;
      if (auto checked = check_per_channel("a zero point", inputs[scale + 1], allowed); !checked) return checked;
    }
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    const float a_scale = Scales(inputs[1])[0];
    const Scales b_scales(inputs[4]);
    const float y_scale = Scales(inputs[6])[0];
    const std::int32_t y_zero = ZeroPoints(inputs, 7)[0];
    visit(outputs[0].type, ByteTypes{}, [&]<typename Y>() {
      Y* y = outputs[0].as<Y>().data();
      run_rows(inputs[0], ZeroPoints(inputs, 2), inputs[3], ZeroPoints(inputs, 5),
               [&](std::span<const std::uint32_t> row) {
                 for (std::size_t j = 0; j < row.size(); ++j) {
                   const float scale = a_scale * b_scales[static_cast<std::int64_t>(j)];
                   const float value = static_cast<float>(static_cast<std::int32_t>(row[j])) * scale;
                   *y++ = static_cast<Y>(
                       quantize(value, y_scale, y_zero, std::numeric_limits<Y>::min(), std::numeric_limits<Y>::max()));
                 }
               });
    });
    return {};
  }
};

}  // namespace

MadeKernel make_mat_mul(const Node& node, const KernelContext& context) {
  return make_plain<MatMulKernel>(node, context, 2, 2);
}
MadeKernel make_mat_mul_integer(const Node& node, const KernelContext& context) {
  return make_plain<MatMulIntegerKernel>(node, context, 2, 4);
}
MadeKernel make_q_linear_mat_mul(const Node& node, const KernelContext& context) {
  return make_plain<QLinearMatMulKernel>(node, context, 8, 8);
}

}  // namespace sluice::model::ops
