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

}  // namespace sluice::pipeline
