#include "native/eval/live/live_report.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

#include "native/eval/append_format.hpp"

namespace sluice::eval {
namespace {

struct LiveSums {
  double live = 0;
  double still = 0;
  double optimal = 0;
  double agreement = 0;
  double static_agreement = 0;
  double audits = 0;
  double worst_of_optimal = 1;
  double worst_agreement = 1;
  std::size_t violations = 0;
  std::size_t static_violations = 0;
  std::size_t unproven = 0;
  std::size_t half_of_gain = 0;
  std::uint64_t alarms = 0;
};

LiveSums sums_of(const LiveAtTarget& at) {
  LiveSums sums;
  const auto runs = static_cast<double>(at.live.size());
  std::vector<std::size_t> half;
  for (std::size_t i = 0; i < at.live.size(); ++i) {
    const LiveCourse& live = at.live[i];
    const LiveCourse& still = at.still[i];
    sums.live += live.saved_rate() / runs;
    sums.still += still.saved_rate() / runs;
    sums.optimal += live.optimal_rate(at.target) / runs;
    sums.agreement += live.agreement() / runs;
    sums.static_agreement += still.agreement() / runs;
    sums.audits += live.audit_rate() / runs;
    sums.worst_of_optimal = std::min(sums.worst_of_optimal, live.saved_rate() / live.optimal_rate(at.target));
    sums.worst_agreement = std::min(sums.worst_agreement, live.agreement());
    if (live.agreement() < at.target) ++sums.violations;
    if (still.agreement() < at.target) ++sums.static_violations;
    if (!live.proven_held) ++sums.unproven;
    sums.alarms += live.alarms;
    half.push_back(live.frames_to_half_of_gain);
  }
  std::sort(half.begin(), half.end());
  if (!half.empty()) sums.half_of_gain = half[half.size() / 2];
  return sums;
}

}  // namespace

std::string live_table(const LiveSubject& subject, std::span<const LiveAtTarget> targets) {
  std::string text;
  const std::size_t runs = targets.empty() ? 0 : targets.front().live.size();
  append_format(text, "%s, live, on %zu streams of %zu frames composed of %zu clips of %s; %s\n\n",
                subject.bundle.c_str(), runs, subject.stream_frames, subject.clips, subject.data.c_str(),
                subject.reuse ? "SKIP and REUSE" : "SKIP alone");
  text +=
      "  asked   runs saved   of the most that could be   worst   agreement   worst   streams below   audits   half of "
      "it\n";
  for (const LiveAtTarget& at : targets) {
    const LiveSums sums = sums_of(at);
    append_format(
        text, " %4.0f %%  live %5.1f %% %20.1f %% %13.1f %%  %8.1f %% %6.1f %% %9zu of %zu %6.1f %%   by frame %zu\n",
        100 * at.target, 100 * sums.live, 100 * sums.live / sums.optimal, 100 * sums.worst_of_optimal,
        100 * sums.agreement, 100 * sums.worst_agreement, sums.violations, runs, 100 * sums.audits, sums.half_of_gain);
    append_format(text, "       static %5.1f %% %20.1f %% %24.1f %% %19zu of %zu\n", 100 * sums.still,
                  100 * sums.still / sums.optimal, 100 * sums.static_agreement, sums.static_violations, runs);
  }
  if (!targets.empty() && std::all_of(targets.front().live.begin(), targets.front().live.end(),
                                      [](const LiveCourse& one) { return one.redundant == 0; })) {
    text +=
        "\nSomething is needed in every frame: there is nothing to skip but the errors that are allowed, which no gate "
        "should take on.\n";
  }
  text +=
      "\nlive: thresholds learned on the stream, from the runs and from audits of the others' answers; an audited "
      "frame is a "
      "run.\n"
      "static: the thresholds that the bundle was calibrated to. Both through the real client, with what network and "
      "model gave for\n"
      "each frame, in time order; stretches of 50 to 400 frames of the clips follow each other. The most that could "
      "be: "
      "with REUSE\n"
      "every frame; of SKIP alone what is redundant, and the errors that are allowed.\n";
  return text;
}

std::string live_json(const LiveSubject& subject, std::span<const LiveAtTarget> targets) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
  json.SetMaxDecimalPlaces(6);
  const auto number = [&](const char* key, double value) {
    json.Key(key);
    json.Double(value);
  };
  const auto count = [&](const char* key, std::uint64_t value) {
    json.Key(key);
    json.Uint64(value);
  };
  json.StartObject();
  json.Key("bundle");
  json.String(subject.bundle);
  count("stream_frames", subject.stream_frames);
  json.Key("targets");
  json.StartArray();
  for (const LiveAtTarget& at : targets) {
    const LiveSums sums = sums_of(at);
    json.StartObject();
    number("target", at.target);
    number("live_filter_rate", sums.live);
    number("static_filter_rate", sums.still);
    number("optimal_rate", sums.optimal);
    number("live_agreement", sums.agreement);
    number("static_agreement", sums.static_agreement);
    number("live_over_optimal_worst", sums.worst_of_optimal);
    number("audit_rate", sums.audits);
    count("frames_to_half_of_gain", sums.half_of_gain);
    count("violations", sums.violations);
    count("unproven", sums.unproven);
    count("alarms", sums.alarms);
    count("runs", at.live.size());
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return buffer.GetString();
}

}  // namespace sluice::eval
