#include "tests/conformance/comparison.hpp"

#include <cmath>
#include <cstring>

#include "core/model/ops/type_dispatch.hpp"

namespace sluice::conformance {
namespace {

bool agree(double got, double expected, double relative, double absolute) {
  if (std::isnan(got) || std::isnan(expected)) return std::isnan(got) && std::isnan(expected);
  if (std::isinf(got) || std::isinf(expected)) return got == expected;
  return std::fabs(got - expected) <= absolute + relative * std::fabs(expected);
}

}  // namespace

std::string difference(const TensorView& got, const TensorView& expected, double relative, double absolute) {
  if (got.type != expected.type) {
    return "type " + std::string(type_name(got.type)) + ", expected " + std::string(type_name(expected.type));
  }
  if (got.shape != expected.shape) return "shape " + to_string(got.shape) + ", expected " + to_string(expected.shape);
  std::string text;
  const auto note = [&](std::size_t i, auto value, auto wanted) {
    if (text.empty()) {
      text = "element " + std::to_string(i) + " is " + std::to_string(value) + ", expected " + std::to_string(wanted);
    }
  };
  const bool is_float = model::ops::visit(got.type, model::ops::FloatTypes{}, [&]<typename T>() {
    const auto a = got.as<T>();
    const auto b = expected.as<T>();
    for (std::size_t i = 0; i < b.size(); ++i) {
      const auto value = static_cast<double>(a[i]);
      const auto wanted = static_cast<double>(b[i]);
      if (!agree(value, wanted, relative, absolute)) note(i, value, wanted);
    }
  });
  if (is_float) return text;
  const bool is_integer = model::ops::visit(got.type, model::ops::IntegerTypes{}, [&]<typename T>() {
    const auto a = got.as<T>();
    const auto b = expected.as<T>();
    for (std::size_t i = 0; i < b.size(); ++i) {
      if (a[i] != b[i]) note(i, a[i], b[i]);
    }
  });
  if (is_integer) return text;
  if (!expected.bytes.empty() && std::memcmp(got.bytes.data(), expected.bytes.data(), expected.bytes.size()) != 0) {
    return "the bytes differ";
  }
  return text;
}

}  // namespace sluice::conformance
