// FlexDNN's own training (SEC'20, III): exits that were chosen before, named with their convolutions, trained together with the backbone
// from labels, all losses counted alike. What is built leaves the backbone as it is.
#pragma once

#include <string>

#include "native/train/exits/baselines/subject.hpp"
#include "native/train/exits/branch.hpp"

namespace sluice::train::exits::baselines {

struct NamedExit {
  std::string place;
  Filters filters;
};
// "Relu_3=32+32"; "Relu_3=" without convolutions. kInvalidArgument quotes what is neither.
Result<NamedExit> parse_exit(const std::string& text);

// kInvalidArgument where the options name no exits, or one at no place of the backbone.
Result<std::vector<ExitBaselinePoint>> run_joint_exits(const Subject& subject);

}  // namespace sluice::train::exits::baselines
