#include "bindings/c/loading.hpp"
#include "core/questions/table.hpp"

namespace sluice::c {

// Every question, of bundles about pictures; and the halves of a model.
run::Loading loading() { return run::gate_loading(); }
std::span<const pipeline::QuestionRow> question_rows() { return questions::all_questions(); }
std::span<const pipeline::ManifestSection> further_sections() { return pipeline::client_sections(); }

}  // namespace sluice::c
