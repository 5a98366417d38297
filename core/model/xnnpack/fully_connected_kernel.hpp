// Rows times constant weights as XNNPACK runs it, float32 and int8 alike: they differ in the element and in XNNPACK's two
// functions. Owns the operator, borrows the threads.
#pragma once

#include <utility>

#include "core/model/xnnpack/fully_connected_form.hpp"
#include "core/model/xnnpack/operator.hpp"

namespace sluice::model::xnnpack {

template <typename T, auto reshape_operator, auto set_up_operator>
class FullyConnectedKernel final : public Kernel {
 public:
  FullyConnectedKernel(const FullyConnectedForm& form, Operator op, pthreadpool* threads)
      : form_(form), operator_(std::move(op)), threads_(threads) {}

  Result<void> reshape(std::span<const TensorView> inputs, std::span<OutputSpec> outputs) override {
    if (inputs[0].type != data_type_of<T>) {
      return fail(ErrorCode::kUnsupportedType,
                  {"the input is ", type_name(inputs[0].type), ", not ", type_name(data_type_of<T>)});
    }
    const auto sizes = fully_connected_output(form_, inputs[0].shape);
    if (!sizes) return fail(sizes.error());
    const auto status = reshape_operator(operator_.get(), sizes->rows, threads_);
    if (auto reshaped = check(status, "reshape"); !reshaped) return reshaped;
    outputs[0] = {data_type_of<T>, sizes->output};
    rows_ = sizes->rows;
    return {};
  }

  Result<void> run(std::span<const TensorView> inputs, std::span<const MutableTensorView> outputs) override {
    if (rows_ == 0) return {};
    const auto status = set_up_operator(operator_.get(), inputs[0].as<T>().data(), outputs[0].as<T>().data());
    if (auto ready = check(status, "set up"); !ready) return ready;
    return check(xnn_run_operator(operator_.get(), threads_), "run");
  }

  std::uint64_t multiply_adds() const override { return rows_ * form_.inputs * form_.outputs; }

 private:
  FullyConnectedForm form_;
  Operator operator_;
  pthreadpool* threads_;
  std::size_t rows_ = 0;
};

}  // namespace sluice::model::xnnpack
