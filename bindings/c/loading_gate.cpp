#include "bindings/c/loading.hpp"
#include "core/questions/table.hpp"

namespace sluice::c {

run::Loading loading() { return run::gate_loading(); }
std::span<const pipeline::QuestionRow> question_rows() { return questions::gate_questions(); }
std::span<const pipeline::ManifestSection> further_sections() { return {}; }

}  // namespace sluice::c
