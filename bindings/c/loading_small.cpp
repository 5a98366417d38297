// What the WebAssembly modules have in common that run no full models: no stages, and no placing.
#include "bindings/c/loading.hpp"

namespace sluice::c {

StageRoutes stage_routes(const pipeline::Manifest&, const pipeline::ClientOptions&, bool) { return {}; }
Result<void> read_placing(const sluice_client_options& record, pipeline::ClientOptions&) {
  const bool none = record.place_forms == 0 && record.duplicate == 0 && record.stand_in.length == 0 &&
                    record.choose == 0 && record.live_promise == 0;
  if (none) return {};
  return fail(ErrorCode::kInvalidArgument,
              "this module places no inputs and keeps no live promise; one that runs full models does");
}
Result<pipeline::Client::MakeRoute> stand_in_route(const pipeline::Manifest&, const pipeline::ClientOptions&) {
  return pipeline::Client::MakeRoute();
}
Result<void> place_inputs(pipeline::Client&, const pipeline::Manifest&, const pipeline::ClientOptions&) { return {}; }
pipeline::OwnForm own_form(Bytes) { return {}; }

}  // namespace sluice::c
