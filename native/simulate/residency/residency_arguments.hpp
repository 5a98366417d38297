// The command line of `sluice simulate residency`. Borrows what it fills.
#pragma once

#include <CLI/App.hpp>

#include "native/simulate/residency/residency_simulation.hpp"

namespace sluice::simulate {

void add_residency_arguments(CLI::App& command, ResidencySimulation& simulation);

}  // namespace sluice::simulate
