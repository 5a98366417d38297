// What is claimed of operators (claimed.json), and whether a conformance run bears it out. An operator is claimed when every
// node test of it passes; claimed in part when those pass that are not listed as exceptions, and the exceptions are refused.
// Plain data; failures are texts for people.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "tests/conformance/test_case.hpp"

namespace sluice::conformance {

struct PartialClaim {
  std::string without;           // what is left out, for the table: "strings"
  std::set<std::string> except;  // the tests of it
};

struct Claims {
  std::set<std::string> whole;
  std::map<std::string, PartialClaim> in_part;
  std::map<std::string, std::string> models_except;  // tests of several operators that may fail, with the reason

  bool has(const std::string& op) const { return whole.contains(op) || in_part.contains(op); }
};

Result<Claims> read_claims(std::string_view json);

// A case and what came of it in every way.
struct CaseResult {
  const TestCase* test = nullptr;
  std::vector<Verdict> verdicts;  // in the order of the ways

  bool passed() const;
  bool refused() const;        // in every way
  std::string reason() const;  // the first that is not empty
};

struct Judgement {
  std::size_t passed = 0;
  std::vector<std::string> failures;
};

// `plain`: the table of kernels, which says what is supported from which opset on.
Judgement judge(const Claims& claims, model::OperatorSet plain, std::span<const CaseResult> results);

}  // namespace sluice::conformance
