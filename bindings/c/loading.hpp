// What this build of the C interface reads and loads: the kinds of questions, the operators of models and the kinds of inputs.
// Decided at link time, so that the small modules do not carry what only full models need. loading_all.cpp, loading_gate.cpp
// and loading_client.cpp are the choices.
#pragma once

#include <span>

#include "core/pipeline/question_row.hpp"
#include "core/run/network.hpp"

namespace sluice::c {

run::Loading loading();
std::span<const pipeline::QuestionRow> question_rows();

}  // namespace sluice::c
