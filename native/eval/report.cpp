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

// Of each clip, and of all.
std::vector<Score> clip_scores(const Measurement& measurement, const ReportSubject& subject) {
  if (!subject.scores.empty()) return subject.scores;
  std::vector<Score> scores;
  for (const ClipRecord& clip : measurement.clips) scores.push_back(score_clip(clip, subject.point.threshold));
  return scores;
}

Score sum_of(const std::vector<Score>& scores) {
  Score sum;
  for (const Score& score : scores) sum += score;
  return sum;
}

}  // namespace

std::string table(const Measurement& measurement, const ReportSubject& subject) {
  const std::vector<Score> scores = clip_scores(measurement, subject);
  const Score all = sum_of(scores);
  const auto interval = agreement_interval(all, kConfidence);
  std::string text;
  append(text, "%s on %s\n", subject.bundle.c_str(), subject.data.c_str());
  append(text, "  skip below %.5f, calibrated for %.0f %% agreement at %.0f %% confidence\n",
         static_cast<double>(subject.point.threshold), percent(static_cast<double>(subject.point.target)),
         percent(static_cast<double>(subject.point.confidence)));
  if (!subject.scores.empty()) append(text, "  reuse below a distance of %.4f\n", static_cast<double>(subject.cap));
  text += '\n';
  append(text, "  %-34s %7s %11s %11s %11s %11s\n", "clip", "frames", "redundant", "agreement", "filtered", "optimal");
  for (std::size_t c = 0; c < scores.size(); ++c)
    append_row(text, measurement.clips[c].name, scores[c], subject.target);
  append_row(text, "all", all, subject.target);

  append(text,
         "\n  agreement       %.2f %%  (95 %% interval %.2f to %.2f %%, frames taken as independent; target %.0f %%)\n",
         percent(all.agreement()), percent(interval.low), percent(interval.high), percent(subject.target));
  append(
      text,
      "  filter rate     %.2f %%  of which %.2f points are needed frames skipped by mistake; the target allows %.2f\n",
      percent(all.filter_rate()), percent(share(all.missed, all.frames)), percent(1 - subject.target));
  if (!subject.scores.empty()) {
    append(text, "  by question     %.2f %% skipped, %.2f %% reused, of which %.2f %% are false hits\n",
           percent(all.skip_rate()), percent(all.reuse_rate()), percent(all.false_hit_rate()));
  }
  append(text, "  optimal rate    %.2f %%  = %.2f %% redundant + %.2f points of allowed error\n",
         percent(all.optimal_rate(subject.target)), percent(share(all.redundant, all.frames)),
         percent(all.optimal_rate(subject.target) - share(all.redundant, all.frames)));
  append(text, "  cost a frame    gate %.3f ms, full model %.2f ms (1/%.0f); with the gate %.2f ms on average\n\n",
         measurement.gate_ms, measurement.model_ms,
         measurement.gate_ms > 0 ? measurement.model_ms / measurement.gate_ms : 0.0,
         measurement.gate_ms + (1 - all.filter_rate()) * measurement.model_ms);

  append(text, "  %-34s %11s %11s\n", "compared", "agreement", "filtered");
  append(text, "  %-34s %9.1f %% %9.1f %%\n", "this gate", percent(all.agreement()), percent(all.filter_rate()));
  append(text, "  %-34s %9.1f %% %9.1f %%\n", "always run", 100.0, 0.0);
  append(text, "  %-34s %9.1f %% %9.1f %%\n", "never run", percent(share(all.redundant, all.frames)), 100.0);
  const auto rows = [&](const std::vector<Baseline>& baselines, const char* what) {
    for (const Baseline& baseline : baselines) {
      append(text, "  %-34s %9.1f %% %9.1f %%  %s\n", (baseline.name + ", " + baseline.setting).c_str(),
             percent(baseline.agreement), percent(baseline.filter_rate), what);
    }
  };
  rows(subject.calibrated, "chosen on the calibration split");
  rows(best_baselines(measurement, subject.target), "the best for this data and target");
  rows(best_baselines(measurement, all.agreement()), "the best for this data that agrees as often");
  text += "  (these repeat the last result)\n";
  return text;
}

std::string json_line(const Measurement& measurement, const ReportSubject& subject) {
  const Score all = sum_of(clip_scores(measurement, subject));
  const auto interval = agreement_interval(all, kConfidence);
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
  json.SetMaxDecimalPlaces(6);
  json.StartObject();
  const auto number = [&](const char* key, double value) {
    json.Key(key, static_cast<rapidjson::SizeType>(std::strlen(key)), true);
    json.Double(value);
  };
  number("agreement", all.agreement());
  number("filter_rate", all.filter_rate());
  number("optimal_rate", all.optimal_rate(subject.target));
  number("gate_ms", measurement.gate_ms);
  number("model_ms", measurement.model_ms);
  json.Key("samples");
  json.Uint64(all.frames);
  number("target", subject.target);
  number("confidence", static_cast<double>(subject.point.confidence));
  number("threshold", static_cast<double>(subject.point.threshold));
  number("agreement_low", interval.low);
  number("agreement_high", interval.high);
  number("redundant_share", share(all.redundant, all.frames));
  number("missed_share", share(all.missed, all.frames));
  number("cost_share", measurement.model_ms > 0 ? measurement.gate_ms / measurement.model_ms : 0);
  number("skip_rate", all.skip_rate());
  number("reuse_rate", all.reuse_rate());
  number("false_hit_rate", all.false_hit_rate());
  number("distance_cap", static_cast<double>(subject.cap));
  const auto best = best_baselines(measurement, subject.target);
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
