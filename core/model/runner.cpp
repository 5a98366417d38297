#include "core/model/runner.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <utility>

#include "core/base/checked.hpp"
#include "core/model/arena.hpp"
#include "core/model/step.hpp"

namespace sluice::model {
namespace {

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

bool same_spec(const OutputSpec& spec, const TensorView& view) {
  return spec.type == view.type && spec.shape == view.shape;
}

bool is_aligned(const TensorView& view) {
  return reinterpret_cast<std::uintptr_t>(view.bytes.data()) % std::max<std::size_t>(element_size(view.type), 1) == 0;
}

// A view that the next run must point at the input's bytes.
struct InputSlot {
  std::size_t input;
  std::size_t step;
  std::size_t slot;
};

// A tensor that only grows, and what it holds at its largest.
struct Buffer {
  Tensor tensor;
  std::size_t held_bytes = 0;
};

}  // namespace

class Runner::Impl {
 public:
  Impl(PreparedGraph prepared, const ModelLimits& limits) : prepared_(std::move(prepared)), limits_(limits) {
    stats_.weight_bytes = prepared_.weight_bytes;
    dynamic_ = std::ranges::any_of(prepared_.steps, &Step::shape_depends_on_values);
    planned_inputs_.resize(graph().inputs.size());
    outputs_.resize(graph().outputs.size());
  }

  // Plans ahead where every input has one possible shape.
  Result<void> plan_if_fixed() {
    if (dynamic_) return {};
    std::vector<OutputSpec> specs;
    for (const ValueId input : graph().inputs) {
      const Value& value = graph().values[input];
      if (!value.shape) return {};
      specs.push_back({value.type, *value.shape});
    }
    return plan(specs);
  }

  Result<void> run(std::span<const TensorView> inputs) {
    if (dynamic_) return run_dynamic(inputs);
    if (!planned_ || !std::ranges::equal(planned_inputs_, inputs, same_spec)) {
      std::vector<OutputSpec> specs;
      for (const TensorView& input : inputs) specs.push_back({input.type, input.shape});
      if (auto planned = plan(specs); !planned) return planned;
    }
    bind_inputs(inputs);
    for (Step& step : prepared_.steps) {
      if (skipped_[step.node]) continue;
      if (auto done = step.run(graph()); !done) return done;
    }
    return {};
  }

  TensorView output(std::size_t index) const { return outputs_[index]; }
  const RunnerStats& stats() const { return stats_; }

 private:
  const Graph& graph() const { return *prepared_.graph; }

  // ---- fixed shapes

  Result<void> plan(const std::vector<OutputSpec>& inputs) {
    planned_ = false;
    std::vector<OutputSpec> specs(graph().values.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) specs[graph().inputs[i]] = inputs[i];
    if (auto shaped = reshape_all(specs); !shaped) return shaped;
    share_buffers();
    if (auto placed = place(specs); !placed) return placed;
    bind(specs);
    planned_inputs_ = inputs;
    planned_ = true;
    return {};
  }

  Result<void> reshape_all(std::vector<OutputSpec>& specs) {
    stats_.multiply_adds = 0;
    for (Step& step : prepared_.steps) {
      const Node& node = graph().nodes[step.node];
      for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
        const ValueId input = node.inputs[slot];
        if (input == kNoValue || graph().is_constant(input)) continue;
        step.inputs[slot] = {specs[input].type, specs[input].shape, {}};
      }
      if (auto shaped = step.reshape(graph(), limits_.max_tensor_bytes); !shaped) return shaped;
      stats_.multiply_adds += step.kernel->multiply_adds();
      for (std::size_t slot = 0; slot < node.outputs.size(); ++slot) {
        if (node.outputs[slot] != kNoValue) specs[node.outputs[slot]] = step.specs[slot];
      }
    }
    return {};
  }

  // root_[v]: the value whose buffer v lives in.
  void share_buffers() {
    const Graph& g = graph();
    root_.resize(g.values.size());
    for (ValueId id = 0; id < g.values.size(); ++id) root_[id] = id;
    std::vector<bool> is_input(g.values.size(), false);
    std::vector<bool> is_output(g.values.size(), false);
    for (const ValueId input : g.inputs) is_input[input] = true;
    for (const ValueId output : g.outputs) is_output[output] = true;
    skipped_.assign(g.nodes.size(), false);
    for (const Step& step : prepared_.steps) {
      const Node& node = g.nodes[step.node];
      if (node.inputs.empty() || node.outputs.empty() || node.inputs[0] == kNoValue || node.outputs[0] == kNoValue)
        continue;
      if (g.is_constant(node.inputs[0]) || !step.kernel->passes_through()) continue;
      const ValueId source = root_[node.inputs[0]];
      // What a caller gets as an output must not point into what the caller passed in.
      if (is_input[source] && leads_to_output(step.node, is_output)) continue;
      root_[node.outputs[0]] = source;
      skipped_[step.node] = true;
    }
  }

  // Whether the node's first output, or anything that shares its bytes, is an output of the graph.
  bool leads_to_output(std::size_t from, const std::vector<bool>& is_output) const {
    std::vector<ValueId> reached{graph().nodes[from].outputs[0]};
    for (const Step& step : prepared_.steps) {
      const Node& node = graph().nodes[step.node];
      if (step.node <= from || node.inputs.empty() || node.outputs.empty() || !step.kernel->passes_through()) continue;
      if (node.outputs[0] != kNoValue && std::ranges::find(reached, node.inputs[0]) != reached.end()) {
        reached.push_back(node.outputs[0]);
      }
    }
    return std::ranges::any_of(reached, [&](ValueId id) { return is_output[id]; });
  }

  Result<void> place(const std::vector<OutputSpec>& specs) {
    const Graph& g = graph();
    const std::size_t end = g.nodes.size();
    block_of_.assign(g.values.size(), kNone);
    blocks_.clear();
    const auto extend = [&](ValueId id, std::size_t step) {
      if (id == kNoValue || g.is_constant(id)) return;
      const ValueId root = root_[id];
      if (block_of_[root] == kNone) {
        block_of_[root] = blocks_.size();
        blocks_.push_back({byte_size(specs[root]), step, step, 0});
      }
      blocks_[block_of_[root]].last_step = std::max(blocks_[block_of_[root]].last_step, step);
    };
    // Each input has a place in the arena as well: where the caller's bytes lack padding they are copied to it.
    for (const ValueId input : g.inputs) extend(input, 0);
    for (const Step& step : prepared_.steps) {
      for (const ValueId input : g.nodes[step.node].inputs) extend(input, step.node);
      for (const ValueId output : g.nodes[step.node].outputs) extend(output, step.node);
    }
    for (const ValueId output : g.outputs) extend(output, end);
    const auto size = place_blocks(blocks_);
    const auto total = size ? checked_add(*size, stats_.weight_bytes) : std::nullopt;
    if (!total || *total > limits_.max_total_bytes) {
      return fail(
          ErrorCode::kOutOfMemory,
          {"activations and weights exceed max_total_bytes = ", limits_.max_total_bytes, "; use a smaller input"});
    }
    stats_.activation_bytes = *size;
    return arena_.resize(DataType::kUint8, Shape{static_cast<std::int64_t>(*size)}, limits_.max_total_bytes);
  }

  static std::size_t byte_size(const OutputSpec& spec) {
    return spec.shape.element_count().value_or(0) * element_size(spec.type);
  }

  MutableTensorView buffer(ValueId id, const OutputSpec& spec) {
    const std::size_t offset = blocks_[block_of_[root_[id]]].offset;
    return {spec.type, spec.shape, arena_.mutable_view().bytes.subspan(offset, byte_size(spec))};
  }

  void bind(const std::vector<OutputSpec>& specs) {
    const Graph& g = graph();
    std::vector<std::size_t> input_of(g.values.size(), kNone);
    for (std::size_t i = 0; i < g.inputs.size(); ++i) input_of[g.inputs[i]] = i;
    input_slots_.clear();
    input_buffers_.clear();
    for (const ValueId input : g.inputs) input_buffers_.push_back(buffer(input, specs[input]));
    for (std::size_t at = 0; at < prepared_.steps.size(); ++at) {
      Step& step = prepared_.steps[at];
      const Node& node = g.nodes[step.node];
      for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
        const ValueId input = node.inputs[slot];
        if (input == kNoValue || g.is_constant(input)) continue;
        step.inputs[slot] = buffer(input, specs[input]);
        if (input_of[root_[input]] != kNone) input_slots_.push_back({input_of[root_[input]], at, slot});
      }
      for (std::size_t slot = 0; slot < node.outputs.size(); ++slot) {
        const ValueId output = node.outputs[slot];
        step.outputs[slot] = output == kNoValue ? MutableTensorView{} : buffer(output, specs[output]);
      }
    }
    copied_.assign(g.inputs.size(), false);
    for (std::size_t i = 0; i < g.outputs.size(); ++i) {
      const ValueId output = g.outputs[i];
      if (g.is_constant(output)) {
        outputs_[i] = *g.values[output].constant;
        continue;
      }
      outputs_[i] = buffer(output, specs[output]);
      outputs_[i].padded = true;  // the arena goes on behind it, or is padded itself
      if (input_of[root_[output]] != kNone) copied_[input_of[root_[output]]] = true;
    }
  }

  void bind_inputs(std::span<const TensorView> inputs) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (!must_copy(i, inputs[i])) continue;
      const MutableBytes target = input_buffers_[i].bytes;
      if (!target.empty()) std::memmove(target.data(), inputs[i].bytes.data(), target.size());
    }
    for (const InputSlot& use : input_slots_) {
      TensorView& view = prepared_.steps[use.step].inputs[use.slot];
      view.bytes =
          must_copy(use.input, inputs[use.input]) ? Bytes(input_buffers_[use.input].bytes) : inputs[use.input].bytes;
    }
  }

  // Whether the caller's bytes cannot stand for the input: an output of the last run would be written over while it is read.
  bool must_copy(std::size_t index, const TensorView& input) const {
    const Bytes arena = arena_.view().bytes;
    const bool own = !std::less<>{}(input.bytes.data(), arena.data()) &&
                     std::less<>{}(input.bytes.data(), arena.data() + arena.size());
    return copied_[index] || own || !input.padded || !is_aligned(input);
  }

  // ---- shapes that depend on values

  Result<void> run_dynamic(std::span<const TensorView> inputs) {
    const Graph& g = graph();
    buffers_.resize(g.values.size());
    last_values_.resize(prepared_.steps.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (auto stored = copy_into(buffers_[g.inputs[i]], inputs[i]); !stored) return stored;
    }
    for (std::size_t at = 0; at < prepared_.steps.size(); ++at) {
      if (auto done = run_dynamic_step(at); !done) return done;
    }
    for (std::size_t i = 0; i < g.outputs.size(); ++i) outputs_[i] = view_of_value(g.outputs[i]);
    stats_.multiply_adds = 0;
    for (const Step& step : prepared_.steps) stats_.multiply_adds += step.kernel->multiply_adds();
    return {};
  }

  TensorView view_of_value(ValueId id) const {
    return graph().is_constant(id) ? *graph().values[id].constant : buffers_[id].tensor.view();
  }

  Result<void> run_dynamic_step(std::size_t at) {
    Step& step = prepared_.steps[at];
    const Node& node = graph().nodes[step.node];
    bool stale = last_values_[at].empty();
    last_values_[at].resize(std::max<std::size_t>(node.inputs.size(), 1));
    for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
      const ValueId input = node.inputs[slot];
      if (input == kNoValue || graph().is_constant(input)) continue;
      const TensorView now = buffers_[input].tensor.view();
      stale = stale || step.inputs[slot].type != now.type || step.inputs[slot].shape != now.shape;
      step.inputs[slot] = now;
      if (!step.kernel->shape_depends_on_value_of(slot)) continue;
      Buffer& last = last_values_[at][slot];
      const TensorView then = last.tensor.view();
      if (then.type == now.type && then.shape == now.shape && std::ranges::equal(then.bytes, now.bytes)) continue;
      stale = true;
      if (auto kept = copy_into(last, now); !kept) return kept;
    }
    if (stale) {
      if (auto shaped = step.reshape(graph(), limits_.max_tensor_bytes); !shaped) return forget(at, shaped);
    }
    for (std::size_t slot = 0; slot < node.outputs.size(); ++slot) {
      const ValueId output = node.outputs[slot];
      if (output == kNoValue) {
        step.outputs[slot] = {};
        continue;
      }
      if (auto sized = resize(buffers_[output], step.specs[slot]); !sized) return forget(at, sized);
      step.outputs[slot] = buffers_[output].tensor.mutable_view();
    }
    return step.run(graph());
  }

  // A step that failed to reshape must do so again in the next run.
  Result<void> forget(std::size_t at, Result<void> failed) {
    last_values_[at].clear();
    return failed;
  }

  Result<void> copy_into(Buffer& target, const TensorView& source) {
    if (auto sized = resize(target, {source.type, source.shape}); !sized) return sized;
    const MutableBytes bytes = target.tensor.mutable_view().bytes;
    if (!bytes.empty()) std::memcpy(bytes.data(), source.bytes.data(), bytes.size());
    return {};
  }

  Result<void> resize(Buffer& buffer, const OutputSpec& spec) {
    const std::size_t now = std::max(buffer.held_bytes, byte_size(spec));
    const std::size_t total = stats_.activation_bytes + (now - buffer.held_bytes);
    if (total > limits_.max_total_bytes - std::min(stats_.weight_bytes, limits_.max_total_bytes)) {
      return fail(
          ErrorCode::kOutOfMemory,
          {"activations and weights exceed max_total_bytes = ", limits_.max_total_bytes, "; use a smaller input"});
    }
    if (auto sized = buffer.tensor.resize(spec.type, spec.shape, limits_.max_tensor_bytes); !sized) return sized;
    buffer.held_bytes = now;
    stats_.activation_bytes = total;
    return {};
  }

  PreparedGraph prepared_;
  ModelLimits limits_;
  RunnerStats stats_;
  bool dynamic_ = false;
  std::vector<TensorView> outputs_;

  bool planned_ = false;
  std::vector<OutputSpec> planned_inputs_;
  std::vector<ValueId> root_;
  std::vector<bool> skipped_;          // by node: its output shares its input's bytes
  std::vector<std::size_t> block_of_;  // by root value
  std::vector<ArenaBlock> blocks_;
  Tensor arena_;
  std::vector<InputSlot> input_slots_;
  std::vector<MutableTensorView> input_buffers_;
  std::vector<bool> copied_;  // by input: it is also an output, so the caller's bytes cannot stand for it

  std::vector<Buffer> buffers_;                   // by value
  std::vector<std::vector<Buffer>> last_values_;  // by step and slot
};

Result<Runner> Runner::create(Graph graph, Bytes file, const RunnerOptions& options) {
  auto prepared = prepare_steps(std::move(graph), file, options.operators, options.limits, options.threads);
  if (!prepared) return fail(prepared.error());
  auto impl = std::make_unique<Impl>(std::move(*prepared), options.limits);
  if (auto planned = impl->plan_if_fixed(); !planned) return fail(planned.error());
  return Runner(std::move(impl));
}

Runner::Runner(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Runner::Runner(Runner&&) noexcept = default;
Runner& Runner::operator=(Runner&&) noexcept = default;
Runner::~Runner() = default;

Result<void> Runner::run(std::span<const TensorView> inputs) { return impl_->run(inputs); }
TensorView Runner::output(std::size_t index) const { return impl_->output(index); }
const RunnerStats& Runner::stats() const { return impl_->stats(); }

}  // namespace sluice::model
