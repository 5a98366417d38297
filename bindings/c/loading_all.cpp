#include "bindings/c/loading.hpp"
#include "core/questions/table.hpp"

namespace sluice::c {

run::Loading loading() { return run::full_loading(); }
std::span<const pipeline::QuestionRow> question_rows() { return questions::all_questions(); }
std::span<const pipeline::ManifestSection> further_sections() { return pipeline::further_sections(); }

}  // namespace sluice::c
