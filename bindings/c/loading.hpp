// What this build of the C interface reads and loads: the kinds of questions, further sections of manifests, the operators of
// models, the kinds of inputs, and whether models run by stages and inputs are placed. Decided at link time, so that the small modules do not carry what only full models need.
// loading_all.cpp, loading_gate.cpp and loading_client.cpp are the choices.
#pragma once

#include <span>

#include "bindings/c/sluice.h"
#include "core/pipeline/client.hpp"
#include "core/pipeline/manifest.hpp"
#include "core/run/network.hpp"

namespace sluice::c {

run::Loading loading();
std::span<const pipeline::QuestionRow> question_rows();
std::span<const pipeline::ManifestSection> further_sections();

// What makes the routes of a model whose caller runs it by stages: on this device, and with a server that goes on from the cut. Neither is there
// for a bundle without exits, and in builds that run no full models.
struct StageRoutes {
  pipeline::Client::MakeRoute local;
  pipeline::Client::MakeRoute cut;  // wanted, and of use: the bundle has one, and a server may be asked
};
// What they make looks at `manifest`.
StageRoutes stage_routes(const pipeline::Manifest& manifest, const pipeline::ClientOptions& options, bool cut);

// For inputs that are placed: what the options say of it, kInvalidArgument for what they cannot say, and in builds that place none for all
// of it; what makes the route of the variant that stands in, which looks at `manifest`, empty where none does, kInvalidArgument for what
// pipeline::check_placing() refuses; and what places them, chooses their answers or keeps the target live from then on, where `options` say so.
Result<void> read_placing(const sluice_client_options& record, pipeline::ClientOptions& options);
Result<pipeline::Client::MakeRoute> stand_in_route(const pipeline::Manifest& manifest,
                                                   const pipeline::ClientOptions& options);
Result<void> place_inputs(pipeline::Client& client, const pipeline::Manifest& manifest,
                          const pipeline::ClientOptions& options);
// What placing goes by of a JPEG file; of no bytes that there is none.
pipeline::OwnForm own_form(Bytes jpeg);

}  // namespace sluice::c
