#include "native/eval/report.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "native/eval/summary.hpp"

namespace sluice::eval {
namespace {

constexpr double kConfidence = 0.95;

[[gnu::format(printf, 2, 3)]] void append(std::string& text, const char* format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof(line), format, arguments);
  va_end(arguments);
  text += line;
}

double percent(double value) { return 100 * value; }

void append_row(std::string& text, const std::string& name, const Score& score, double target) {
  append(text, "  %-34.34s %7zu %9.1f %% %9.1f %% %9.1f %% %9.1f %%\n", name.c_str(), score.frames,
         percent(share(score.redundant, score.frames)), percent(score.agreement()), percent(score.filter_rate()),
         percent(score.optimal_rate(target)));
}

}  // namespace

std::string table(const Measurement& measurement, const ReportSubject& subject) {
  const std::vector<Score>& scores = subject.scores;
  const Score all = sum_of(scores);
  const AtTarget& setting = subject.setting;
  const auto interval = agreement_interval(all, kConfidence);
  std::string text;
  append(text, "%s on %s\n", subject.bundle.c_str(), subject.data.c_str());
  append(text, "  calibrated for %.4g %% agreement at %.4g %% confidence\n", percent(setting.target),
         percent(subject.confidence));
  if (setting.skip.threshold > 0) {
    append(text, "  skip below %.5f, which may be wrong for %.4g %% of the frames\n",
           static_cast<double>(setting.skip.threshold), percent(static_cast<double>(setting.skip.error)));
  } else {
    text += "  skip nothing: no threshold is strict enough for its part of the target\n";
  }
  if (subject.reuses && setting.reuse.threshold > 0) {
    append(text, "  reuse below a distance of %.4f, which may be wrong for %.4g %%\n",
           static_cast<double>(setting.reuse.threshold), percent(static_cast<double>(setting.reuse.error)));
  } else if (subject.reuses) {
    text += "  reuse nothing: no distance is strict enough for its part of the target\n";
  }
  text += '\n';
  append(text, "  %-34s %7s %11s %11s %11s %11s\n", "clip", "frames", "redundant", "agreement", "answered", "at most");
  for (std::size_t c = 0; c < scores.size(); ++c)
    append_row(text, measurement.clips[c].name, scores[c], setting.target);
  append_row(text, "all", all, setting.target);

  append(text,
         "\n  agreement       %.2f %%  (95 %% interval %.2f to %.2f %%, frames taken as independent; target %.4g %%)\n",
         percent(all.agreement()), percent(interval.low), percent(interval.high), percent(setting.target));
  append(text, "  answered        %.2f %%  without the model: %.2f %% skipped", percent(all.filter_rate()),
         percent(all.skip_rate()));
  if (subject.reuses) append(text, ", %.2f %% reused", percent(all.reuse_rate()));
  append(text, "\n  wrong           %.2f %%  of the frames skipped by mistake", percent(share(all.missed, all.frames)));
  if (subject.reuses) {
    append(text, ", %.2f %% reused by mistake, which is %.2f %% of what was reused",
           percent(share(all.false_hits, all.frames)), percent(all.false_hit_rate()));
  }
  append(text, "; the target allows %.4g %%\n", percent(1 - setting.target));
  const auto allowed = [&](double optimal, std::size_t right) { return percent(optimal - share(right, all.frames)); };
  append(text, "  SKIP at most    %.2f %%  = %.2f %% redundant + %.2f %% of allowed errors\n",
         percent(all.skip_optimal_rate(setting.target)), percent(share(all.redundant, all.frames)),
         allowed(all.skip_optimal_rate(setting.target), all.redundant));
  if (subject.reuses) {
    append(text,
           "  both at most    %.2f %%  = %.2f %% redundant + %.2f %% whose result was run before + %.2f %% of allowed "
           "errors\n",
           percent(all.optimal_rate(setting.target)), percent(share(all.redundant, all.frames)),
           percent(share(all.repeated, all.frames)),
           allowed(all.optimal_rate(setting.target), all.redundant + all.repeated));
  }
  append(text, "  cost a frame    gate %.3f ms, full model %.2f ms (1/%.0f); with the gate %.2f ms on average\n\n",
         measurement.gate_ms, measurement.model_ms,
         measurement.gate_ms > 0 ? measurement.model_ms / measurement.gate_ms : 0.0,
         measurement.gate_ms + (1 - all.filter_rate()) * measurement.model_ms);

  append(text, "  %-34s %11s %11s\n", "compared", "agreement", "answered");
  append(text, "  %-34s %9.1f %% %9.1f %%\n", "this gate", percent(all.agreement()), percent(all.filter_rate()));
  append(text, "  %-34s %9.1f %% %9.1f %%\n", "always run", 100.0, 0.0);
  append(text, "  %-34s %9.1f %% %9.1f %%\n", "never run", percent(share(all.redundant, all.frames)), 100.0);
  const auto rows = [&](const std::vector<Baseline>& baselines, const char* what) {
    for (const Baseline& baseline : baselines) {
      append(text, "  %-34s %9.1f %% %9.1f %%  %s\n", (baseline.name + ", " + baseline.setting).c_str(),
             percent(baseline.agreement), percent(baseline.filter_rate), what);
    }
  };
  if (subject.calibrated.empty()) {
    text += "  (how the next two do at settings chosen on the calibration split is not known: " +
            subject.why_not_calibrated + ")\n";
  }
  rows(subject.calibrated, "chosen on the calibration split");
  rows(best_baselines(measurement, subject.setting.target), "the best for this data and target");
  rows(best_baselines(measurement, all.agreement()), "the best for this data that agrees as often");
  text += "  (these repeat the last result)\n";
  return text;
}

std::string json_line(const Measurement& measurement, const ReportSubject& subject) {
  const Score all = sum_of(subject.scores);
  const auto interval = agreement_interval(all, kConfidence);
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
  json.SetMaxDecimalPlaces(6);
  json.StartObject();
  const auto number = [&](const char* key, double value) {
    json.Key(key, static_cast<rapidjson::SizeType>(std::strlen(key)), true);
    json.Double(value);
  };
  const auto threshold = [&](const char* key, float value) {
    if (value > 0) return number(key, static_cast<double>(value));
    json.Key(key, static_cast<rapidjson::SizeType>(std::strlen(key)), true);
    json.Null();
  };
  number("agreement", all.agreement());
  number("filter_rate", all.filter_rate());
  number("optimal_rate", all.skip_optimal_rate(subject.setting.target));
  number("optimal_rate_together", all.optimal_rate(subject.setting.target));
  number("gate_ms", measurement.gate_ms);
  number("model_ms", measurement.model_ms);
  json.Key("samples");
  json.Uint64(all.frames);
  number("target", subject.setting.target);
  number("confidence", subject.confidence);
  threshold("threshold", subject.setting.skip.threshold);
  number("agreement_low", interval.low);
  number("agreement_high", interval.high);
  number("redundant_share", share(all.redundant, all.frames));
  number("missed_share", share(all.missed, all.frames));
  number("cost_share", measurement.model_ms > 0 ? measurement.gate_ms / measurement.model_ms : 0);
  number("skip_rate", all.skip_rate());
  number("reuse_rate", all.reuse_rate());
  number("false_hit_rate", all.false_hit_rate());
  threshold("distance_cap", subject.setting.reuse.threshold);
  const auto best = best_baselines(measurement, subject.setting.target);
  const auto same = best_baselines(measurement, all.agreement());
  constexpr std::array<const char*, 2> names{"every_nth", "frame_difference"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string name = names[i];
    if (!subject.calibrated.empty()) {
      number((name + "_agreement").c_str(), subject.calibrated[i].agreement);
      number((name + "_rate").c_str(), subject.calibrated[i].filter_rate);
    }
    number((name + "_best_agreement").c_str(), best[i].agreement);
    number((name + "_best_rate").c_str(), best[i].filter_rate);
    number((name + "_same_rate").c_str(), same[i].filter_rate);
  }
  json.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace sluice::eval
