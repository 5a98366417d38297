// Einsum: a sum of products of one or two tensors, written as an equation such as "bij,bjk->bik". Supports "...", repeated
// labels (diagonals) and the implicit form without an arrow.
#include <algorithm>
#include <array>
#include <cctype>

#include "core/model/ops/factories.hpp"
#include "core/model/ops/plain_kernel.hpp"
#include "core/model/ops/strided_walk.hpp"

namespace sluice::model::ops {
namespace {

using Labels = std::string;  // one character for each axis; an ellipsis is expanded to digits, the last axis first
constexpr std::size_t kMostTerms = 2;

struct Equation {
  std::vector<std::string> terms;
  std::string result;
  bool explicit_result = false;
};

Result<Equation> parse(std::string_view text) {
  std::string compact;
  for (char c : text) {
    if (c != ' ') compact += c;
  }
  Equation equation;
  const std::size_t arrow = compact.find("->");
  equation.explicit_result = arrow != std::string::npos;
  if (equation.explicit_result) equation.result = compact.substr(arrow + 2);
  std::string left = compact.substr(0, arrow);
  while (true) {
    const std::size_t comma = left.find(',');
    equation.terms.push_back(left.substr(0, comma));
    if (comma == std::string::npos) break;
    left = left.substr(comma + 1);
  }
  return equation;
}

// The term's labels with its ellipsis expanded to `rank` axes in all.
Result<Labels> expand(const std::string& term, std::size_t rank) {
  const std::size_t dots = term.find("...");
  std::string letters = term;
  if (dots != std::string::npos) letters.erase(dots, 3);
  const bool valid =
      std::ranges::all_of(letters, [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; });
  if (!valid || letters.size() > rank || (dots == std::string::npos && letters.size() != rank)) {
    return fail(ErrorCode::kInvalidGraph,
                {"the term '", term, "' does not describe a tensor with ", rank, " dimensions"});
  }
  Labels labels = letters;
  for (std::size_t i = 0; i < rank - letters.size(); ++i) {
    labels.insert(dots, 1, static_cast<char>('0' + i));
  }
  return labels;
}

class EinsumKernel final : public PlainKernel {
 public:
  EinsumKernel(const KernelContext& context, Equation equation)
      : PlainKernel(context), equation_(std::move(equation)) {}

  Result<void> reshape(Inputs inputs, Specs outputs) override {
    if (!contains(inputs[0].type, NumericTypes{})) return refuse_type("input", inputs[0].type, "float32");
    std::array<Labels, kMostTerms> terms;
    std::string order;  // all labels, in order of appearance
    std::vector<std::int64_t> sizes;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (auto same = check_same_type("an input", inputs[i].type, inputs[0].type); !same) return same;
      auto labels = expand(equation_.terms[i], inputs[i].shape.rank());
      if (!labels) return fail(labels.error());
      for (std::size_t axis = 0; axis < labels->size(); ++axis) {
        const std::int64_t size = inputs[i].shape[axis];
        const std::size_t known = order.find((*labels)[axis]);
        if (known == std::string::npos) {
          order += (*labels)[axis];
          sizes.push_back(size);
        } else if (sizes[known] == 1) {
          sizes[known] = size;
        } else if (size != 1 && size != sizes[known]) {
          return fail(ErrorCode::kInvalidGraph,
                      {"label '", (*labels)[axis], "' has the sizes ", sizes[known], " and ", size});
        }
      }
      terms[i] = std::move(*labels);
    }
    const auto result = result_labels(order, terms);
    if (!result) return fail(result.error());
    return plan(inputs, terms, order, sizes, *result, outputs[0]);
  }

  Result<void> run(Inputs inputs, Outputs outputs) override {
    visit(inputs[0].type, NumericTypes{}, [&]<typename T>() {
      using A = std::conditional_t<std::is_integral_v<T>, std::uint64_t, double>;
      const T* a = inputs[0].as<T>().data();
      const T* b = inputs.size() > 1 ? inputs[1].as<T>().data() : nullptr;
      T* y = outputs[0].as<T>().data();
      kept_.for_each([&](const auto& at) {
        A sum{};
        summed_.for_each([&](const auto& step) {
          const A left = static_cast<A>(a[at[1] + step[0]]);
          sum += b != nullptr ? left * static_cast<A>(b[at[2] + step[1]]) : left;
        });
        y[at[0]] = static_cast<T>(sum);
      });
    });
    return {};
  }

 private:
  Result<Labels> result_labels(const std::string& order, const std::array<Labels, kMostTerms>& terms) const {
    Labels result;
    std::string ellipsis;
    for (char c : order) {
      if (std::isdigit(static_cast<unsigned char>(c)) != 0) ellipsis += c;
    }
    std::ranges::sort(ellipsis, std::greater{});
    if (equation_.explicit_result) {
      result = equation_.result;
      const std::size_t dots = result.find("...");
      if (dots != std::string::npos) result.replace(dots, 3, ellipsis);
    } else {
      // Labels that appear once, in alphabetical order, after the ellipsis.
      std::string all;
      for (const Labels& term : terms) all += term;
      for (char c : order) {
        if (std::isalpha(static_cast<unsigned char>(c)) != 0 && std::ranges::count(all, c) == 1) result += c;
      }
      std::ranges::sort(result);
      result = ellipsis + result;
    }
    for (char c : result) {
      if (order.find(c) == std::string::npos || std::ranges::count(result, c) != 1) {
        return fail(ErrorCode::kInvalidGraph, {"the result '", equation_.result, "' has an unknown or repeated label"});
      }
    }
    return result;
  }

  Result<void> plan(Inputs inputs, const std::array<Labels, kMostTerms>& terms, const std::string& order,
                    const std::vector<std::int64_t>& sizes, const Labels& result, OutputSpec& output) {
    // How far each label moves in each input; a repeated label moves along the diagonal.
    std::vector<std::array<std::ptrdiff_t, kMostTerms>> moves(order.size(), {0, 0});
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Strides strides = row_major_strides(inputs[i].shape);
      for (std::size_t axis = 0; axis < terms[i].size(); ++axis) {
        if (inputs[i].shape[axis] != 1) moves[order.find(terms[i][axis])][i] += strides[axis];
      }
    }
    std::vector<std::int64_t> dims;
    std::vector<std::int64_t> summed;
    std::array<Strides, 3> kept_strides{};
    std::array<Strides, 2> summed_strides{};
    for (char label : result) {
      const std::size_t at = order.find(label);
      kept_strides[1][dims.size()] = moves[at][0];
      kept_strides[2][dims.size()] = moves[at][1];
      dims.push_back(sizes[at]);
      if (dims.size() == Shape::kMaxRank) break;
    }
    for (std::size_t at = 0; at < order.size(); ++at) {
      if (result.find(order[at]) != std::string::npos) continue;
      if (summed.size() == Shape::kMaxRank)
        return fail(ErrorCode::kUnsupportedOperator, "it sums over too many labels");
      summed_strides[0][summed.size()] = moves[at][0];
      summed_strides[1][summed.size()] = moves[at][1];
      summed.push_back(sizes[at]);
    }
    if (result.size() > Shape::kMaxRank) return fail(ErrorCode::kUnsupportedOperator, "its result has too many labels");
    const auto shape = bounded_shape(std::span<const std::int64_t>(dims), inputs[0].type);
    if (!shape) return fail(shape.error());
    output = {inputs[0].type, *shape};
    kept_strides[0] = row_major_strides(*shape);
    kept_ = StridedWalk<3>(*shape, kept_strides);
    summed_ = StridedWalk<2>(*Shape::make(summed), summed_strides);
    return {};
  }

  Equation equation_;
  StridedWalk<3> kept_;    // output and inputs, over the result's labels
  StridedWalk<2> summed_;  // inputs, over the labels that are summed away
};

}  // namespace

MadeKernel make_einsum(const Node& node, const KernelContext& context) {
  if (node.inputs.size() > kMostTerms) {
    return fail(ErrorCode::kUnsupportedOperator,
                {"it has ", node.inputs.size(), " operands; at most 2 are supported, split the equation"});
  }
  if (auto checked = check_arity(node, std::max<std::size_t>(node.inputs.size(), 1), kMostTerms); !checked) {
    return fail(checked.error());
  }
  auto equation = parse(node.string_or("equation", ""));
  if (!equation) return fail(equation.error());
  if (equation->terms.size() != node.inputs.size()) {
    return fail(ErrorCode::kInvalidGraph,
                {"the equation has ", equation->terms.size(), " terms for ", node.inputs.size(), " inputs"});
  }
  return std::make_unique<EinsumKernel>(context, std::move(*equation));
}

}  // namespace sluice::model::ops
