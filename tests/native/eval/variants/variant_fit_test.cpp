// What may stand in a model's place, and what is said where it may not.
#include "native/eval/variants/variant_fit.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace sluice;
using namespace sluice::eval;
using Tensors = std::vector<model::TensorInfo>;

namespace {

std::string said(const Tensors& model, const Tensors& variant, ErrorCode code) {
  const auto fits = check_tensors("output", model, variant);
  REQUIRE_FALSE(fits.has_value());
  CHECK(fits.error().code == code);
  return fits.error().message;
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("names of variants are those that a manifest takes") {
  CHECK(check_variant_name("width-0125").has_value());
  for (const char* name : {"", "Small", "a.b", "a b", "caf\xC3\xA9"}) {
    CAPTURE(name);
    REQUIRE_FALSE(check_variant_name(name).has_value());
    CHECK(check_variant_name(name).error().code == ErrorCode::kInvalidArgument);
  }
  CHECK(check_variant_name(std::string(64, 'a')).has_value());
  CHECK_FALSE(check_variant_name(std::string(65, 'a')).has_value());
}

TEST_CASE("tensors fit by order, name, type and dimensions, and what differs is named") {
  const Tensors model = {{"logits", DataType::kFloat32, {-1, 10}}};
  CHECK(check_tensors("output", model, model).has_value());
  const std::string name = said(model, {{"scores", DataType::kFloat32, {-1, 10}}}, ErrorCode::kNotFound);
  CHECK_MESSAGE((holds(name, "'scores'") && holds(name, "'logits'")), name);
  const std::string type = said(model, {{"logits", DataType::kInt64, {-1, 10}}}, ErrorCode::kTypeMismatch);
  CHECK_MESSAGE((holds(type, "int64") && holds(type, "float32")), type);
  const std::string dims = said(model, {{"logits", DataType::kFloat32, {1, 10}}}, ErrorCode::kShapeMismatch);
  CHECK_MESSAGE((holds(dims, "[1, 10]") && holds(dims, "[?, 10]")), dims);
  const std::string more = said(model, {model[0], model[0]}, ErrorCode::kShapeMismatch);
  CHECK_MESSAGE((holds(more, "2 outputs") && holds(more, "has 1")), more);
  const std::string none = said(model, {}, ErrorCode::kShapeMismatch);
  CHECK_MESSAGE(holds(none, "none"), none);
}
