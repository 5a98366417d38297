#include "native/eval/live/live_course.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <map>

#include "core/pipeline/deciders.hpp"
#include "core/pipeline/promise_judge.hpp"
#include "native/eval/live/recorded_gate.hpp"
#include "native/eval/summary.hpp"

namespace sluice::eval {
namespace {

using pipeline::AnswerKind;

constexpr std::size_t kStretchFrames = 50;
constexpr auto kFrameTime = std::chrono::milliseconds(66);

pipeline::ClientOptions options_of(const LiveSetting& setting) {
  pipeline::ClientOptions options;
  options.place = pipeline::ModelPlace::kLocal;
  options.queue = pipeline::QueuePolicy::kKeepAll;
  options.budget_ms = 600'000;
  options.live_promise = setting.live;
  options.promise.audits.seed = setting.seed;
  return options;
}

// One stream on its way.
class Course {
 public:
  Course(RecordedGate gate, pipeline::PromiseJudge judge, const LiveSetting& setting, std::size_t frames)
      : at_(gate.at),
        judge_(std::move(judge)),
        client_(gate.manifest, std::move(gate.questions), options_of(setting), nullptr),
        manifest_(std::move(gate.manifest)),
        setting_(setting),
        every_(std::max<std::size_t>(1, frames / std::max<std::size_t>(1, setting.marks))) {}

  Result<void> begin() {
    course_.reuse = manifest_.questions.size() > 1;
    if (auto added = pipeline::add_deciders(client_, manifest_, options_of(setting_)); !added) return added;
    client_.set_accuracy_target(static_cast<float>(setting_.target));
    client_.start(now_);
    return {};
  }

  Result<void> step(const FrameRecord& frame) {
    ++course_.frames;
    if (!frame.needed) ++course_.redundant;
    at_->frame = &frame;
    const std::array nothing{0.0F};
    const auto view = view_of(std::span<const float>(nothing), Shape{1});
    const auto id = client_.offer(*view, now_);
    if (!id) return fail(id.error());
    frames_[*id] = &frame;
    saved_ = false;
    if (auto went = go_on(); !went) return went;
    gain(saved_, frame.needed);
    if (course_.frames % every_ == 0) mark();
    now_ += kFrameTime;
    return {};
  }

  Result<LiveCourse> finish() {
    if (auto went = go_on(); !went) return fail(went.error());
    if (const auto standing = client_.promise()) {
      course_.alarms = standing->report.alarms;
      const promise::ErrorInterval& proven = standing->report.proven;
      course_.proven_held = course_.wrong >= proven.least && course_.wrong <= proven.most;
    }
    if (course_.frames_to_half_of_gain == 0) course_.frames_to_half_of_gain = course_.frames;
    return std::move(course_);
  }

 private:
  // The model says at once what it is asked for.
  Result<void> go_on() {
    while (auto event = client_.next_event()) {
      if (auto taken = take(*event); !taken) return taken;
    }
    return {};
  }

  Result<void> take(const pipeline::ClientEvent& event) {
    if (const auto* wanted = std::get_if<pipeline::RunWanted>(&event)) {
      auto outputs = recorded_result(*frames_.at(wanted->input));
      if (!outputs) return fail(outputs.error());
      client_.submit(wanted->attempt, pipeline::StageOutputs(*std::move(outputs)), Duration{1000}, now_);
    } else if (const auto* ended = std::get_if<pipeline::AuditEnded>(&event)) {
      frames_.erase(ended->input);
    } else if (const auto* failed = std::get_if<pipeline::InputFailed>(&event)) {
      return fail(failed->failed.error);
    } else if (const auto* answered = std::get_if<pipeline::Answered>(&event)) {
      return take(answered->answer);
    }
    return {};
  }

  Result<void> take(const pipeline::Answer& answer) {
    const FrameRecord& frame = *frames_.at(answer.input);
    if (answer.kind != AnswerKind::kLocal) {
      ++course_.answered;
      saved_ = !answer.audited;
      if (answer.audited) ++course_.audits;
      const auto full = recorded_result(frame);
      if (!full) return fail(full.error());
      const std::size_t question = answer.kind == AnswerKind::kSkipped ? 0 : 1;
      const auto right = judge_.is_right(question, answer.outputs, *full);
      if (!right) return fail(right.error());
      if (!*right) ++course_.wrong;
    }
    if (!answer.audited) frames_.erase(answer.input);
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
    const auto standing = client_.promise();
    if (!standing) return;
    const promise::PromiseReport& report = standing->report;
    const auto frames = static_cast<double>(course_.frames);
    course_.marks.push_back({course_.frames, course_.saved_rate(), course_.agreement(), 1 - report.whole.rate(),
                             1 - static_cast<double>(report.proven.most) / frames,
                             1 - static_cast<double>(report.proven.least) / frames, standing->places[0].threshold,
                             report.alarms});
  }

  std::shared_ptr<RecordedFrame> at_;
  pipeline::PromiseJudge judge_;
  pipeline::Client client_;
  pipeline::Manifest manifest_;
  LiveSetting setting_;
  std::size_t every_;
  Instant now_{};
  LiveCourse course_;
  std::map<pipeline::InputId, const FrameRecord*> frames_;  // under way, or audited
  bool saved_ = false;                                      // the last frame
  std::deque<std::pair<bool, bool>> stretch_;
  std::size_t saved_lately_ = 0;
  std::size_t redundant_lately_ = 0;
};

}  // namespace

double LiveCourse::agreement() const { return 1 - share(wrong, frames); }
double LiveCourse::audit_rate() const { return share(audits, frames); }
double LiveCourse::saved_rate() const { return share(answered - audits, frames); }
double LiveCourse::optimal_rate(double target) const {
  return reuse ? 1 : std::min(1.0, share(redundant, frames) + 1 - target);
}

Result<LiveCourse> run_course(const pipeline::Manifest& bundle, const Measurement& measurement,
                              const LiveStream& stream, const LiveSetting& setting) {
  auto gate = make_recorded_gate(bundle, measurement, setting.reuse);
  if (!gate) return fail(gate.error());
  auto judge = pipeline::PromiseJudge::make(gate->manifest, gate->questions);
  if (!judge) return fail(judge.error());
  Course course(*std::move(gate), *std::move(judge), setting, stream.size());
  if (auto begun = course.begin(); !begun) return fail(begun.error());
  for (const FrameRecord* frame : stream) {
    if (auto stepped = course.step(*frame); !stepped) return fail(stepped.error());
  }
  return course.finish();
}

}  // namespace sluice::eval
