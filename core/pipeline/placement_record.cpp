#include "core/pipeline/placement_record.hpp"

namespace sluice::pipeline {

std::string_view form_name(Form form) {
  switch (form) {
    case Form::kWhole: return "whole";
    case Form::kFile: return "file";
    case Form::kShrunk: return "shrunk";
    case Form::kFeatures: return "features";
    case Form::kStages: return "stages";
    case Form::kHere: return "here";
  }
  return "unknown";
}

adapt::AnswerKind kind_of(Form form) {
  switch (form) {
    case Form::kWhole: return adapt::AnswerKind::kSendWhole;
    case Form::kFile: return adapt::AnswerKind::kSendFile;
    case Form::kShrunk: return adapt::AnswerKind::kSendSmall;
    case Form::kFeatures:
    case Form::kStages: return adapt::AnswerKind::kSplit;
    case Form::kHere: return adapt::AnswerKind::kRunHere;
  }
  return adapt::AnswerKind::kSendWhole;
}

std::string_view duplicate_name(Duplicate duplicate) {
  switch (duplicate) {
    case Duplicate::kNone: return "none";
    case Duplicate::kSkipped: return "skipped";
    case Duplicate::kBegun: return "begun";
    case Duplicate::kWon: return "won";
  }
  return "unknown";
}

}  // namespace sluice::pipeline
