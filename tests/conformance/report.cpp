#include "tests/conformance/report.hpp"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <algorithm>

namespace sluice::conformance {
namespace {

using Writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

struct Summary {
  std::size_t tests = 0;
  std::size_t passed = 0;
  std::set<std::int64_t> opsets;
};

Summary summary_of(const std::string& op, std::span<const CaseResult> results) {
  Summary summary;
  for (const CaseResult& result : results) {
    if (!result.test->is_single() || result.test->outline.first_operator != op) continue;
    ++summary.tests;
    if (result.passed()) ++summary.passed;
    summary.opsets.insert(result.test->outline.opset);
  }
  return summary;
}

bool has_other_engine(std::string_view op, model::OperatorSet all, model::OperatorSet plain) {
  const auto rows_of = [&](model::OperatorSet set) {
    return std::ranges::count(set, op, &model::OperatorEntry::op_type);
  };
  return rows_of(all) > rows_of(plain);
}

void write_operator(Writer& writer, const std::string& op, const Claims& claims, std::span<const CaseResult> results,
                    model::OperatorSet all, model::OperatorSet plain) {
  const Summary summary = summary_of(op, results);
  std::int64_t since = model::kMaxOpset;
  std::int64_t until = 0;
  for (const model::OperatorEntry& row : plain) {
    if (row.op_type != op) continue;
    since = std::min(since, row.since_opset);
    until = std::max(until, row.until_opset);
  }
  const auto part = claims.in_part.find(op);
  writer.StartObject();
  writer.Key("name");
  writer.String(op.c_str());
  writer.Key("claim");
  writer.String(part != claims.in_part.end() ? "part" : claims.whole.contains(op) ? "whole" : "none");
  writer.Key("without");
  writer.String(part != claims.in_part.end() ? part->second.without.c_str() : "");
  writer.Key("since_opset");
  writer.Int64(since);
  writer.Key("until_opset");
  writer.Int64(until);
  writer.Key("tests");
  writer.Uint64(summary.tests);
  writer.Key("passed");
  writer.Uint64(summary.passed);
  writer.Key("tested_opsets");
  writer.StartArray();
  for (std::int64_t opset : summary.opsets) writer.Int64(opset);
  writer.EndArray();
  writer.Key("engines");
  writer.StartArray();
  writer.String("plain");
  if (has_other_engine(op, all, plain)) writer.String("XNNPACK");
  writer.EndArray();
  writer.EndObject();
}

}  // namespace

std::string report_json(const Claims& claims, std::span<const CaseResult> results, model::OperatorSet all,
                        model::OperatorSet plain) {
  std::set<std::string> operators;
  for (const model::OperatorEntry& row : plain) operators.emplace(row.op_type);
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  writer.Key("tolerance");
  writer.StartObject();
  writer.Key("relative");
  writer.Double(kRelativeTolerance);
  writer.Key("absolute");
  writer.Double(kAbsoluteTolerance);
  writer.EndObject();
  std::size_t models = 0;
  std::size_t passed = 0;
  std::size_t refused = 0;
  for (const CaseResult& result : results) {
    if (result.test->is_single()) continue;
    ++models;
    if (result.passed()) ++passed;
    else if (result.refused()) ++refused;
  }
  writer.Key("models");
  writer.StartObject();
  writer.Key("tests");
  writer.Uint64(models);
  writer.Key("passed");
  writer.Uint64(passed);
  writer.Key("refused");
  writer.Uint64(refused);
  writer.EndObject();
  writer.Key("operators");
  writer.StartArray();
  for (const std::string& op : operators) write_operator(writer, op, claims, results, all, plain);
  writer.EndArray();
  writer.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

}  // namespace sluice::conformance
