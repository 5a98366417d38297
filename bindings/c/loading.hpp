// What this build of the C interface reads and loads: the kinds of questions, further sections of manifests, the operators of
// models, the kinds of inputs, and whether models run by stages. Decided at link time, so that the small modules do not carry what only full models need.
// loading_all.cpp, loading_gate.cpp and loading_client.cpp are the choices.
#pragma once

#include <span>

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

}  // namespace sluice::c
