// The kinds of questions that there are. A row of each stands in all_questions.cpp. client_questions() are the same without
// what writes manifests, for modules that only read them; gate_questions() are those of the smallest module, which judges and
// remembers nothing.
#pragma once

#include <span>

#include "core/pipeline/manifest.hpp"

namespace sluice::questions {

std::span<const pipeline::QuestionRow> all_questions();
std::span<const pipeline::QuestionRow> client_questions();
std::span<const pipeline::QuestionRow> gate_questions();

// parse_manifest() with every kind of question.
inline Result<pipeline::Manifest> parse_manifest(std::string_view json) {
  return pipeline::parse_manifest(json, all_questions());
}

}  // namespace sluice::questions
