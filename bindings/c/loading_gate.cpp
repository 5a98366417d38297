#include "bindings/c/loading.hpp"
#include "core/questions/table.hpp"

namespace sluice::c {

run::Loading loading() { return run::gate_loading(); }
std::span<const pipeline::QuestionRow> question_rows() { return questions::gate_questions(); }
std::span<const pipeline::ManifestSection> further_sections() { return {}; }
StageRoutes stage_routes(const pipeline::Manifest&, const pipeline::ClientOptions&, bool) { return {}; }
Result<void> read_placing(const sluice_client_options& record, pipeline::ClientOptions&) {
  if (record.place_forms == 0 && record.duplicate == 0 && record.stand_in.length == 0) return {};
  return fail(ErrorCode::kInvalidArgument, "this module places no inputs; one that runs full models does");
}
Result<pipeline::Client::MakeRoute> stand_in_route(const pipeline::Manifest&, const pipeline::ClientOptions&) {
  return pipeline::Client::MakeRoute();
}
void place_inputs(pipeline::Client&, const pipeline::Manifest&, const pipeline::ClientOptions&) {}
pipeline::OwnForm own_form(Bytes) { return {}; }

}  // namespace sluice::c
