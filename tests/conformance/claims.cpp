#include "tests/conformance/claims.hpp"

#include <rapidjson/document.h>

#include <algorithm>

namespace sluice::conformance {
namespace {

// A case that is not a failure counts as passed: it did what the claims say.
void check(Judgement& judgement, bool good, const std::string& failure) {
  if (good) ++judgement.passed;
  else judgement.failures.push_back(failure);
}

std::string label(const TestCase& test) { return test.suite + "/" + test.name; }

void judge_single(Judgement& judgement, const Claims& claims, const CaseResult& result, const std::string& op) {
  const std::string name = label(*result.test);
  const auto part = claims.in_part.find(op);
  const bool excepted = part != claims.in_part.end() && part->second.except.contains(result.test->name);
  if (claims.has(op) && !excepted) {
    check(judgement, result.passed(), name + ": " + op + " is claimed, but: " + result.reason());
  } else if (excepted) {
    check(judgement, result.refused(),
          name + ": " + op + " lists it as an exception, which must be refused; it " +
              (result.passed() ? "passes" : "fails: " + result.reason()));
  } else {
    check(judgement, result.refused(),
          name + ": " + op + " is not claimed and must be refused; it " +
              (result.passed() ? "passes" : "fails: " + result.reason()));
  }
}

// Whether a row of the table takes the operator at this opset.
bool is_listed(model::OperatorSet plain, const std::string& op, std::int64_t opset) {
  return std::ranges::any_of(plain, [&](const model::OperatorEntry& row) {
    return row.op_type == op && row.since_opset <= opset && opset <= row.until_opset;
  });
}

void judge_composite(Judgement& judgement, const Claims& claims, model::OperatorSet plain, const CaseResult& result) {
  const std::string name = label(*result.test);
  const auto& operators = result.test->outline.operators;
  const bool claimed = std::ranges::all_of(operators, [&](const std::string& op) {
    return claims.has(op) && is_listed(plain, op, result.test->outline.opset);
  });
  const auto exception = claims.models_except.find(result.test->name);
  if (exception != claims.models_except.end()) {
    check(judgement, result.refused(),
          name + ": excepted (" + exception->second + "), which must be refused; it " +
              (result.passed() ? "passes" : "fails: " + result.reason()));
  } else if (claimed) {
    check(judgement, result.passed(), name + ": all its operators are claimed, but: " + result.reason());
  } else {
    check(judgement, result.passed() || result.refused(),
          name + ": it must pass or be refused, but: " + result.reason());
  }
}

}  // namespace

Result<Claims> read_claims(std::string_view json) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject() || !document.HasMember("operators") ||
      !document["operators"].IsArray() || !document.HasMember("in_part") || !document["in_part"].IsObject() ||
      !document.HasMember("models_except") || !document["models_except"].IsObject()) {
    return fail(ErrorCode::kMalformedManifest, "claimed.json is not JSON with operators, in_part and models_except");
  }
  Claims claims;
  for (const auto& op : document["operators"].GetArray()) claims.whole.insert(op.GetString());
  for (const auto& [name, value] : document["in_part"].GetObject()) {
    PartialClaim part;
    part.without = value["without"].GetString();
    for (const auto& test : value["except"].GetArray()) part.except.insert(test.GetString());
    claims.in_part.emplace(name.GetString(), std::move(part));
  }
  for (const auto& [name, value] : document["models_except"].GetObject()) {
    claims.models_except.emplace(name.GetString(), value.GetString());
  }
  return claims;
}

bool CaseResult::passed() const {
  return std::ranges::all_of(verdicts, [](const Verdict& verdict) { return verdict.outcome == Outcome::kPassed; });
}

bool CaseResult::refused() const {
  return std::ranges::all_of(verdicts, [](const Verdict& verdict) { return verdict.outcome == Outcome::kRefused; });
}

std::string CaseResult::reason() const {
  // Wrong values say more than a refusal.
  for (Outcome wanted : {Outcome::kFailed, Outcome::kRefused}) {
    for (const Verdict& verdict : verdicts) {
      if (verdict.outcome == wanted) return verdict.reason;
    }
  }
  return "";
}

Judgement judge(const Claims& claims, model::OperatorSet plain, std::span<const CaseResult> results) {
  Judgement judgement;
  std::set<std::string> supported;
  for (const model::OperatorEntry& row : plain) supported.emplace(row.op_type);
  std::set<std::string> tested;
  std::set<std::string> names;
  for (const CaseResult& result : results) {
    names.insert(result.test->name);
    if (result.test->is_single()) {
      const std::string& op = result.test->outline.first_operator;
      tested.insert(op);
      judge_single(judgement, claims, result, op);
    } else {
      judge_composite(judgement, claims, plain, result);
    }
  }
  for (const std::string& op : supported) {
    check(judgement, claims.has(op), op + " is supported but not claimed");
  }
  const auto check_claim = [&](const std::string& op) {
    check(judgement, supported.contains(op), op + " is claimed but not supported");
    check(judgement, tested.contains(op), op + " is claimed but has no node test");
  };
  for (const std::string& op : claims.whole) {
    check_claim(op);
    check(judgement, !claims.in_part.contains(op), op + " is claimed twice");
  }
  for (const auto& [op, part] : claims.in_part) {
    check_claim(op);
    for (const std::string& name : part.except) {
      check(judgement, names.contains(name), op + " excepts " + name + ", which does not exist");
    }
  }
  for (const auto& [name, reason] : claims.models_except) {
    check(judgement, names.contains(name), "models_except names " + name + ", which does not exist");
  }
  return judgement;
}

}  // namespace sluice::conformance
