#include "native/simulate/selection/selection_report.hpp"

#include <array>
#include <cstdio>

namespace sluice::simulate {
namespace {

template <typename... Values>
void append(std::string& text, const char* format, Values... values) {
  std::array<char, 256> piece{};
  std::snprintf(piece.data(), piece.size(), format, values...);
  text += piece.data();
}

constexpr double kJsonSla = 250;

struct Worst {
  const ConditionOutcome* condition = nullptr;
  double value = 0;
  void see(const ConditionOutcome& one, double its) {
    if (condition != nullptr && its >= value) return;
    condition = &one;
    value = its;
  }
};

void append_worst(std::string& json, const char* name, const Worst& worst, const char* format) {
  if (worst.condition == nullptr) {
    append(json, ",\"%s\":null", name);
    return;
  }
  append(json, ",\"%s\":", name);
  append(json, format, worst.value);
  std::string where = worst.condition->name;
  for (char& c : where) {
    if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20) c = '_';
  }
  append(json, ",\"%s_worst_condition\":\"%s\"", name, where.c_str());
}

}  // namespace

std::string published_report(std::string_view title, std::span<const TableCheck> checks) {
  std::string text(title);
  append(text, "\n%-28s %9s %9s %8s %8s %9s %9s\n", "", "accuracy", "stated", "late", "stated", "mean ms", "stated");
  for (const TableCheck& check : checks) {
    append(text, "%-28s %9.1f %9.1f %8.3f %8.3f %9.1f", check.what.c_str(), check.accuracy, check.stated_accuracy,
           check.late, check.stated_late, check.mean_ms);
    if (check.stated_mean_ms > 0) append(text, " %9.1f", check.stated_mean_ms);
    text += '\n';
  }
  return text;
}

std::string condition_report(const ConditionOutcome& condition) {
  std::string text = condition.name;
  append(text, ", SLA %.0f ms%s\n", condition.sla_ms, condition.traced ? ", trace" : "");
  append(text, "  %-22s %9s %9s %9s %10s %10s %9s %9s\n", "", "late %", "accuracy", "alone", "attained %",
         "on device %", "mean ms", "p99 ms");
  for (const Policy policy : kPolicies) {
    const SelectionOutcome& one = outcome_of(condition, policy);
    append(text, "  %-22s %9.2f %9.2f %9.2f %10.2f %11.1f %9.1f %9.1f\n", std::string(name_of(policy)).c_str(),
           100 * one.late, one.accuracy, one.accuracy_alone, 100 * one.attainment, 100 * one.duplicates, one.mean_ms,
           one.p99_ms);
  }
  return text;
}

std::string front_report(std::span<const ConditionOutcome> conditions) {
  std::string text = "sluice under each condition, and what is better there in lateness and accuracy\n";
  for (const ConditionOutcome& condition : conditions) {
    const SelectionOutcome& ours = outcome_of(condition, Policy::kSluice);
    const Policy* better = dominating(condition, Policy::kSluice);
    append(text, "  %-44.44s SLA %4.0f  late %6.2f %%  accuracy %5.2f  attained %6.2f %%  %s\n", condition.name.c_str(),
           condition.sla_ms, 100 * ours.late, ours.accuracy, 100 * ours.attainment,
           better == nullptr ? "on the front" : ("behind " + std::string(name_of(*better))).c_str());
  }
  return text;
}

std::string selection_json(const TableError& error, std::span<const ConditionOutcome> conditions) {
  Worst attainment;
  Worst accuracy;
  std::size_t off_front = 0;
  for (const ConditionOutcome& condition : conditions) {
    const SelectionOutcome& ours = outcome_of(condition, Policy::kSluice);
    off_front += dominating(condition, Policy::kSluice) != nullptr ? 1 : 0;
    if (condition.sla_ms != kJsonSla) continue;
    attainment.see(condition, ours.attainment);
    accuracy.see(condition, ours.accuracy);
  }
  std::string json;
  append(json, "{\"table_max_error\":%.3f,\"table_max_late_error\":%.4f", error.accuracy, error.late);
  append_worst(json, "attainment_250", attainment, "%.4f");
  append_worst(json, "accuracy_250", accuracy, "%.2f");
  append(json, ",\"conditions\":%zu,\"off_front\":%zu}", conditions.size(), off_front);
  return json;
}

}  // namespace sluice::simulate
