// RNN, GRU and LSTM in float32: forward, reverse and bidirectional, both layouts, sequences of different lengths, initial
// states, clipping, and the LSTM's peepholes. One frame walks the sequence; the three cells differ in one step.
#include <algorithm>
#include <cstring>
#include <limits>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"
#include "core/model/ops/recurrent_activation.hpp"

namespace sluice::model::ops {
namespace {

// What one step of a cell works on. `gates` holds W x + R h + both biases for each gate, except where the cell says it
// applies the recurrence itself.
struct Step {
  std::size_t hidden = 0;
  std::span<float> gates;
  std::span<const float> recurrence;       // R of this direction: gates x hidden rows of hidden numbers
  std::span<const float> recurrence_bias;  // of this direction; empty: none
  std::span<const float> peepholes;        // LSTM; empty: none
  std::span<float> h;
  std::span<float> c;
  std::span<float> scratch;  // of the size of h
  const RecurrentActivation* activations = nullptr;
  float clip = 0;

  float bounded(float x) const { return std::clamp(x, -clip, clip); }
};

struct RnnCell {
  static constexpr std::size_t kGates = 1;
  static constexpr std::array<std::string_view, 1> kActivations{"Tanh"};
  static void step(const Step& s) {
    for (std::size_t i = 0; i < s.hidden; ++i) s.h[i] = s.activations[0](s.bounded(s.gates[i]));
  }
};

// Gates in the order z, r, h. The third gate's recurrence acts on r * h, or with linear_before_reset is scaled by r.
template <bool kLinearBeforeReset>
struct GruCell {
  static constexpr std::size_t kGates = 3;
  static constexpr std::array<std::string_view, 2> kActivations{"Sigmoid", "Tanh"};
  static void step(const Step& s) {
    const std::size_t n = s.hidden;
    for (std::size_t i = 0; i < 2 * n; ++i) s.gates[i] = s.activations[0](s.bounded(s.gates[i]));
    for (std::size_t i = 0; i < n; ++i) s.scratch[i] = kLinearBeforeReset ? s.h[i] : s.h[i] * s.gates[n + i];
    for (std::size_t i = 0; i < n; ++i) {
      float sum = s.recurrence_bias.empty() ? 0.0F : s.recurrence_bias[2 * n + i];
      const float* row = s.recurrence.data() + (2 * n + i) * n;
      for (std::size_t k = 0; k < n; ++k) sum += row[k] * s.scratch[k];
      const float reset = kLinearBeforeReset ? s.gates[n + i] : 1.0F;
      s.gates[2 * n + i] = s.activations[1](s.bounded(s.gates[2 * n + i] + reset * sum));
    }
    for (std::size_t i = 0; i < n; ++i) s.h[i] = (1 - s.gates[i]) * s.gates[2 * n + i] + s.gates[i] * s.h[i];
  }
};

// Gates in the order i, o, f, c; peepholes in the order i, o, f.
struct LstmCell {
  static constexpr std::size_t kGates = 4;
  static constexpr std::array<std::string_view, 3> kActivations{"Sigmoid", "Tanh", "Tanh"};
  static void step(const Step& s) {
    const std::size_t n = s.hidden;
    for (std::size_t i = 0; i < n; ++i) {
      const auto peephole = [&](std::size_t gate, float cell) {
        return s.peepholes.empty() ? 0.0F : s.peepholes[gate * n + i] * cell;
      };
      const float input = s.activations[0](s.bounded(s.gates[i] + peephole(0, s.c[i])));
      const float forget = s.activations[0](s.bounded(s.gates[2 * n + i] + peephole(2, s.c[i])));
      const float candidate = s.activations[1](s.bounded(s.gates[3 * n + i]));
      s.c[i] = forget * s.c[i] + input * candidate;
      const float output = s.activations[0](s.bounded(s.gates[n + i] + peephole(1, s.c[i])));
      s.h[i] = output * s.activations[2](s.c[i]);
    }
  }
};

template <typename Cell>
inline constexpr bool kRecursThirdGateItself = requires { Cell::kGates; } && Cell::kGates == 3;

template <typename Cell>
class RecurrentKernel final : public PlainKernel {
  static constexpr std::size_t kFunctions = Cell::kActivations.size();

 public:
  RecurrentKernel(const Node& node, const KernelContext& context)
      : PlainKernel(context),
        hidden_(node.int_or("hidden_size", 0)),
        batch_first_(node.int_or("layout", 0) != 0),
        clip_(node.float_or("clip", std::numeric_limits<float>::infinity())) {}

  Result<void> configure(const Node& node) {
    const std::string_view direction = node.string_or("direction", "forward");
    if (direction != "forward" && direction != "reverse" && direction != "bidirectional") {
      return fail(ErrorCode::kInvalidGraph, {"direction '", direction, "' is unknown"});
    }
    directions_ = direction == "bidirectional" ? 2 : 1;
    starts_reversed_ = direction == "reverse";
    if (!(clip_ > 0)) return fail(ErrorCode::kInvalidGraph, {"clip is ", clip_, "; expected above 0"});
    if (node.int_or("input_forget", 0) != 0)
      return fail(ErrorCode::kUnsupportedOperator, "input_forget is not supported");
    std::vector<std::string> names;
    if (const Attribute* given = node.find("activations"); given != nullptr) {
      if (const auto* list = std::get_if<std::vector<std::string>>(&given->value)) names = *list;
    }
    for (std::size_t d = 0; names.size() < directions_ * kFunctions && d < directions_; ++d) {
      if (d == 0) names.clear();
      names.insert(names.end(), Cell::kActivations.begin(), Cell::kActivations.end());
    }
    const auto alphas = floats_of(node, "activation_alpha");
    const auto betas = floats_of(node, "activation_beta");
    for (std::size_t i = 0; i < directions_ * kFunctions; ++i) {
      auto activation = RecurrentActivation::named(names[i]);
      if (!activation) return fail(activation.error());
      if (i < alphas.size()) activation->alpha = alphas[i];
      if (i < betas.size()) activation->beta = betas[i];
      activations_.push_back(*activation);
    }
    return {};
  }

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (!is_present(inputs, i)) continue;
      const DataType expected = i == 4 ? DataType::kInt32 : DataType::kFloat32;
      if (inputs[i].type != expected) return refuse_type("input", inputs[i].type, type_name(expected));
    }
    const Shape& x = inputs[0].shape;
    if (x.rank() != 3) return refuse_shape("the input", x, "3 dimensions");
    steps_ = x[batch_first_ ? 1 : 0];
    batch_ = x[batch_first_ ? 0 : 1];
    features_ = x[2];
    const std::int64_t d = static_cast<std::int64_t>(directions_);
    const std::int64_t gates = static_cast<std::int64_t>(Cell::kGates);
    if (inputs[2].shape.rank() == 3) {
      if (hidden_ == 0) hidden_ = inputs[2].shape[2];
    }
    const CheckedInt64 rows = CheckedInt64(hidden_) * gates;
    if (hidden_ < 1 || !(rows * 2).ok()) return fail(ErrorCode::kInvalidGraph, {"hidden_size is ", hidden_});
    const Shape state = batch_first_ ? Shape{batch_, d, hidden_} : Shape{d, batch_, hidden_};
    const std::array<Shape, 8> expected{x,
                                        Shape{d, rows.value(), features_},
                                        Shape{d, rows.value(), hidden_},
                                        Shape{d, 2 * rows.value()},
                                        Shape{batch_},
                                        state,
                                        state,
                                        Shape{d, 3 * hidden_}};
    for (std::size_t i = 1; i < inputs.size(); ++i) {
      if (is_present(inputs, i) && inputs[i].shape != expected[i]) {
        return refuse_shape(join_text({"input ", i}), inputs[i].shape, to_string(expected[i]));
      }
    }
    const std::array<std::int64_t, 4> all = batch_first_ ? std::array<std::int64_t, 4>{batch_, steps_, d, hidden_}
                                                         : std::array<std::int64_t, 4>{steps_, d, batch_, hidden_};
    const auto sequence = bounded_shape(std::span<const std::int64_t>(all), DataType::kFloat32);
    if (!sequence) return fail(sequence.error());
    outputs[0] = {DataType::kFloat32, *sequence};
    for (std::size_t i = 1; i < outputs.size(); ++i) outputs[i] = {DataType::kFloat32, state};
    if (auto scratch = check_scratch(rows + 3 * CheckedInt64(hidden_), sizeof(float)); !scratch) return scratch;
    gates_.resize(static_cast<std::size_t>(rows.value()));
    h_.resize(static_cast<std::size_t>(hidden_));
    c_.resize(h_.size());
    scratch_.resize(h_.size());
    return {};
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    if (is_present(inputs, 4)) {
      for (std::int32_t length : inputs[4].as<std::int32_t>()) {
        if (length < 0 || length > steps_) {
          return fail(ErrorCode::kExecutionFailed, {"sequence length ", length, " is outside 0 to ", steps_});
        }
      }
    }
    if (is_wanted(outputs, 0)) std::ranges::fill(outputs[0].as<float>(), 0.0F);
    for (std::size_t d = 0; d < directions_; ++d) {
      for (std::int64_t b = 0; b < batch_; ++b) run_sequence(inputs, outputs, d, b);
    }
    return {};
  }

 private:
  static std::vector<float> floats_of(const Node& node, std::string_view name) {
    const Attribute* attribute = node.find(name);
    const auto* list = attribute == nullptr ? nullptr : std::get_if<std::vector<float>>(&attribute->value);
    return list == nullptr ? std::vector<float>{} : *list;
  }

  // The rows of direction d of an input; empty where it is left out.
  std::span<const float> of_direction(Inputs inputs, std::size_t index, std::size_t d) const {
    if (!is_present(inputs, index)) return {};
    const auto all = inputs[index].as<float>();
    const std::size_t part = all.size() / directions_;
    return all.subspan(d * part, part);
  }

  std::size_t state_offset(std::size_t d, std::int64_t b) const {
    const auto batch = static_cast<std::size_t>(b);
    const std::size_t row = batch_first_ ? batch * directions_ + d : d * static_cast<std::size_t>(batch_) + batch;
    return row * h_.size();
  }

  void run_sequence(Inputs inputs, Outputs outputs, std::size_t d, std::int64_t b) {
    const std::size_t n = h_.size();
    const std::size_t state = state_offset(d, b);
    std::ranges::fill(h_, 0.0F);
    std::ranges::fill(c_, 0.0F);
    if (is_present(inputs, 5)) std::ranges::copy(inputs[5].as<float>().subspan(state, n), h_.begin());
    if (is_present(inputs, 6)) std::ranges::copy(inputs[6].as<float>().subspan(state, n), c_.begin());
    const std::int64_t length =
        is_present(inputs, 4) ? inputs[4].as<std::int32_t>()[static_cast<std::size_t>(b)] : steps_;
    const bool reversed = starts_reversed_ || d == 1;
    const auto bias = of_direction(inputs, 3, d);
    const Step step{.hidden = n,
                    .gates = gates_,
                    .recurrence = of_direction(inputs, 2, d),
                    .recurrence_bias = bias.empty() ? bias : bias.subspan(gates_.size()),
                    .peepholes = of_direction(inputs, 7, d),
                    .h = h_,
                    .c = c_,
                    .scratch = scratch_,
                    .activations = activations_.data() + d * kFunctions,
                    .clip = clip_};
    for (std::int64_t k = 0; k < length; ++k) {
      const std::int64_t t = reversed ? length - 1 - k : k;
      const std::int64_t row = batch_first_ ? b * steps_ + t : t * batch_ + b;
      fill_gates(inputs[0].as<float>().data() + row * features_, of_direction(inputs, 1, d).data(), step, bias);
      Cell::step(step);
      if (!is_wanted(outputs, 0)) continue;
      const auto directions = static_cast<std::int64_t>(directions_);
      const auto direction = static_cast<std::int64_t>(d);
      const std::int64_t to =
          batch_first_ ? (b * steps_ + t) * directions + direction : (t * directions + direction) * batch_ + b;
      std::ranges::copy(h_, outputs[0].as<float>().data() + static_cast<std::size_t>(to) * n);
    }
    if (is_wanted(outputs, 1)) std::ranges::copy(h_, outputs[1].as<float>().data() + state);
    if (is_wanted(outputs, 2)) std::ranges::copy(c_, outputs[2].as<float>().data() + state);
  }

  void fill_gates(const float* x, const float* weights, const Step& step, std::span<const float> bias) {
    const auto features = static_cast<std::size_t>(features_);
    for (std::size_t g = 0; g < gates_.size(); ++g) {
      float sum = bias.empty() ? 0.0F : bias[g];
      for (std::size_t k = 0; k < features; ++k) sum += weights[g * features + k] * x[k];
      const bool recurs = !(kRecursThirdGateItself<Cell> && g >= 2 * h_.size());
      if (recurs) {
        if (!step.recurrence_bias.empty()) sum += step.recurrence_bias[g];
        for (std::size_t k = 0; k < h_.size(); ++k) sum += step.recurrence[g * h_.size() + k] * h_[k];
      }
      gates_[g] = sum;
    }
  }

  std::int64_t hidden_;
  bool batch_first_;
  float clip_;
  std::size_t directions_ = 1;
  bool starts_reversed_ = false;
  std::vector<RecurrentActivation> activations_;
  std::int64_t steps_ = 0;
  std::int64_t batch_ = 0;
  std::int64_t features_ = 0;
  std::vector<float> gates_;
  std::vector<float> h_;
  std::vector<float> c_;
  std::vector<float> scratch_;
};

template <typename Cell>
MadeKernel make_recurrent(const Node& node, const KernelContext& context, std::size_t max_inputs,
                          std::size_t max_outputs) {
  if (auto checked = check_arity(node, 3, max_inputs, max_outputs); !checked) return fail(checked.error());
  auto kernel = std::make_unique<RecurrentKernel<Cell>>(node, context);
  if (auto configured = kernel->configure(node); !configured) return fail(configured.error());
  return kernel;
}

}  // namespace

MadeKernel make_rnn(const Node& node, const KernelContext& context) {
  return make_recurrent<RnnCell>(node, context, 6, 2);
}
MadeKernel make_gru(const Node& node, const KernelContext& context) {
  if (node.int_or("linear_before_reset", 0) != 0) return make_recurrent<GruCell<true>>(node, context, 6, 2);
  return make_recurrent<GruCell<false>>(node, context, 6, 2);
}
MadeKernel make_lstm(const Node& node, const KernelContext& context) {
  return make_recurrent<LstmCell>(node, context, 8, 3);
}

}  // namespace sluice::model::ops
