#include <algorithm>

#include "native/eval/append_format.hpp"
#include "native/simulate/residency/residency_simulation.hpp"

namespace sluice::simulate {
namespace {

// "cremebrulee_25", "s3_fifo_2.5"
std::string prefix_of(const ResidencyRow& row) {
  std::string text = row.policy;
  std::replace(text.begin(), text.end(), '-', '_');
  eval::append_format(text, "_%g", row.capacity_percent);
  return text;
}

}  // namespace

std::string residency_json(const ResidencyReport& report) {
  std::string text;
  eval::append_format(text, R"({"source":"%s","requests":%zu,"models":%zu,"simulated_requests_per_s":%.0f)",
                      report.source.c_str(), report.requests, report.models, report.requests_per_s);
  for (const auto& row : report.rows) {
    const std::string name = prefix_of(row);
    eval::append_format(text, R"(,"%s_load_s_per_request":%.6g,"%s_hit_rate":%.6g)", name.c_str(),
                        row.load_s_per_request, name.c_str(), row.hit_rate);
    eval::append_format(text, R"(,"%s_wait_p50_s":%.6g,"%s_wait_p95_s":%.6g,"%s_wait_p99_s":%.6g)", name.c_str(),
                        row.wait_p50_s, name.c_str(), row.wait_p95_s, name.c_str(), row.wait_p99_s);
  }
  return text + "}\n";
}

}  // namespace sluice::simulate
