// The kinds of questions that there are: a row of each stands in all_questions.cpp, and what writes its section of a manifest in
// question_writers.cpp, a table apart so that modules which only read manifests do not link it. gate_questions() are those of
// the smallest module, which judges and remembers nothing.
#pragma once

#include <span>
#include <string>

#include "core/pipeline/manifest.hpp"

namespace sluice::questions {

std::span<const pipeline::QuestionRow> all_questions();
std::span<const pipeline::QuestionRow> gate_questions();
std::span<const pipeline::QuestionWriter> question_writers();

// pipeline::parse_manifest() and write_manifest() with every kind of question and every section.
inline Result<pipeline::Manifest> parse_manifest(std::string_view json) {
  return pipeline::parse_manifest(json, all_questions(), pipeline::further_sections());
}
inline Result<std::string> write_manifest(const pipeline::Manifest& manifest) {
  return pipeline::write_manifest(manifest, question_writers());
}

}  // namespace sluice::questions
