#include "native/simulate/choice/choice_report.hpp"

#include <algorithm>

#include "native/eval/append_format.hpp"

namespace sluice::simulate {
namespace {

using eval::append_format;

// The choice's cost over that of others, over the conditions.
struct Ratios {
  double worst = 0;
  double sum = 0;
  std::size_t count = 0;
  std::size_t losses = 0;
  std::string where;

  void see(const ChoiceCondition& condition, const BestFixed* best) {
    if (best == nullptr || !(best->outcome.cost > 0)) return;
    const double ratio = condition.choice.cost / best->outcome.cost;
    sum += ratio;
    ++count;
    losses += ratio > 1 ? 1 : 0;
    if (ratio <= worst) return;
    worst = ratio;
    where = condition.name();
  }
  double mean() const { return sum / static_cast<double>(std::max<std::size_t>(count, 1)); }
};

void append_ratios(std::string& json, const char* name, const Ratios& ratios) {
  if (ratios.count == 0) {
    append_format(json, ",\"%s_worst\":null", name);
    return;
  }
  std::string where = ratios.where;
  for (char& c : where) {
    if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20) c = '_';
  }
  append_format(json, ",\"%s_worst\":%.4f,\"%s_mean\":%.4f,\"%s_losses\":%zu", name, ratios.worst, name, ratios.mean(),
                name, ratios.losses);
  append_format(json, ",\"%s_worst_condition\":\"%.150s\"", name, where.c_str());
}

std::string kinds_text(const ChoiceOutcome& outcome) {
  std::string text;
  for (std::size_t kind = 0; kind < outcome.kinds.size(); ++kind)
    append_format(text, " %4.0f", 100 * outcome.kinds[kind]);
  return text;
}

}  // namespace

std::string answers_report(const AnswerTable& table) {
  std::string text = "options on the pictures that the choice does not know; means\n";
  append_format(text, "  %-12s %-11s %9s %12s %12s %8s\n", "", "", "wrong %", "device MMAC", "server MMAC", "bytes");
  const auto pictures = new_pictures(table);
  const double count = std::max<double>(static_cast<double>(pictures.size()), 1);
  for (const AnswerColumn& column : table.columns) {
    double wrong = 0;
    double device = 0;
    double server = 0;
    double bytes = 0;
    for (const std::size_t picture : pictures) {
      wrong += column.cells[picture].agrees ? 0 : 100 / count;
      device += column.cost_of(picture).device_kmac / 1e3 / count;
      server += column.cost_of(picture).server_kmac / 1e3 / count;
      bytes += column.cells[picture].bytes / count;
    }
    append_format(text, "  %-12s %-11s %9.2f %12.2f %12.2f %8.0f\n", column.name.c_str(), column.kind.c_str(), wrong,
                  device, server, bytes);
  }
  return text;
}

std::string choice_report(std::span<const ChoiceCondition> conditions, const ChoicePlan& plan) {
  std::string text;
  append_format(text, "the one choice at a target of %g and %g ms; cost, and per cent of the answers by kind\n",
                plan.target, plan.deadline_ms);
  append_format(text, "  %-62s %7s %7s %6s | %4s %4s %4s %4s %4s %4s %4s %4s | %7s  %s\n", "", "cost", "wrong %",
                "late %", "skip", "reus", "exit", "splt", "smal", "whol", "here", "file", "over",
                "the best single system; the best fixed one");
  for (const ChoiceCondition& condition : conditions) {
    const ChoiceOutcome& choice = condition.choice;
    append_format(text, "  %-62.62s %7.2f %7.2f %6.2f |%s |", condition.name().c_str(), choice.cost, 100 * choice.wrong,
                  100 * (1 - choice.attainment), kinds_text(choice).c_str());
    const BestFixed* single = condition.best_single();
    const BestFixed* best = condition.best_of_all();
    if (single != nullptr)
      append_format(text, " %7.3f  %s;", choice.cost / single->outcome.cost, single->setting.c_str());
    else append_format(text, " %7s  none;", "-");
    if (best != nullptr) append_format(text, " %.3f of %s", choice.cost / best->outcome.cost, best->setting.c_str());
    text += '\n';
  }
  return text;
}

std::string condition_families(const ChoiceCondition& condition) {
  std::string text = condition.name() + '\n';
  append_format(text, "  %-22s %-22s %8s %8s %7s\n", "", "", "cost", "wrong %", "late %");
  const auto line = [&text](const std::string& name, const std::string& setting, const ChoiceOutcome& outcome) {
    append_format(text, "  %-22s %-22s %8.2f %8.2f %7.2f\n", name.c_str(), setting.c_str(), outcome.cost,
                  100 * outcome.wrong, 100 * (1 - outcome.attainment));
  };
  line("the one choice", "", condition.choice);
  for (const BestFixed& best : condition.best) line(best.family, best.setting, best.outcome);
  return text;
}

std::string choice_json(std::span<const ChoiceCondition> conditions, const ChoicePlan& plan) {
  Ratios single;
  Ratios fixed;
  std::size_t kept = 0;
  std::size_t possible = 0;
  std::size_t in_time = 0;
  double wrong = 0;
  double choice_us = 0;
  for (const ChoiceCondition& condition : conditions) {
    const ChoiceOutcome& choice = condition.choice;
    single.see(condition, condition.best_single());
    fixed.see(condition, condition.best_of_all());
    kept += choice.wrong <= 1 - plan.target ? 1 : 0;
    wrong = std::max(wrong, choice.wrong);
    choice_us += choice.choice_us / static_cast<double>(conditions.size());
    if (condition.best.empty()) continue;
    ++possible;
    in_time += choice.attainment >= plan.kept_in_time ? 1 : 0;
  }
  const double all = std::max<double>(static_cast<double>(conditions.size()), 1);
  std::string json;
  append_format(json, "{\"conditions\":%zu", conditions.size());
  append_ratios(json, "cost_over_best_single", single);
  append_ratios(json, "cost_over_best_fixed", fixed);
  append_format(json, ",\"promise_kept\":%.4f,\"wrong_worst\":%.4f", static_cast<double>(kept) / all, wrong);
  append_format(json, ",\"deadline_kept\":%.4f,\"none_possible\":%zu",
                static_cast<double>(in_time) / std::max<double>(static_cast<double>(possible), 1),
                conditions.size() - possible);
  append_format(json, ",\"choice_us\":%.2f}", choice_us);
  return json;
}

}  // namespace sluice::simulate
