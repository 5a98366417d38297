// What this build of the C interface reads and loads: the kinds of questions, further sections of manifests, the operators of
// models and the kinds of inputs. Decided at link time, so that the small modules do not carry what only full models need.
// loading_all.cpp, loading_gate.cpp and loading_client.cpp are the choices.
#pragma once

#include <span>

#include "core/pipeline/manifest.hpp"
#include "core/run/network.hpp"

namespace sluice::c {

run::Loading loading();
std::span<const pipeline::QuestionRow> question_rows();
std::span<const pipeline::ManifestSection> further_sections();

}  // namespace sluice::c
