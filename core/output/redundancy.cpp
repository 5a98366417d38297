#include "core/output/redundancy.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "core/output/detection.hpp"

namespace sluice::output {

class RedundancyRule::Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<RedundancyRule> parse() {
    RedundancyRule rule;
    bool starts_term = true;
    for (;;) {
      if (rule.comparisons_.size() == kMaxComparisons) {
        return expected(join_text({"the end; a rule has at most ", kMaxComparisons, " comparisons"}));
      }
      auto comparison = parse_comparison();
      if (!comparison) return fail(comparison.error());
      comparison->starts_term = starts_term;
      rule.comparisons_.push_back(*comparison);
      skip_spaces();
      if (position_ == text_.size()) return rule;
      const std::size_t before = position_;
      const std::string_view joint = word();
      if (joint != "and" && joint != "or") {
        position_ = before;
        return expected("'and', 'or' or the end");
      }
      starts_term = joint == "or";
    }
  }

 private:
  Result<Comparison> parse_comparison() {
    Comparison comparison;
    skip_spaces();
    const std::size_t before = position_;
    const std::string_view field = word();
    if (field == "count") {
      comparison.field = Field::kCount;
    } else if (field == "max_score") {
      comparison.field = Field::kMaxScore;
    } else {
      position_ = before;
      return expected("'count' or 'max_score'");
    }

    skip_spaces();
    struct Operator {
      std::string_view text;
      Compare compare;
    };
    // The longer ones first: "<=" is not "<".
    constexpr std::array operators = {Operator{"==", Compare::kEqual},     Operator{"!=", Compare::kNotEqual},
                                      Operator{"<=", Compare::kLessEqual}, Operator{">=", Compare::kGreaterEqual},
                                      Operator{"<", Compare::kLess},       Operator{">", Compare::kGreater}};
    const auto found = std::ranges::find_if(
        operators, [&](const Operator& candidate) { return text_.substr(position_).starts_with(candidate.text); });
    if (found == operators.end()) return expected("one of == != < <= > >=");
    position_ += found->text.size();
    comparison.compare = found->compare;

    skip_spaces();
    const auto number = parse_number();
    if (!number) return expected("a number such as 0 or 0.5");
    comparison.number = *number;
    return comparison;
  }

  // Digits, optionally with a fraction; by hand, since not every standard library has from_chars for double.
  std::optional<double> parse_number() {
    const std::size_t begin = position_;
    const auto digits = [&](double& value, double& unit) {
      const std::size_t first = position_;
      for (; position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9'; ++position_) {
        value = value * 10 + (text_[position_] - '0');
        unit *= 10;
      }
      return position_ - first;
    };
    double value = 0;
    double unit = 1;
    const std::size_t whole = digits(value, unit);
    unit = 1;
    std::size_t fraction = 0;
    if (position_ < text_.size() && text_[position_] == '.') {
      ++position_;
      fraction = digits(value, unit);
    }
    const bool ends = position_ == text_.size() || is_space(text_[position_]);
    if (whole == 0 || whole + fraction > 15 || !ends || (fraction == 0 && text_[position_ - 1] == '.')) {
      position_ = begin;
      return std::nullopt;
    }
    return value / unit;
  }

  std::string_view word() {
    const std::size_t begin = position_;
    while (position_ < text_.size() &&
           ((text_[position_] >= 'a' && text_[position_] <= 'z') || text_[position_] == '_')) {
      ++position_;
    }
    return text_.substr(begin, position_ - begin);
  }

  static bool is_space(char c) { return c == ' ' || c == '\t'; }
  void skip_spaces() {
    while (position_ < text_.size() && is_space(text_[position_])) ++position_;
  }

  Failure expected(std::string_view what) const {
    constexpr std::size_t shown = 120;
    const std::string rule(text_.substr(0, shown));
    return fail(ErrorCode::kInvalidArgument, {"the rule '", rule, (text_.size() > shown ? "...' " : "' "),
                                              "is not understood at column ", position_ + 1, ": expected ", what});
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

Result<RedundancyRule> RedundancyRule::parse(std::string_view text) { return Parser(text).parse(); }

bool RedundancyRule::redundant(double count, double max_score) const {
  const auto holds = [&](const Comparison& comparison) {
    const double value = comparison.field == Field::kCount ? count : max_score;
    switch (comparison.compare) {
      case Compare::kEqual: return value == comparison.number;
      case Compare::kNotEqual: return value != comparison.number;
      case Compare::kLess: return value < comparison.number;
      case Compare::kLessEqual: return value <= comparison.number;
      case Compare::kGreater: return value > comparison.number;
      case Compare::kGreaterEqual: return value >= comparison.number;
    }
    return false;
  };
  bool term = false;
  for (const Comparison& comparison : comparisons_) {
    if (comparison.starts_term && term) return true;
    term = (comparison.starts_term || term) && holds(comparison);
  }
  return term;
}

Result<bool> RedundancyRule::redundant(std::span<const OutputTensor> result) const {
  const auto found = std::ranges::find(result, kDetectionsName, &OutputTensor::name);
  if (found == result.end()) {
    std::string names;
    for (const OutputTensor& output : result) names += (names.empty() ? "" : ", ") + output.name;
    return fail(ErrorCode::kNotFound,
                {"a redundancy rule needs a result with a tensor '", kDetectionsName, "'; it has: ", names});
  }
  const TensorView table = found->tensor.view();
  if (auto checked = check_detections(table); !checked) return fail(checked.error());
  double max_score = 0;
  const auto values = table.as<float>();
  for (std::size_t row = 0; row < values.size(); row += kDetectionColumns) {
    max_score = std::max(max_score, double{values[row + kScoreColumn]});
  }
  return redundant(static_cast<double>(values.size() / kDetectionColumns), max_score);
}

}  // namespace sluice::output
