// What the WebAssembly modules have in common that run no full models: no stages, and no placing.
#include "bindings/c/loading.hpp"

namespace sluice::c {

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
