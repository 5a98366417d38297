#include "native/eval/live/live_eval.hpp"

#include "core/questions/reuse/reuse_question.hpp"
#include "native/eval/live/live_report.hpp"
#include "native/bundle/text_file.hpp"

namespace sluice::eval {

Result<void> run_live_eval(const EvalOptions& options, const bundle::Bundle& bundle, const Measurement& measurement,
                           const std::string& what, std::FILE* out) {
  const auto streams = compose_streams(measurement, {options.streams, options.stream_frames, 1});
  if (!streams) return fail(streams.error());
  const auto& manifest = bundle.manifest;
  const bool reuse = !options.no_reuse && manifest.find_question<questions::ReuseSpec>() != nullptr;
  const LiveSubject subject{manifest.name + " " + manifest.version, what, measurement.clips.size(),
                            options.stream_frames, reuse};
  std::vector<LiveAtTarget> targets;
  for (const double target : options.target ? std::vector{*options.target} : std::vector{0.9, 0.95}) {
    LiveAtTarget at;
    at.target = target;
    for (std::size_t i = 0; i < streams->size(); ++i) {
      LiveSetting setting{.target = target, .seed = i + 1, .reuse = reuse};
      auto live = run_course(manifest, measurement, (*streams)[i], setting);
      if (!live) return fail(live.error());
      at.live.push_back(*std::move(live));
      setting.live = false;
      auto still = run_course(manifest, measurement, (*streams)[i], setting);
      if (!still) return fail(still.error());
      at.still.push_back(*std::move(still));
    }
    targets.push_back(std::move(at));
  }
  std::fputs(live_table(subject, targets).c_str(), out);
  if (!options.plot.empty()) {
    if (auto written = bundle::write_text_file(options.plot, live_plot(subject, targets.front())); !written)
      return written;
  }
  if (options.json) std::fprintf(out, "%s\n", live_json(subject, targets).c_str());
  return {};
}

}  // namespace sluice::eval
