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

}  // namespace sluice::pipeline
