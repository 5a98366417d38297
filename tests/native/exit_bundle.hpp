// The bundle "exits" for tests: the classifier of tests/core/exit/toy_exits.hpp with its two exits, whose answers can be told by hand. A
// picture all of one colour is the surer the fewer colours it has.
#pragma once

#include <filesystem>
#include <string>

#include "tests/core/exit/toy_exits.hpp"

namespace sluice::test {

// Points of the largest probability: [0.9, 0.99] at the target 0.8, the first exit closed and 0.99 at 0.9.
void write_exit_bundle(const std::filesystem::path& folder,
                       const std::string& branches = exits::testing::toy_branches());

}  // namespace sluice::test
