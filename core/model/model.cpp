#include "core/model/model.hpp"

#include <algorithm>
#include <new>
#include <optional>
#include <stdexcept>
#include <utility>

#include "core/model/onnx_reader.hpp"
#include "core/model/passes/fold_constants.hpp"
#include "core/model/runner.hpp"

namespace sluice::model {
namespace {

std::vector<TensorInfo> describe_values(const Graph& graph, const std::vector<ValueId>& ids) {
  std::vector<TensorInfo> infos;
  for (const ValueId id : ids) {
    const Value& value = graph.values[id];
    TensorInfo info{value.name, value.type, value.declared_dims};
    if (value.shape) info.dims.assign(value.shape->dims().begin(), value.shape->dims().end());
    infos.push_back(std::move(info));
  }
  return infos;
}

// Inputs whose first dimension is open take so many samples.
void close_batch(Graph& graph, std::int64_t batch) {
  for (const ValueId id : graph.inputs) {
    Value& value = graph.values[id];
    if (value.shape || value.declared_dims.empty() || value.declared_dims[0] >= 0) continue;
    value.declared_dims[0] = batch;
    const bool known = std::ranges::all_of(value.declared_dims, [](std::int64_t dim) { return dim >= 0; });
    if (!known) continue;
    if (const auto shape = Shape::make(value.declared_dims)) value.shape = *shape;
  }
}

std::string dims_text(const std::vector<std::int64_t>& dims) {
  std::string text = "[";
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    if (axis != 0) text += ", ";
    text += dims[axis] < 0 ? "?" : std::to_string(dims[axis]);
  }
  return text + "]";
}

bool fits(const Shape& shape, const std::vector<std::int64_t>& dims) {
  return std::ranges::equal(shape.dims(), dims,
                            [](std::int64_t have, std::int64_t want) { return want < 0 || want == have; });
}

Result<void> check_input(const TensorInfo& info, const TensorView& input) {
  const auto label = [&] {
    return join_text({"input '", clip_name(info.name), "'"});
  };  // made on failure only: this runs for every frame
  if (input.type != info.type) {
    return fail(ErrorCode::kTypeMismatch,
                {label(), " is ", type_name(input.type), "; the model expects ", type_name(info.type)});
  }
  if (!fits(input.shape, info.dims)) {
    return fail(ErrorCode::kShapeMismatch,
                {label(), " has shape ", to_string(input.shape), "; the model expects ", dims_text(info.dims)});
  }
  const auto size = dense_size(input.type, input.shape, static_cast<std::size_t>(-1));
  if (!size || *size != input.bytes.size()) {
    return fail(ErrorCode::kShapeMismatch, {label(), " has ", input.bytes.size(), " bytes, which is not what shape ",
                                            to_string(input.shape), " takes"});
  }
  const auto is_bool = [](std::byte b) { return std::to_integer<int>(b) <= 1; };
  if (input.type == DataType::kBool && !std::ranges::all_of(input.bytes, is_bool)) {
    return fail(ErrorCode::kInvalidArgument, {label(), " is bool and has bytes other than 0 and 1"});
  }
  return {};
}

}  // namespace

struct Model::Impl {
  std::vector<TensorInfo> inputs;
  std::vector<TensorInfo> outputs;
  ModelStats stats;
  std::optional<Runner> runner;

  Result<void> load(Bytes onnx, const LoadOptions& options, const Cut* cut,
                    Result<void> (*apply)(Graph& graph, const Cut& cut)) {
    if (options.operators.empty()) {
      return fail(ErrorCode::kInvalidArgument,
                  "LoadOptions::operators is empty; name all_operators() or gate_operators()");
    }
    auto graph = read_onnx(onnx, options.limits);
    if (!graph) return fail(graph.error());
    stats.nodes_read = graph->nodes.size();
    if (options.batch > 0) close_batch(*graph, options.batch);
    const passes::PassContext context{options.operators, options.limits, options.threads};
    passes::infer_shapes(*graph, context);
    if (cut != nullptr) {
      // What is known from the inputs' shapes must not tie a cut to the inputs.
      passes::fold_constants(*graph, context, false);
      if (auto applied = apply(*graph, *cut); !applied) return applied;
    }
    inputs = describe_values(*graph, graph->inputs);
    outputs = describe_values(*graph, graph->outputs);
    const auto optimize = options.operators.optimize();
    if (options.optimize && optimize != nullptr && graph->opset >= kNumpyBroadcastOpset) {
      if (auto optimized = optimize(*graph, context); !optimized) return optimized;
    }
    return make_runner(std::move(*graph), onnx, options);
  }

  Result<void> make_runner(Graph graph, Bytes onnx, const LoadOptions& options) {
    stats.nodes_run = graph.nodes.size();
    auto made = Runner::create(std::move(graph), onnx, {options.operators, options.limits, options.threads});
    if (!made) return fail(made.error());
    runner.emplace(std::move(*made));
    update_stats();
    return {};
  }

  Result<void> run(std::span<const TensorView> values) {
    if (values.size() != inputs.size()) {
      return fail(ErrorCode::kInvalidArgument, {"the model has ", inputs.size(), " inputs and got ", values.size()});
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (auto checked = check_input(inputs[i], values[i]); !checked) return checked;
    }
    auto done = runner->run(values);
    if (done) update_stats();
    return done;
  }

  void update_stats() {
    stats.weight_bytes = runner->stats().weight_bytes;
    stats.activation_bytes = runner->stats().activation_bytes;
    stats.multiply_adds = runner->stats().multiply_adds;
  }
};

Model::Model(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;
Model::~Model() = default;

Result<Model> Model::load(Bytes onnx, const LoadOptions& options) { return load(onnx, options, nullptr, nullptr); }

Result<Model> Model::load(Bytes onnx, const LoadOptions& options, const Cut* cut,
                          Result<void> (*apply)(Graph& graph, const Cut& cut)) {
  // Limits bound every allocation; the library may still find the machine's memory used up.
  try {
    auto impl = std::make_unique<Impl>();
    if (auto loaded = impl->load(onnx, options, cut, apply); !loaded) return fail(loaded.error());
    return Model(std::move(impl));
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, "there is no memory to load the model");
  } catch (const std::length_error&) {
    return fail(ErrorCode::kOutOfMemory, "a part of the model is too large for this machine");
  }
}

std::span<const TensorInfo> Model::inputs() const { return impl_->inputs; }
std::span<const TensorInfo> Model::outputs() const { return impl_->outputs; }

Result<void> Model::run(std::span<const TensorView> inputs) {
  try {
    return impl_->run(inputs);
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kOutOfMemory, "there is no memory to run the model on inputs of this shape");
  } catch (const std::length_error&) {
    return fail(ErrorCode::kOutOfMemory, "an intermediate result is too large for this machine");
  }
}

TensorView Model::output(std::size_t index) const { return impl_->runner->output(index); }

const ModelStats& Model::stats() const { return impl_->stats; }

}  // namespace sluice::model
