#include "core/pipeline/frame_table.hpp"

#include <algorithm>
#include <utility>

namespace sluice::pipeline {

template <typename Predicate>
Frame* FrameTable::oldest_where(Predicate matches) {
  Frame* oldest = nullptr;
  for (Frame& frame : frames_) {
    if (matches(frame) && (oldest == nullptr || frame.id < oldest->id)) oldest = &frame;
  }
  return oldest;
}

Frame& FrameTable::add(Frame frame) { return frames_.emplace_back(std::move(frame)); }

void FrameTable::erase(FrameId id) {
  Frame* frame = find(id);
  if (frame == nullptr) return;
  if (frame != &frames_.back()) *frame = std::move(frames_.back());
  frames_.pop_back();
}

Frame* FrameTable::find(FrameId id) {
  return oldest_where([&](const Frame& frame) { return frame.id == id; });
}

Frame* FrameTable::find_wire(std::uint64_t wire_id) {
  return oldest_where(
      [&](const Frame& frame) { return frame.state == FrameState::kOnWire && frame.wire_id == wire_id; });
}

Frame* FrameTable::oldest_waiting() {
  return oldest_where([](const Frame& frame) { return frame.state == FrameState::kWaiting; });
}

Frame* FrameTable::expired(Instant now) {
  return oldest_where([&](const Frame& frame) { return frame.deadline <= now; });
}

Frame* FrameTable::oldest() {
  return oldest_where([](const Frame&) { return true; });
}

Frame* FrameTable::superseded() {
  const auto replaceable = [](const Frame& frame) { return frame.state == FrameState::kWaiting && !frame.interrupted; };
  const auto waiting = std::count_if(frames_.begin(), frames_.end(), replaceable);
  return waiting > 1 ? oldest_where(replaceable) : nullptr;
}

void FrameTable::interrupt() {
  for (Frame& frame : frames_) {
    if (frame.state != FrameState::kEncoding && frame.state != FrameState::kOnWire) continue;
    frame.interrupted = true;
    frame.state = FrameState::kWaiting;
  }
}

std::uint32_t FrameTable::count(FrameState state) const {
  return static_cast<std::uint32_t>(
      std::count_if(frames_.begin(), frames_.end(), [&](const Frame& frame) { return frame.state == state; }));
}

Instant FrameTable::next_deadline() const {
  Instant next = kNever;
  for (const Frame& frame : frames_) next = std::min(next, frame.deadline);
  return next;
}

}  // namespace sluice::pipeline
