#include "native/eval/live/live_course.hpp"

#include <algorithm>
#include <array>
#include <deque>

#include "native/eval/summary.hpp"

namespace sluice::eval {
namespace {

constexpr std::size_t kStretchFrames = 50;

struct Waiting {
  promise::Audit audit;
  ScoredFrame frame;
  std::size_t due = 0;
};

// One stream on its way.
class LiveRun {
 public:
  LiveRun(promise::LivePromise live, const LiveSetting& setting, std::size_t frames)
      : live_(std::move(live)),
        setting_(setting),
        every_(std::max<std::size_t>(1, frames / std::max<std::size_t>(1, setting.marks))) {}

  Result<void> step(const ScoredFrame& frame) {
    const std::array scores{frame.score};
    ++course_.frames;
    if (!frame.needed) ++course_.redundant;
    bool saved = false;
    if (frame.score < live_.threshold(0)) {
      ++course_.skipped;
      if (frame.needed) ++course_.missed;
      const promise::Audit audit = live_.answered(scores);
      saved = !audit.drawn;
      if (audit.drawn) {
        ++course_.audits;
        waiting_.push_back({audit, frame, course_.frames + setting_.audit_delay_frames});
      }
    } else {
      live_.passed(scores);
      live_.learned(0, frame.score, frame.needed);
    }
    if (auto taken = take_audits(course_.frames); !taken) return taken;
    gain(saved, frame.needed);
    if (course_.frames % every_ == 0) mark();
    return {};
  }

  Result<LiveCourse> finish() {
    if (auto taken = take_audits(course_.frames + setting_.audit_delay_frames); !taken) return fail(taken.error());
    const promise::PromiseReport report = live_.report();
    course_.alarms = report.alarms;
    course_.proven_held = course_.missed >= report.proven.least && course_.missed <= report.proven.most;
    if (course_.frames_to_half_of_gain == 0) course_.frames_to_half_of_gain = course_.frames;
    return std::move(course_);
  }

 private:
  Result<void> take_audits(std::size_t now) {
    while (!waiting_.empty() && waiting_.front().due <= now) {
      const Waiting& first = waiting_.front();
      live_.learned(0, first.frame.score, first.frame.needed);
      if (auto counted = live_.audit_came(first.audit, first.frame.needed); !counted) return counted;
      waiting_.pop_front();
    }
    return {};
  }

  void gain(bool saved, bool needed) {
    if (course_.frames_to_half_of_gain != 0) return;
    stretch_.push_back({saved, needed});
    if (saved) ++saved_lately_;
    if (!needed) ++redundant_lately_;
    if (stretch_.size() > kStretchFrames) {
      if (stretch_.front().first) --saved_lately_;
      if (!stretch_.front().second) --redundant_lately_;
      stretch_.pop_front();
    }
    const double could =
        static_cast<double>(redundant_lately_) + (1 - setting_.target) * static_cast<double>(kStretchFrames);
    if (stretch_.size() == kStretchFrames && static_cast<double>(saved_lately_) >= could / 2) {
      course_.frames_to_half_of_gain = course_.frames;
    }
  }

  void mark() {
    const promise::PromiseReport report = live_.report();
    const auto frames = static_cast<double>(course_.frames);
    course_.marks.push_back({course_.frames, course_.saved_rate(), course_.agreement(), 1 - report.whole.rate(),
                             1 - static_cast<double>(report.proven.most) / frames,
                             1 - static_cast<double>(report.proven.least) / frames, live_.threshold(0), report.alarms});
  }

  promise::LivePromise live_;
  LiveSetting setting_;
  std::size_t every_;
  LiveCourse course_;
  std::deque<Waiting> waiting_;
  std::deque<std::pair<bool, bool>> stretch_;
  std::size_t saved_lately_ = 0;
  std::size_t redundant_lately_ = 0;
};

}  // namespace

double LiveCourse::agreement() const { return 1 - share(missed, frames); }
double LiveCourse::audit_rate() const { return share(audits, frames); }
double LiveCourse::saved_rate() const { return share(skipped - audits, frames); }
double LiveCourse::optimal_rate(double target) const { return std::min(1.0, share(redundant, frames) + 1 - target); }

Result<LiveCourse> run_live(std::span<const ScoredFrame> stream, const LiveSetting& setting) {
  promise::PromiseOptions options;
  options.control.target = setting.target;
  options.audits.seed = setting.seed;
  const std::vector expected{promise::ErrorCurve::calibrated()};
  auto live = promise::LivePromise::create(options, expected, std::span(&setting.begins, 1));
  if (!live) return fail(live.error());
  LiveRun run(*std::move(live), setting, stream.size());
  for (const ScoredFrame& frame : stream) {
    if (auto stepped = run.step(frame); !stepped) return fail(stepped.error());
  }
  return run.finish();
}

LiveCourse run_static(std::span<const ScoredFrame> stream, float threshold) {
  LiveCourse course;
  course.frames = stream.size();
  for (const ScoredFrame& frame : stream) {
    if (!frame.needed) ++course.redundant;
    if (!(frame.score < threshold)) continue;
    ++course.skipped;
    if (frame.needed) ++course.missed;
  }
  return course;
}

}  // namespace sluice::eval
