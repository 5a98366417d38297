#include "core/model/ops/recurrent_activation.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <string>

namespace sluice::model::ops {
namespace {

struct Row {
  std::string_view name;
  RecurrentActivation activation;
};

constexpr std::array<Row, 11> kRows{{
    {"affine", {[](float x, float alpha, float beta) { return alpha * x + beta; }, 1.0F, 0.0F}},
    {"elu", {[](float x, float alpha, float) { return x < 0 ? alpha * std::expm1(x) : x; }, 1.0F, 0.0F}},
    {"hardsigmoid",
     {[](float x, float alpha, float beta) { return std::clamp(alpha * x + beta, 0.0F, 1.0F); }, 0.2F, 0.5F}},
    {"leakyrelu", {[](float x, float alpha, float) { return x < 0 ? alpha * x : x; }, 0.01F, 0.0F}},
    {"relu", {[](float x, float, float) { return x < 0 ? 0.0F : x; }, 0.0F, 0.0F}},
    {"scaledtanh", {[](float x, float alpha, float beta) { return alpha * std::tanh(beta * x); }, 1.0F, 1.0F}},
    {"sigmoid", {[](float x, float, float) { return 1 / (1 + std::exp(-x)); }, 0.0F, 0.0F}},
    {"softplus",
     {[](float x, float, float) { return std::max(x, 0.0F) + std::log1p(std::exp(-std::fabs(x))); }, 0.0F, 0.0F}},
    {"softsign", {[](float x, float, float) { return x / (1 + std::fabs(x)); }, 0.0F, 0.0F}},
    {"tanh", {[](float x, float, float) { return std::tanh(x); }, 0.0F, 0.0F}},
    {"thresholdedrelu", {[](float x, float alpha, float) { return x > alpha ? x : 0.0F; }, 1.0F, 0.0F}},
}};

}  // namespace

Result<RecurrentActivation> RecurrentActivation::named(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto* row = std::ranges::find(kRows, std::string_view(lower), &Row::name);
  if (row != kRows.end()) return row->activation;
  return fail(ErrorCode::kUnsupportedOperator, {"activation '", name, "' is unknown"});
}

}  // namespace sluice::model::ops
