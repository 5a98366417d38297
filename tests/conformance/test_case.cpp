#include "tests/conformance/test_case.hpp"

#include <algorithm>
#include <exception>
#include <fstream>
#include <iterator>

#include "core/model/model.hpp"
#include "core/model/onnx_tensor.hpp"
#include "tests/conformance/comparison.hpp"

namespace sluice::conformance {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLimitBytes = std::size_t{256} << 20;

std::vector<std::byte> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

Result<Tensor> read_tensor_file(const fs::path& path) {
  const std::vector<std::byte> bytes = read_file(path);
  if (bytes.empty()) return fail(ErrorCode::kIoError, "'" + path.string() + "' is missing or empty");
  try {
    const protozero::data_view message(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    auto read = model::onnx::read_tensor(message, bytes, kLimitBytes);
    if (!read) return fail(read.error());
    return read->owned ? Result<Tensor>(std::move(*read->owned)) : Tensor::copy_of(read->view);
  } catch (const std::exception& error) {
    return fail(ErrorCode::kIoError, "'" + path.string() + "' is no TensorProto: " + error.what());
  }
}

bool is_refusal(ErrorCode code) {
  return code == ErrorCode::kUnsupportedOperator || code == ErrorCode::kUnsupportedOpset ||
         code == ErrorCode::kUnsupportedType;
}

Verdict verdict_of(const Error& error) {
  return {is_refusal(error.code) ? Outcome::kRefused : Outcome::kFailed, describe(error)};
}

fs::path numbered(const fs::path& folder, std::string_view kind, std::size_t index) {
  return folder / (std::string(kind) + "_" + std::to_string(index) + ".pb");
}

Verdict run_data_set(model::Model& model, const fs::path& folder) {
  std::vector<Tensor> inputs;
  std::vector<TensorView> views;
  for (std::size_t i = 0; i < model.inputs().size(); ++i) {
    auto tensor = read_tensor_file(numbered(folder, "input", i));
    if (!tensor) return verdict_of(tensor.error());
    inputs.push_back(std::move(*tensor));
    views.push_back(inputs.back().view());
  }
  // Twice: the second run meets buffers that are already planned and used.
  for (int repetition = 0; repetition < 2; ++repetition) {
    if (auto done = model.run(views); !done) return verdict_of(done.error());
    for (std::size_t i = 0; i < model.outputs().size(); ++i) {
      const auto expected = read_tensor_file(numbered(folder, "output", i));
      if (!expected) return verdict_of(expected.error());
      const std::string text = difference(model.output(i), expected->view(), kRelativeTolerance, kAbsoluteTolerance);
      if (!text.empty()) return {Outcome::kFailed, "output " + std::to_string(i) + ": " + text};
    }
  }
  return {Outcome::kPassed, {}};
}

}  // namespace

std::vector<TestCase> read_suite(const fs::path& data, const std::string& suite) {
  std::vector<TestCase> cases;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(data / suite, ignored)) {
    TestCase test;
    test.suite = suite;
    test.name = entry.path().filename().string();
    test.folder = entry.path();
    test.model = read_file(test.folder / "model.onnx");
    if (test.model.empty()) continue;
    test.outline = outline_of(test.model);
    cases.push_back(std::move(test));
  }
  std::ranges::sort(cases, {}, &TestCase::name);
  return cases;
}

Verdict run_case(const TestCase& test, const Way& way) {
  model::LoadOptions options;
  options.operators = way.operators;
  options.optimize = way.optimize;
  auto model = model::Model::load(test.model, options);
  if (!model) return verdict_of(model.error());
  std::size_t sets = 0;
  for (;; ++sets) {
    const fs::path folder = test.folder / ("test_data_set_" + std::to_string(sets));
    std::error_code ignored;
    if (!fs::exists(folder, ignored)) break;
    if (const Verdict verdict = run_data_set(*model, folder); verdict.outcome != Outcome::kPassed) return verdict;
  }
  if (sets == 0) return {Outcome::kFailed, "it has no data"};
  return {Outcome::kPassed, {}};
}

}  // namespace sluice::conformance
