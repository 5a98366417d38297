#include "native/bench/choice/gate_answers.hpp"

#include "core/model/model.hpp"
#include "native/eval/at_target.hpp"
#include "native/eval/reuse_replay.hpp"

namespace sluice::bench {
namespace {

char letter_of(const eval::ReplayAnswer& answer) {
  switch (answer.outcome) {
    case eval::Outcome::kRun: return '-';
    case eval::Outcome::kSkipped: return answer.agrees ? 's' : 'S';
    case eval::Outcome::kReused: return answer.agrees ? 'r' : 'R';
  }
  return '-';
}

Result<std::vector<eval::ReplayFrame>> frames_of(const eval::Measurement& measurement) {
  std::vector<eval::ReplayFrame> frames;
  for (std::size_t clip = 0; clip < measurement.clips.size(); ++clip) {
    for (const eval::FrameRecord& frame : measurement.clips[clip].frames) {
      if (frame.embedding.empty() || frame.result == nullptr)
        return fail(ErrorCode::kInvalidArgument, "the bundle's frames have no embeddings and results to replay");
      frames.push_back(
          {static_cast<std::uint32_t>(clip), frame.index, frame.score, frame.needed, frame.embedding, frame.result});
    }
  }
  return frames;
}

}  // namespace

Result<GateAnswers> measure_gate_answers(const bundle::Bundle& bundle, const std::filesystem::path& footage,
                                         const eval::ClipProgress& progress) {
  const auto* skip = bundle.manifest.find_question<questions::SkipSpec>();
  const auto* reuse = bundle.manifest.find_question<questions::ReuseSpec>();
  if (skip == nullptr || reuse == nullptr)
    return fail(ErrorCode::kInvalidArgument, {"'", bundle.manifest.name, "' has not both questions, SKIP and REUSE"});
  GateAnswers answers;
  model::LoadOptions loading;
  loading.operators = model::all_operators();
  loading.batch = 1;
  const auto gate = model::Model::load(bundle.part(skip->part), loading);
  if (!gate) return fail(gate.error());
  answers.kmac = static_cast<double>(gate->stats().multiply_adds) / 1e3;
  const auto clips = eval::find_clips(footage);
  if (!clips) return fail(clips.error());
  const auto measurement = eval::measure(bundle, *clips, 1, progress);
  if (!measurement) return fail(measurement.error());
  const auto agreement = output::Agreement::make(measurement->agree_when);
  if (!agreement) return fail(agreement.error());
  const auto frames = frames_of(*measurement);
  if (!frames) return fail(frames.error());
  answers.frames.resize(frames->size());
  for (const double target : kGateTargets) {
    const eval::AtTarget at = eval::thresholds_at(bundle.manifest, target);
    eval::ReplaySetting setting;
    setting.skip_below = at.skip.threshold;
    setting.cap = at.reuse.threshold;
    setting.reuse = *reuse;
    setting.forget_between_sequences = false;
    const auto replayed = eval::replay(*frames, setting, *agreement);
    if (!replayed) return fail(replayed.error());
    for (std::size_t i = 0; i < replayed->size(); ++i) answers.frames[i] += letter_of((*replayed)[i]);
  }
  return answers;
}

}  // namespace sluice::bench
