// One operator, prepared to run. The runner owns kernels, calls reshape() before the first run and whenever an input's
// shape (or the value of an input that decides the output's shape) has changed, then run() once per inference.
// reshape() may allocate; run() must not. A kernel is used by one thread at a time; run() may spread its work over the
// thread pool in the context. Failures name the offending value; the runner adds the node's label.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "core/base/result.hpp"
#include "core/model/graph.hpp"
#include "core/tensor/tensor.hpp"

struct pthreadpool;

namespace sluice::model {

struct OutputSpec {
  DataType type = DataType::kUndefined;
  Shape shape;
};

class Kernel {
 public:
  virtual ~Kernel() = default;

  // Inputs in the node's order; an omitted one has type kUndefined. Fills one spec for each of the node's outputs.
  // Only the bytes of constants and of inputs that shape_depends_on_value_of() names may be read here: shapes are planned
  // before the first run, so the other views may have no bytes yet. Reshaping again with the same shapes is cheap.
  virtual Result<void> reshape(std::span<const TensorView> inputs, std::span<OutputSpec> outputs) = 0;

  // Computes. Shapes are those of the last reshape(). Every input and output has kTensorPadding readable bytes after it;
  // an output never overlaps an input. An omitted output has type kUndefined and must not be written.
  virtual Result<void> run(std::span<const TensorView> inputs, std::span<const MutableTensorView> outputs) = 0;

  // Whether the output's shape depends on this input's values (Reshape's `shape`), so that a change of the values,
  // not only of the shape, needs a reshape().
  virtual bool shape_depends_on_value_of(std::size_t input) const {
    (void)input;
    return false;
  }

  // After reshape(): whether run() would only copy the bytes of input 0 to output 0 (Reshape, Flatten, Squeeze, a
  // Transpose that moves no dimension above one). The runner then lets the output share the input's bytes and skips run().
  virtual bool passes_through() const { return false; }

  // After reshape(): multiply-adds of one run, for statistics; convolutions and matrix products count.
  virtual std::uint64_t multiply_adds() const { return 0; }
};

// What a factory may use while it makes a kernel. Constant inputs may be packed now; their bytes outlive the kernel.
struct KernelContext {
  const Graph& graph;
  pthreadpool* threads = nullptr;      // nullptr: one thread
  std::size_t memory_limit_bytes = 0;  // of one tensor
};

using KernelFactory = Result<std::unique_ptr<Kernel>> (*)(const Node& node, const KernelContext& context);

// One row of an operator set: which operator, in which opsets, made by what. A factory refuses forms that it lacks with
// kUnsupportedOperator and says which attribute or type it is about; the next row of the same operator is tried then.
struct OperatorEntry {
  std::string_view domain;
  std::string_view op_type;
  std::int64_t since_opset;  // first opset whose definition the factory implements
  std::int64_t until_opset;  // last one
  KernelFactory make;
  // The factory copies what it needs of the constant inputs: their bytes may go after it, and the views that reshape()
  // and run() see in their places have a type and a shape but no bytes.
  bool packs_constants = false;
};

namespace passes {
struct PassContext;
}

// A set of operators, with the passes that rewrite a graph to them (none: models run as they are written). Which set a
// program names decides what the linker keeps of both: the gate build names gate_operators() only.
class OperatorSet {
 public:
  using Optimize = Result<void> (*)(Graph& graph, const passes::PassContext& context);

  OperatorSet() = default;
  OperatorSet(std::span<const OperatorEntry> entries, Optimize passes = nullptr)
      : entries_(entries), optimize_(passes) {}

  bool empty() const { return entries_.empty(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }
  Optimize optimize() const { return optimize_; }

 private:
  std::span<const OperatorEntry> entries_;
  Optimize optimize_ = nullptr;
};

// Opsets that are read; each operator says from which on it is supported.
inline constexpr std::int64_t kMinOpset = 1;
inline constexpr std::int64_t kMaxOpset = 21;
// Since this opset binary operators broadcast as numpy does, which XNNPACK's kernels and the passes take for granted.
inline constexpr std::int64_t kNumpyBroadcastOpset = 7;

// The full set: every operator of the README's table.
OperatorSet all_operators();
// What SKIP filters and our own small networks need; keeps the gate-only module small.
OperatorSet gate_operators();

}  // namespace sluice::model
