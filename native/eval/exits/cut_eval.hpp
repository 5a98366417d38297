// Measures a bundle's cut for `sluice eval`: what cut_report.hpp tells.
#pragma once

#include "core/base/result.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/eval/eval_command.hpp"
#include "native/eval/exits/cut_report.hpp"
#include "native/eval/exits/exit_measurement.hpp"
#include "native/eval/split/test_pictures.hpp"

namespace sluice::eval {

// `on_device`: measured on the same pictures, at options.every; `times`: of the bundle on this machine. Precondition: the bundle has a cut.
Result<CutReport> evaluate_cut(const EvalOptions& options, const bundle::Bundle& bundle, const TestPictures& pictures,
                               const ExitMeasurement& on_device, const CutTimes& times, const SplitProgress& progress);

}  // namespace sluice::eval
