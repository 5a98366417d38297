#include "core/model/cut.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace sluice::model {
namespace {

class Cutter {
 public:
  Cutter(Graph& graph, const Cut& cut)
      : graph_(graph), cut_(cut), makers_(graph.values.size(), kNoNode), ends_(graph.values.size(), End::kNone) {
    for (ValueId id = 0; id < graph.values.size(); ++id) ids_.emplace(graph.values[id].name, id);
    for (std::size_t index = 0; index < graph.nodes.size(); ++index) {
      for (const ValueId output : graph.nodes[index].outputs) {
        if (output != kNoValue) makers_[output] = index;
      }
    }
  }

  Result<void> run() {
    const auto from = find(cut_.from, End::kFrom, "from");
    if (!from) return fail(from.error());
    const auto to = find(cut_.to, End::kTo, "to");
    if (!to) return fail(to.error());
    if (auto known = check_known(*from); !known) return known;
    if (auto traced = trace(*to); !traced) return traced;
    for (const ValueId id : *from) {
      if (!read_[id]) {
        return fail(ErrorCode::kInvalidArgument,
                    {"no output of the cut depends on ", label(id), "; leave it out of 'from'"});
      }
    }
    keep_traced();
    graph_.inputs = *from;
    graph_.outputs = *to;
    if (cut_.open_batch) open_batch();
    return {};
  }

 private:
  enum class End : std::uint8_t { kNone, kFrom, kTo };

  std::string label(ValueId id) const { return join_text({"'", clip_name(graph_.values[id].name), "'"}); }

  Result<std::vector<ValueId>> find(const std::vector<std::string>& names, End end, std::string_view list) {
    if (names.empty()) {
      return fail(ErrorCode::kInvalidArgument, {"the cut is empty: '", list, "' names no tensor"});
    }
    std::vector<ValueId> found;
    for (const std::string& name : names) {
      const auto known = ids_.find(name);
      if (known == ids_.end()) {
        return fail(ErrorCode::kNotFound, {"the model has no tensor '", clip_name(name), "', which the cut's '", list,
                                           "' names; its last one is ", label(graph_.outputs.back())});
      }
      const ValueId id = known->second;
      if (graph_.is_constant(id)) {
        return fail(ErrorCode::kInvalidArgument, {"the cut's '", list, "' names ", label(id), ", which is a weight"});
      }
      if (ends_[id] != End::kNone) {
        return fail(ErrorCode::kInvalidArgument, {"the cut names ", label(id), " twice"});
      }
      ends_[id] = end;
      found.push_back(id);
    }
    return found;
  }

  // What becomes an input must say what may be put into it.
  Result<void> check_known(const std::vector<ValueId>& from) const {
    for (const ValueId id : from) {
      const Value& value = graph_.values[id];
      const bool known = value.shape || std::ranges::find(graph_.inputs, id) != graph_.inputs.end();
      if (known && value.type != DataType::kUndefined) continue;
      return fail(ErrorCode::kInvalidGraph, {"the type or shape of ", label(id),
                                             " is open until the model runs, so it cannot be an input; fix the "
                                             "dimensions that the model's inputs leave open, or cut elsewhere"});
    }
    return {};
  }

  // Marks what `to` depends on, back to `from`.
  Result<void> trace(const std::vector<ValueId>& to) {
    needed_.assign(graph_.nodes.size(), false);
    read_.assign(graph_.values.size(), false);
    std::vector<ValueId> open = to;
    while (!open.empty()) {
      const ValueId id = open.back();
      open.pop_back();
      if (makers_[id] == kNoNode) {
        return fail(ErrorCode::kInvalidArgument,
                    {"the cut still needs the model's input ", label(id), ": 'from' does not separate it from 'to'"});
      }
      if (needed_[makers_[id]]) continue;
      needed_[makers_[id]] = true;
      for (const ValueId input : graph_.nodes[makers_[id]].inputs) {
        if (input == kNoValue || graph_.is_constant(input) || read_[input]) continue;
        read_[input] = true;
        if (ends_[input] != End::kFrom) open.push_back(input);
      }
    }
    return {};
  }

  void keep_traced() {
    std::vector<Node> kept;
    for (std::size_t index = 0; index < graph_.nodes.size(); ++index) {
      if (!needed_[index]) continue;
      Node& node = graph_.nodes[index];
      // A node may be needed for one of its outputs while another comes from outside.
      for (ValueId& output : node.outputs) {
        if (output == kNoValue || ends_[output] != End::kFrom) continue;
        Value unread = graph_.values[output];
        unread.name += " of the cut";
        output = static_cast<ValueId>(graph_.values.size());
        graph_.values.push_back(std::move(unread));
      }
      kept.push_back(std::move(node));
    }
    graph_.nodes = std::move(kept);
  }

  // What was found out about shapes was found out for one number of samples.
  void open_batch() {
    for (const ValueId id : graph_.inputs) {
      Value& value = graph_.values[id];
      if (!value.shape || value.shape->rank() == 0) continue;
      value.declared_dims.assign(value.shape->dims().begin(), value.shape->dims().end());
      value.declared_dims[0] = -1;
    }
    for (Value& value : graph_.values) {
      if (!value.constant) value.shape.reset();
    }
  }

  Graph& graph_;
  const Cut& cut_;
  std::unordered_map<std::string_view, ValueId> ids_;
  std::vector<std::size_t> makers_;  // by value
  std::vector<End> ends_;            // by value
  std::vector<bool> needed_;         // by node
  std::vector<bool> read_;           // by value, by a needed node
};

}  // namespace

Result<void> apply_cut(Graph& graph, const Cut& cut) { return Cutter(graph, cut).run(); }

Result<Model> Model::load(Bytes onnx, const Cut& cut, const LoadOptions& options) {
  return load(onnx, options, &cut, apply_cut);
}

}  // namespace sluice::model
