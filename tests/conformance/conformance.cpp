// Runs ONNX's backend tests (Debian's libonnx-testdata) on the plain kernels, on all kernels and on all kernels behind the
// passes, and judges the result by the claims. Prints each failure and ends with `N passed, N failed`; exits 1 on failures.
//   conformance --data DIR --claims claimed.json [--report FILE] [--only TEST]
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>

#include "core/model/ops/onnx_operators.hpp"
#include "tests/conformance/report.hpp"

namespace {

using namespace sluice;
using namespace sluice::conformance;

int usage() {
  std::fputs("usage: conformance --data DIR --claims FILE [--report FILE] [--only TEST]\n", stderr);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> options;
  for (int i = 1; i + 1 < argc; i += 2) options[argv[i]] = argv[i + 1];
  if (!options.contains("--data") || !options.contains("--claims")) return usage();
  std::ifstream file(options["--claims"]);
  const std::string json{std::istreambuf_iterator<char>(file), {}};
  const auto claims = read_claims(json);
  if (!claims) {
    std::fprintf(stderr, "%s\n", describe(claims.error()).c_str());
    return 2;
  }

  const std::vector<Way> ways{{"plain", model::ops::onnx_operators(), false},
                              {"as written", model::all_operators(), false},
                              {"optimised", model::all_operators(), true}};
  std::vector<TestCase> tests;
  for (const char* suite : {"node", "simple", "pytorch-converted", "pytorch-operator"}) {
    for (TestCase& test : read_suite(options["--data"], suite)) {
      if (!options.contains("--only") || test.name == options["--only"]) tests.push_back(std::move(test));
    }
  }
  if (tests.empty()) {
    std::fprintf(stderr, "'%s' holds no tests; install libonnx-testdata\n", options["--data"].c_str());
    return 2;
  }
  std::vector<CaseResult> results;
  for (const TestCase& test : tests) {
    CaseResult result;
    result.test = &test;
    for (const Way& way : ways) {
      result.verdicts.push_back(run_case(test, way));
      if (!result.verdicts.back().reason.empty()) result.verdicts.back().reason += " (" + way.name + ")";
    }
    if (options.contains("--only")) {
      std::printf("%s: %s\n", test.name.c_str(), result.passed() ? "passed" : result.reason().c_str());
    }
    results.push_back(std::move(result));
  }

  if (options.contains("--only")) return results.front().passed() ? 0 : 1;
  const Judgement judgement = judge(*claims, model::ops::onnx_operators(), results);
  for (const std::string& failure : judgement.failures) std::printf("FAILED %s\n", failure.c_str());
  if (options.contains("--report")) {
    std::ofstream report(options["--report"], std::ios::binary);
    report << report_json(*claims, results, model::all_operators(), model::ops::onnx_operators());
    if (!report.flush()) {
      std::fprintf(stderr, "'%s' cannot be written\n", options["--report"].c_str());
      return 2;
    }
  }
  std::printf("%zu passed, %zu failed\n", judgement.passed, judgement.failures.size());
  return judgement.failures.empty() ? 0 : 1;
}
