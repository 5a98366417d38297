// The full model on this device, one frame at a time. See client_impl.hpp.
#include <utility>

#include "core/pipeline/client_impl.hpp"

namespace sluice::pipeline {

bool Client::Impl::may_run_here() const {
  if (options.place == ModelPlace::kRemote || frames.count(FrameState::kLocal) != 0) return false;
  return options.place == ModelPlace::kLocal || !link.serving();
}

void Client::Impl::want_local(Frame& frame) {
  frame.state = FrameState::kLocal;
  events.push(LocalRunWanted{frame.id});
}

void Client::Impl::submit_local(FrameId id, std::vector<OutputTensor> outputs, Duration compute_time) {
  Frame* frame = frames.find(id);
  if (frame == nullptr || frame->state != FrameState::kLocal) return;
  frame->cost.local_compute = compute_time;
  end_answered(*frame, AnswerKind::kLocal, std::move(outputs));
}

}  // namespace sluice::pipeline
