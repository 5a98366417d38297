// The core's own runner (model::Model over XNNPACK) behind the Engine interface. A Model serves one thread at a time, so
// each runner holds its own copy of the packed weights.
#pragma once

#include <memory>

#include "server/engine/engine.hpp"

namespace sluice::server {

std::unique_ptr<Engine> make_xnnpack_engine();

}  // namespace sluice::server
