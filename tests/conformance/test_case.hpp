// One case of ONNX's backend tests: a folder with model.onnx and data sets of inputs and expected outputs as TensorProtos.
// A case runs in several ways; the first way that fails gives the outcome. Reads files; used by one thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/model/kernel.hpp"
#include "tests/conformance/model_outline.hpp"

namespace sluice::conformance {

enum class Outcome {
  kPassed,
  kRefused,  // a typed error that says the model, an operator, its form or a type is not supported
  kFailed    // anything else: wrong values, another error, unreadable data
};

struct Verdict {
  Outcome outcome = Outcome::kFailed;
  std::string reason;  // empty when passed
};

// A way to run a model.
struct Way {
  std::string name;
  model::OperatorSet operators;
  bool optimize = false;
};

struct TestCase {
  std::string suite;  // "node"
  std::string name;   // "test_abs"
  std::filesystem::path folder;
  std::vector<std::byte> model;
  ModelOutline outline;

  // A test of one operator, rather than of the several that its model is made of.
  bool is_single() const {
    return outline.nodes == 1 && name.find("_expanded") == std::string::npos && suite == "node";
  }
};

// The cases of a suite, in alphabetical order.
std::vector<TestCase> read_suite(const std::filesystem::path& data, const std::string& suite);

// Runs every data set of the case. Outputs are compared as ONNX's own backend test compares them: types and shapes equal,
// floating point within |got - expected| <= kAbsoluteTolerance + kRelativeTolerance * |expected|, all else exactly.
inline constexpr double kRelativeTolerance = 1e-3;
inline constexpr double kAbsoluteTolerance = 1e-7;
Verdict run_case(const TestCase& test, const Way& way);

}  // namespace sluice::conformance
