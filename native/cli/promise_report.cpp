#include "native/cli/promise_report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/base/text.hpp"
#include "core/pipeline/reason.hpp"

namespace sluice::cli {
namespace {

using pipeline::PromiseStanding;

// Shares of the inputs so far that agree, in percent.
struct Agreement {
  double estimate = 100;
  double with_margin = 100;
  double proven_least = 0;
  double proven_most = 100;
};

Agreement agreement_of(const promise::PromiseReport& report) {
  Agreement made;
  const double inputs = static_cast<double>(report.inputs);
  if (inputs == 0) return made;
  made.estimate = 100 * (1 - report.whole.rate());
  made.with_margin = 100 * (1 - report.whole.upper_rate(1));
  made.proven_least = 100 * (1 - std::min(1.0, static_cast<double>(report.proven.most) / inputs));
  made.proven_most = 100 * (1 - static_cast<double>(report.proven.least) / inputs);
  return made;
}

std::string tenths(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", std::clamp(value, -1e6, 1e12));
  return text;
}

}  // namespace

std::string promise_change(const PromiseStanding& standing) {
  const promise::PromiseReport& report = standing.report;
  return join_text({"the promise is ", promise::promise_state_name(report.state), ": ",
                    tenths(agreement_of(report).estimate), " % agree by estimate, target ", tenths(100 * report.target),
                    " %", report.alarms != 0 ? "; alarms so far: " : "",
                    report.alarms != 0 ? std::to_string(report.alarms) : std::string()});
}

std::string promise_table(const PromiseStanding& standing) {
  const promise::PromiseReport& report = standing.report;
  const Agreement agreement = agreement_of(report);
  std::string text = join_text({"promise          ",
                                promise::promise_state_name(report.state),
                                " since input ",
                                report.since,
                                ", of ",
                                report.inputs,
                                "\n  agreement      ",
                                tenths(agreement.estimate),
                                " % by estimate, ",
                                tenths(agreement.with_margin),
                                " % with its margin; target ",
                                tenths(100 * report.target),
                                " %\n  proven         ",
                                tenths(agreement.proven_least),
                                " to ",
                                tenths(agreement.proven_most),
                                " %, with ",
                                tenths(100 * report.confidence),
                                " % confidence, whatever the order\n  spent          ",
                                tenths(report.whole.errors),
                                " of ",
                                tenths(report.allowed_errors),
                                " errors that are allowed so far\n"});
  const auto inputs = std::max<double>(1, static_cast<double>(report.inputs));
  append_text(text,
              {"  audits         ", report.audits, " (", tenths(100 * static_cast<double>(report.audits) / inputs),
               " % of inputs), ", report.found, " found wrong; they took ", standing.audits.bytes_up, " bytes up and ",
               milliseconds_in(standing.audits.server_compute + standing.audits.local_compute), " ms of the model\n"});
  if (report.alarms != 0)
    append_text(text, {"  alarms         ", report.alarms, ", the last at input ", report.last_alarm, "\n"});
  for (std::size_t place = 0; place < standing.place_count; ++place) {
    append_text(text, {place == 0 ? "  answers        " : ", ", standing.places[place].name, " below ",
                       pipeline::decimal(standing.places[place].threshold)});
  }
  text += '\n';
  return text;
}

void write_promise(rapidjson::Writer<rapidjson::StringBuffer>& out, const PromiseStanding& standing) {
  const promise::PromiseReport& report = standing.report;
  const Agreement agreement = agreement_of(report);
  const auto real = [&](const char* key, double value) {
    out.Key(key);
    out.Double(std::round(value * 1e6) / 1e6);
  };
  const auto integer = [&](const char* key, std::uint64_t value) {
    out.Key(key);
    out.Uint64(value);
  };
  out.Key("promise_state");
  const std::string_view state = promise::promise_state_name(report.state);
  out.String(state.data(), static_cast<rapidjson::SizeType>(state.size()));
  integer("promise_since", report.since);
  integer("promise_inputs", report.inputs);
  integer("promise_answered", report.answered);
  real("promise_agreement", agreement.estimate / 100);
  real("promise_agreement_with_margin", agreement.with_margin / 100);
  real("promise_proven_least", agreement.proven_least / 100);
  real("promise_proven_most", agreement.proven_most / 100);
  real("promise_errors_allowed", report.allowed_errors);
  real("promise_errors_spent", report.whole.errors);
  integer("promise_audits", report.audits);
  integer("promise_audits_pending", report.pending);
  integer("promise_audits_found", report.found);
  integer("promise_audit_bytes_up", standing.audits.bytes_up);
  real("promise_audit_model_ms", milliseconds_in(standing.audits.server_compute + standing.audits.local_compute));
  integer("promise_alarms", report.alarms);
  for (std::size_t place = 0; place < standing.place_count; ++place) {
    const std::string key = "promise_threshold_" + std::string(standing.places[place].name);
    real(key.c_str(), std::min(static_cast<double>(standing.places[place].threshold), 1e6));
  }
}

}  // namespace sluice::cli
