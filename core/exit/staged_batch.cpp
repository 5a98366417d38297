#include "core/exit/staged_batch.hpp"

#include <array>
#include <cstring>
#include <numeric>
#include <utility>

#include "core/base/text.hpp"

namespace sluice::exits {
namespace {

Error behind_place(const ExitPlace& place, const Error& why) {
  return {why.code, join_text({"behind place '", place.tensor, "': ", why.message})};
}

// These rows of `from`, one behind the other.
Result<void> gather(const TensorView& from, std::span<const std::size_t> rows, Tensor& to) {
  std::array<std::int64_t, Shape::kMaxRank> dims{};
  std::ranges::copy(from.shape.dims(), dims.begin());
  const auto all = static_cast<std::size_t>(dims[0]);
  dims[0] = static_cast<std::int64_t>(rows.size());
  if (auto sized = to.resize(from.type, *Shape::make(std::span(dims).first(from.shape.rank()))); !sized) return sized;
  const std::size_t row_bytes = from.bytes.size() / all;
  std::byte* at = to.mutable_view().bytes.data();
  for (const std::size_t row : rows) {
    std::memcpy(at, from.bytes.data() + row * row_bytes, row_bytes);
    at += row_bytes;
  }
  return {};
}

}  // namespace

Result<StagedBatch> StagedBatch::load(Bytes model, Bytes branches, std::span<const ExitPlace> places, std::size_t from,
                                      ExitRule rule, const model::LoadOptions& options) {
  if (from >= places.size()) {
    return fail(ErrorCode::kInvalidArgument, {"there is no place ", from, " among ", places.size()});
  }
  StagedBatch made;
  {
    const auto checked = StagedModel::load(model, branches, places, options);
    if (!checked) return fail(checked.error());
    made.input_ = checked->tensor(from);
    made.output_ = checked->output();
    made.classes_ = checked->classes();
  }
  if (made.input_.dims.empty()) {
    return fail(behind_place(places[from], {ErrorCode::kShapeMismatch, "a single number cannot be cut at"}));
  }
  bool open = false;
  {
    const auto whole = model::Model::load(model, options);
    if (!whole) return fail(whole.error());
    const auto& dims = whole->inputs()[0].dims;
    open = !dims.empty() && dims[0] < 0;
  }
  if (open) made.input_.dims[0] = made.output_.dims[0] = -1;
  made.rule_ = rule;
  made.first_stage_ = static_cast<std::uint32_t>(from + 1);
  model::LoadOptions single = options;
  single.batch = 1;
  for (std::size_t place = from; place < places.size(); ++place) {
    const std::string& begin = places[place].tensor;
    const bool last = place + 1 == places.size();
    const std::string& end = last ? made.output_.name : places[place + 1].tensor;
    auto stage = model::Model::load(model, model::Cut{{begin}, {end}, open}, single);
    if (!stage) return fail(behind_place(places[place], stage.error()));
    made.stages_.push_back(std::move(*stage));
    if (last) break;
    auto branch = model::Model::load(branches, model::Cut{{end}, {places[place + 1].exit}, open}, single);
    if (!branch) return fail(behind_place(places[place + 1], branch.error()));
    made.branches_.push_back(std::move(*branch));
  }
  return made;
}

std::size_t StagedBatch::weight_bytes() const {
  std::size_t sum = 0;
  for (const auto* models : {&stages_, &branches_}) {
    for (const model::Model& one : *models) sum += one.stats().weight_bytes;
  }
  return sum;
}

Result<void> StagedBatch::check_rows(const TensorView& tensor, std::size_t rows) const {
  if (tensor.shape.rank() > 0 && tensor.shape[0] == static_cast<std::int64_t>(rows) && rows > 0) return {};
  return fail(ErrorCode::kShapeMismatch,
              {"a tensor ", to_string(tensor.shape), " for ", rows, " inputs; each is one row of it"});
}

Result<void> StagedBatch::run(const TensorView& tensor, std::span<const Thresholds> thresholds, const Leave& leave) {
  if (auto checked = check_rows(tensor, thresholds.size()); !checked) return checked;
  inputs_.resize(thresholds.size());
  std::iota(inputs_.begin(), inputs_.end(), std::size_t{0});
  TensorView at = tensor;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    if (auto ran = stages_[i].run(std::array{at}); !ran) return ran;
    ++counts_.stages;
    counts_.multiply_adds += stages_[i].stats().multiply_adds;
    at = stages_[i].output(0);
    if (auto checked = check_rows(at, inputs_.size()); !checked) return checked;
    if (i == branches_.size()) break;
    const std::size_t before = inputs_.size();
    if (auto asked = ask_exit(i, at, thresholds, leave); !asked) return asked;
    if (inputs_.empty()) return {};
    if (inputs_.size() == before) continue;
    if (auto gathered = gather(at, stay_, left_); !gathered) return gathered;
    at = left_.view();
  }
  const auto logits = at.as<float>();
  for (std::size_t row = 0; row < inputs_.size(); ++row) {
    leave(inputs_[row], last_stage(), logits.subspan(row * classes_, classes_));
  }
  return {};
}

// Leaves the rows that go on in `stay_`, and their inputs in `inputs_`.
Result<void> StagedBatch::ask_exit(std::size_t exit, const TensorView& reached, std::span<const Thresholds> thresholds,
                                   const Leave& leave) {
  asked_.clear();
  for (std::size_t row = 0; row < inputs_.size(); ++row) {
    if (!is_closed(rule_, thresholds[inputs_[row]][exit])) asked_.push_back(row);
  }
  if (asked_.empty()) return {};
  TensorView rows = reached;
  if (asked_.size() < inputs_.size()) {
    if (auto gathered = gather(reached, asked_, to_branch_); !gathered) return gathered;
    rows = to_branch_.view();
  }
  model::Model& branch = branches_[exit];
  if (auto ran = branch.run(std::array{rows}); !ran) return ran;
  ++counts_.branches;
  counts_.multiply_adds += branch.stats().multiply_adds;
  if (auto checked = check_rows(branch.output(0), asked_.size()); !checked) return checked;
  const auto logits = branch.output(0).as<float>();
  stay_.clear();
  std::size_t answer = 0;
  for (std::size_t row = 0; row < inputs_.size(); ++row) {
    if (answer == asked_.size() || asked_[answer] != row) {
      stay_.push_back(row);
      continue;
    }
    const auto own = logits.subspan(answer++ * classes_, classes_);
    const auto sure = confidence(rule_, own);
    if (!sure) return fail(sure.error());
    if (is_sure(rule_, *sure, thresholds[inputs_[row]][exit])) {
      leave(inputs_[row], first_stage_ + static_cast<std::uint32_t>(exit), own);
    } else {
      stay_.push_back(row);
    }
  }
  for (std::size_t row = 0; row < stay_.size(); ++row) inputs_[row] = inputs_[stay_[row]];
  inputs_.resize(stay_.size());
  return {};
}

}  // namespace sluice::exits
