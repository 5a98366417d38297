#include "core/adapt/choice/answer_kind.hpp"

namespace sluice::adapt {

std::string_view answer_kind_name(AnswerKind kind) {
  switch (kind) {
    case AnswerKind::kSkip: return "skip";
    case AnswerKind::kReuse: return "reuse";
    case AnswerKind::kExit: return "exit";
    case AnswerKind::kSplit: return "split";
    case AnswerKind::kSendSmall: return "small";
    case AnswerKind::kSendWhole: return "whole";
    case AnswerKind::kRunHere: return "here";
    case AnswerKind::kSendFile: return "file";
  }
  return "unknown";
}

}  // namespace sluice::adapt
