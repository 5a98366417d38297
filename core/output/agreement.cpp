#include "core/output/agreement.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/model/model.hpp"

namespace sluice::output {
namespace {

// In the order of Agreement::Rule.
constexpr std::array<std::string_view, 6> kRuleNames{"empty", "count", "label", "boxes", "tokens", "numbers"};

using Outputs = std::span<const OutputTensor>;

const OutputTensor* find(Outputs result, std::string_view name) {
  const auto found = std::ranges::find(result, name, &OutputTensor::name);
  return found == result.end() ? nullptr : &*found;
}

// The table of detections in a result; a view without bytes for the empty one.
Result<TensorView> detections_of(Outputs result) {
  if (result.empty()) return TensorView{};
  const OutputTensor* table = find(result, kDetectionsName);
  if (table == nullptr) {
    return fail(ErrorCode::kNotFound,
                {"agreement about detections needs a result with a tensor '", kDetectionsName, "'; this one has '",
                 result[0].name, "'", result.size() > 1 ? " and others" : ""});
  }
  const TensorView view = table->tensor.view();
  if (auto checked = check_detections(view); !checked) return fail(checked.error());
  return view;
}

std::size_t row_count(const TensorView& table) { return table.bytes.size() / (sizeof(float) * kDetectionColumns); }

// The first float32 tensor, whose last axis holds the classes.
Result<TensorView> scores_of(Outputs result) {
  for (const OutputTensor& output : result) {
    const TensorView view = output.tensor.view();
    if (view.type != DataType::kFloat32) continue;
    if (view.shape.rank() == 0 || view.bytes.empty())
      return fail(ErrorCode::kShapeMismatch, {"the tensor '", output.name, "' has no classes to pick a label from"});
    return view;
  }
  return fail(ErrorCode::kTypeMismatch, {"agreement about labels needs a result with a float32 tensor; '",
                                         result[0].name, "' is ", type_name(result[0].tensor.type())});
}

// Where the largest value stands; nothing when one of them is not a number.
const float* largest(std::span<const float> values) {
  const float* best = values.data();
  for (const float& value : values) {
    if (std::isnan(value)) return nullptr;
    if (value > *best) best = &value;
  }
  return best;
}

Result<bool> labels_agree(Outputs a, Outputs b) {
  if (a.empty() || b.empty()) return a.empty() == b.empty();
  const auto left = scores_of(a);
  if (!left) return fail(left.error());
  const auto right = scores_of(b);
  if (!right) return fail(right.error());
  if (left->shape != right->shape) return false;
  const auto classes = static_cast<std::size_t>(left->shape[left->shape.rank() - 1]);
  const auto x = left->as<float>();
  const auto y = right->as<float>();
  for (std::size_t row = 0; row + classes <= x.size(); row += classes) {
    const float* best_x = largest(x.subspan(row, classes));
    const float* best_y = largest(y.subspan(row, classes));
    if (best_x == nullptr || best_y == nullptr || best_x - x.data() != best_y - y.data()) return false;
  }
  return true;
}

std::size_t integer_tensors(Outputs result) {
  return static_cast<std::size_t>(
      std::ranges::count_if(result, [](const OutputTensor& output) { return is_integer(output.tensor.type()); }));
}

Result<bool> tokens_agree(Outputs a, Outputs b) {
  if (a.empty() || b.empty()) return a.empty() == b.empty();
  const std::size_t count = integer_tensors(a);
  if (count == 0) {
    return fail(ErrorCode::kTypeMismatch, {"agreement about tokens needs a result with an integer tensor; '", a[0].name,
                                           "' is ", type_name(a[0].tensor.type())});
  }
  if (count != integer_tensors(b)) return false;
  for (const OutputTensor& output : a) {
    if (!is_integer(output.tensor.type())) continue;
    const OutputTensor* other = find(b, output.name);
    if (other == nullptr) return false;
    const TensorView x = output.tensor.view();
    const TensorView y = other->tensor.view();
    if (x.type != y.type || x.shape != y.shape || !std::ranges::equal(x.bytes, y.bytes)) return false;
  }
  return true;
}

template <typename T>
bool values_close(const TensorView& a, const TensorView& b, float tolerance) {
  // Written so that what is not a number is far from everything.
  return std::ranges::equal(a.as<T>(), b.as<T>(),
                            [&](T x, T y) { return std::abs(x - y) <= static_cast<T>(tolerance); });
}

Result<bool> numbers_agree(Outputs a, Outputs b, float tolerance) {
  if (a.size() != b.size()) return false;
  for (const OutputTensor& output : a) {
    const OutputTensor* other = find(b, output.name);
    if (other == nullptr) return false;
    const TensorView x = output.tensor.view();
    const TensorView y = other->tensor.view();
    if (x.type != y.type || x.shape != y.shape) return false;
    if (x.type == DataType::kFloat32) {
      if (!values_close<float>(x, y, tolerance)) return false;
    } else if (x.type == DataType::kFloat64) {
      if (!values_close<double>(x, y, tolerance)) return false;
    } else if (is_integer(x.type)) {
      if (!std::ranges::equal(x.bytes, y.bytes)) return false;
    } else {
      return fail(ErrorCode::kTypeMismatch,
                  {"agreement about numbers cannot read the tensor '", output.name, "' of ", type_name(x.type)});
    }
  }
  return true;
}

struct Pair {
  float overlap = 0;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
};

// `box_a(i)` and `box_b(i)`: four corner values, x0, y0, x1, y1.
template <typename BoxA, typename BoxB>
bool pairs_cover(std::size_t count, BoxA box_a, BoxB box_b, float iou) {
  std::vector<Pair> pairs;
  for (std::uint32_t i = 0; i < count; ++i) {
    for (std::uint32_t k = 0; k < count; ++k) {
      const float overlap = intersection_over_union(box_a(i), box_b(k));
      if (overlap >= iou) pairs.push_back({overlap, i, k});
    }
  }
  std::ranges::sort(pairs, [](const Pair& x, const Pair& y) { return x.overlap > y.overlap; });
  std::vector<bool> taken(2 * count);
  std::size_t covered = 0;
  for (const Pair& pair : pairs) {
    if (taken[pair.a] || taken[count + pair.b]) continue;
    taken[pair.a] = taken[count + pair.b] = true;
    ++covered;
  }
  return covered == count;
}

Detection corners(const TensorView& table, std::size_t row) {
  const float* values = table.as<float>().data() + row * kDetectionColumns;
  return {values[0], values[1], values[2], values[3], values[kScoreColumn], {}};
}

}  // namespace

Result<Agreement> Agreement::make(const AgreementSpec& spec) {
  if (!(spec.iou > 0 && spec.iou <= 1)) {
    return fail(ErrorCode::kInvalidArgument, {"agree_when: iou is ", spec.iou, "; it must be above 0 and at most 1"});
  }
  if (!(spec.tolerance >= 0) || std::isinf(spec.tolerance)) {
    return fail(ErrorCode::kInvalidArgument, {"agree_when: tolerance is ", spec.tolerance, "; it must be at least 0"});
  }
  const auto found = std::ranges::find(kRuleNames, spec.rule);
  if (found == kRuleNames.end()) {
    std::string known;
    for (const std::string_view name : kRuleNames) append_text(known, {known.empty() ? "'" : ", '", name, "'"});
    return fail(ErrorCode::kNotFound, {"agree_when: there is no rule '", spec.rule, "'; there are ", known});
  }
  return Agreement(static_cast<Rule>(found - kRuleNames.begin()), spec);
}

Result<void> check_fits(const AgreementSpec& spec, const OutputSpec& output) {
  const bool detections = gives_detections(output);
  const bool reads_detections = spec.rule == "boxes" || spec.rule == "count" || spec.rule == "empty";
  if (spec.rule == "numbers" || reads_detections == detections) return {};
  return fail(ErrorCode::kInvalidArgument,
              {"agree_when: the rule '", spec.rule, "' cannot read what the decoder '", output.decoder,
               "' gives; rules that can: ", detections ? "empty, count, boxes" : "label, tokens", ", numbers"});
}

Result<void> check_fits(const AgreementSpec& spec, std::span<const model::TensorInfo> outputs) {
  const auto is_real = [](DataType type) { return type == DataType::kFloat32 || type == DataType::kFloat64; };
  const auto readable = [&](const model::TensorInfo& output) {
    if (output.type == DataType::kUndefined) return true;  // the model does not say
    if (spec.rule == "label") return output.type == DataType::kFloat32;
    if (spec.rule == "tokens") return is_integer(output.type);
    return is_real(output.type) || is_integer(output.type);
  };
  const bool reads_all = spec.rule == "numbers";  // label and tokens pick one
  if (reads_all ? std::ranges::all_of(outputs, readable) : std::ranges::any_of(outputs, readable)) return {};
  std::string given;
  for (const model::TensorInfo& output : outputs)
    append_text(given, {given.empty() ? "'" : ", '", output.name, "' of ", type_name(output.type)});
  return fail(ErrorCode::kTypeMismatch, {"agree_when: the rule '", spec.rule, "' reads ",
                                         reads_all              ? "float32, float64 and integer tensors"
                                         : spec.rule == "label" ? "a float32 tensor"
                                                                : "an integer tensor",
                                         "; the model gives ", given});
}

Result<bool> Agreement::agrees(std::span<const OutputTensor> a, std::span<const OutputTensor> b) const {
  switch (rule_) {
    case Rule::kLabel: return labels_agree(a, b);
    case Rule::kTokens: return tokens_agree(a, b);
    case Rule::kNumbers: return numbers_agree(a, b, tolerance_);
    case Rule::kEmpty:
    case Rule::kCount:
    case Rule::kBoxes: break;
  }
  const auto left = detections_of(a);
  if (!left) return fail(left.error());
  const auto right = detections_of(b);
  if (!right) return fail(right.error());
  const std::size_t count = row_count(*left);
  if (rule_ == Rule::kEmpty) return (count == 0) == (row_count(*right) == 0);
  if (count != row_count(*right)) return false;
  if (rule_ == Rule::kCount || count == 0) return true;
  return pairs_cover(
      count, [&](std::size_t row) { return corners(*left, row); },
      [&](std::size_t row) { return corners(*right, row); }, iou_);
}

std::span<const std::string_view> agreement_rules() { return kRuleNames; }

bool boxes_agree(std::span<const Detection> a, std::span<const Detection> b, float iou) {
  if (a.size() != b.size()) return false;
  return pairs_cover(
      a.size(), [&](std::size_t i) -> const Detection& { return a[i]; },
      [&](std::size_t i) -> const Detection& { return b[i]; }, iou);
}

float intersection_over_union(const Detection& a, const Detection& b) {
  const float width = std::min(a.x1, b.x1) - std::max(a.x0, b.x0);
  const float height = std::min(a.y1, b.y1) - std::max(a.y0, b.y0);
  if (!(width > 0) || !(height > 0)) return 0;
  const float common = width * height;
  const float both = (a.x1 - a.x0) * (a.y1 - a.y0) + (b.x1 - b.x0) * (b.y1 - b.y0) - common;
  const float share = common / both;
  return share >= 0 && share <= 1 ? share : 0;
}

}  // namespace sluice::output
