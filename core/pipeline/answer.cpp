#include "core/pipeline/answer.hpp"

namespace sluice::pipeline {

std::string_view kind_name(AnswerKind kind) {
  switch (kind) {
    case AnswerKind::kSkipped: return "skipped";
    case AnswerKind::kReused: return "reused";
    case AnswerKind::kExited: return "exited";
    case AnswerKind::kSplit: return "split";
    case AnswerKind::kRemote: return "remote";
    case AnswerKind::kLocal: return "local";
  }
  return "unknown";
}

Cost& Cost::operator+=(const Cost& other) {
  for (Duration Cost::* stage : {&Cost::gate, &Cost::encode, &Cost::wait, &Cost::round_trip, &Cost::server_queue,
                                 &Cost::server_decode, &Cost::server_compute, &Cost::local_compute})
    this->*stage += other.*stage;
  bytes_up += other.bytes_up;
  bytes_down += other.bytes_down;
  local_multiply_adds += other.local_multiply_adds;
  return *this;
}

}  // namespace sluice::pipeline
