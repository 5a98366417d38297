#include "native/simulate/placement/placement_report.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace sluice::simulate {
namespace {

template <typename... Values>
void append_row(std::string& text, const char* format, Values... values) {
  std::array<char, 256> piece{};
  std::snprintf(piece.data(), piece.size(), format, values...);
  text += piece.data();
}

double share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

const PolicyOutcome* find_policy(const PlacementOutcome& outcome, std::string_view name) {
  const auto found = std::find_if(outcome.policies.begin(), outcome.policies.end(),
                                  [name](const PolicyOutcome& one) { return one.name == name; });
  return found == outcome.policies.end() ? nullptr : &*found;
}

void append_quartiles(std::string& text, const char* name, std::span<const MeasuredPicture> pictures,
                      double (*value)(const MeasuredPicture&)) {
  std::vector<double> values;
  for (const MeasuredPicture& picture : pictures) values.push_back(value(picture));
  std::sort(values.begin(), values.end());
  const auto at = [&values](double part) {
    return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
  };
  append_row(text, "  %-34s %10.2f %10.2f %10.2f %10.2f %10.2f\n", name, at(0.05), at(0.25), at(0.5), at(0.75),
             at(0.95));
}

void append_policy(std::string& text, const PlacementOutcome& outcome, const PolicyOutcome& one) {
  append_row(text, "  %-20s %8.3f %8.3f %9.1f %9.1f %9.1f %9.3f %9.1f %8.2f\n", one.name.c_str(),
             share(one.right_where_it_matters, outcome.matters), share(one.right, outcome.count), one.p50_ms,
             one.p95_ms, one.p99_ms, one.p99_ms / outcome.oracle.p99_ms, one.sent_mb, one.decision_us);
}

}  // namespace

std::string pictures_report(std::span<const MeasuredPicture> pictures) {
  std::string text;
  append_row(text, "%zu pictures; times of this machine's processor\n  %-34s %10s %10s %10s %10s %10s\n",
             pictures.size(), "", "5 %", "25 %", "50 %", "75 %", "95 %");
  append_quartiles(text, "original, kB", pictures, [](const MeasuredPicture& one) { return one.bytes / 1e3; });
  append_quartiles(text, "original, megapixels", pictures,
                   [](const MeasuredPicture& one) { return one.pixels() / 1e6; });
  append_quartiles(text, "shrunk, kB", pictures, [](const MeasuredPicture& one) { return one.shrunk_bytes / 1e3; });
  append_quartiles(text, "shrinking, ms", pictures, [](const MeasuredPicture& one) { return one.device_ms[0]; });
  append_quartiles(text, "preparing the original, ms", pictures,
                   [](const MeasuredPicture& one) { return one.server_ms[0]; });
  append_quartiles(text, "preparing the shrunk one, ms", pictures,
                   [](const MeasuredPicture& one) { return one.server_shrunk_ms[0]; });
  return text;
}

std::string placement_report(const PlacementOutcome& outcome) {
  std::string text = outcome.network;
  append_row(text, ": %zu pictures, %zu where the ways differ by more than 5 %%; time before execution\n",
             outcome.count, outcome.matters);
  append_row(text, "  %-20s %8s %8s %9s %9s %9s %9s %9s %8s\n", "", "right", "of all", "p50 ms", "p95 ms", "p99 ms",
             "p99/orac.", "sent MB", "us each");
  append_policy(text, outcome, outcome.oracle);
  for (const PolicyOutcome& one : outcome.policies) append_policy(text, outcome, one);
  return text;
}

std::string networks_report(std::span<const PlacementOutcome> outcomes) {
  std::string text = "sluice on each network\n";
  append_row(text, "  %-44s %8s %8s %8s %9s %9s\n", "", "right", "device", "server", "p99 ms", "p99/orac.");
  for (const PlacementOutcome& outcome : outcomes) {
    const PolicyOutcome* ours = find_policy(outcome, kShippedPolicy);
    const PolicyOutcome* device = find_policy(outcome, "always-device");
    const PolicyOutcome* server = find_policy(outcome, "always-server");
    if (ours == nullptr || device == nullptr || server == nullptr) continue;
    append_row(
        text, "  %-44.44s %8.3f %8.3f %8.3f %9.1f %9.3f\n", outcome.network.c_str(),
        share(ours->right_where_it_matters, outcome.matters), share(device->right_where_it_matters, outcome.matters),
        share(server->right_where_it_matters, outcome.matters), ours->p99_ms, ours->p99_ms / outcome.oracle.p99_ms);
  }
  return text;
}

std::string families_report(std::span<const FamilyError> families) {
  std::string text = "mean absolute error over the actual time, on a fifth of the pictures\n";
  append_row(text, "  %-28s %10s %10s %12s %10s %10s %10s\n", "", "line", "lasso", "5 neighbours", "forest", "vectors",
             "online");
  for (const FamilyError& one : families)
    append_row(text, "  %-28s %9.1f%% %9.1f%% %11.1f%% %9.1f%% %9.1f%% %9.1f%%\n", one.stage.c_str(), 100 * one.line,
               100 * one.lasso, 100 * one.neighbours, 100 * one.forest, 100 * one.vectors, 100 * one.online);
  return text;
}

std::string placement_json(std::span<const PlacementOutcome> outcomes) {
  const PolicyOutcome* ours = outcomes.empty() ? nullptr : find_policy(outcomes.back(), kShippedPolicy);
  const PolicyOutcome* device = outcomes.empty() ? nullptr : find_policy(outcomes.back(), "always-device");
  if (ours == nullptr || device == nullptr)
    return R"({"decision_accuracy":null,"always_device_accuracy":null,"p99_over_oracle":null})";
  const PlacementOutcome& all = outcomes.back();
  double worst = 0;
  for (const PlacementOutcome& outcome : outcomes.first(outcomes.size() - 1)) {
    const PolicyOutcome* one = find_policy(outcome, kShippedPolicy);
    if (one != nullptr) worst = std::max(worst, one->p99_ms / outcome.oracle.p99_ms);
  }
  std::string json;
  append_row(json, "{\"decision_accuracy\":%.4f,\"decision_accuracy_all\":%.4f,",
             share(ours->right_where_it_matters, all.matters), share(ours->right, all.count));
  append_row(json, "\"always_device_accuracy\":%.4f,\"always_device_accuracy_all\":%.4f,",
             share(device->right_where_it_matters, all.matters), share(device->right, all.count));
  append_row(json, "\"p99_over_oracle\":%.4f,\"p99_over_oracle_worst\":%.4f,", ours->p99_ms / all.oracle.p99_ms, worst);
  append_row(json, "\"decisions\":%zu,\"networks\":%zu,\"decision_us\":%.2f}", all.count, outcomes.size() - 1,
             ours->decision_us);
  return json;
}

}  // namespace sluice::simulate
