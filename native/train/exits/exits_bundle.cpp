#include "native/train/exits/exits_bundle.hpp"

#include <algorithm>
#include <array>
#include <sstream>

#include "native/bundle/bundle_folder.hpp"
#include "native/eval/exits/exit_measurement.hpp"
#include "native/train/exits/cut_choice.hpp"
#include "native/train/exits/exit_export.hpp"
#include "native/train/splitnet/bundle_notes.hpp"

namespace sluice::train::exits {
namespace {

constexpr std::uint32_t kMostInOneRun = 32;
constexpr std::array kTargets{0.8, 0.85, 0.9, 0.925, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995};

pipeline::Manifest make_manifest(const Options& options, const MadeExits& made) {
  pipeline::Manifest manifest;
  manifest.name = options.name;
  manifest.version = options.version;
  manifest.description = options.description;
  manifest.parts = {{"model", "model.onnx", 0, ""}, {"exits", "exits.onnx", 0, ""}};
  manifest.model.part = "model";
  manifest.model.input = made.input;
  manifest.model.output.decoder = "none";
  manifest.agree_when.rule = "label";
  manifest.batching = {.axis = 0, .max_batch = kMostInOneRun, .max_delay_us = 0};
  pipeline::ExitsSpec spec;
  spec.part = "exits";
  spec.rule = options.rule;
  for (std::size_t i = 0; i < made.places.size(); ++i) spec.places.push_back({made.places[i].tensor, exit_name(i)});
  manifest.exits = std::move(spec);
  return manifest;
}

// The measured half that this is.
eval::ExitProfile every_second(const eval::ExitProfile& all, std::size_t first) {
  std::vector<std::size_t> exits, inputs;
  for (std::size_t i = 0; i < all.exits.size(); ++i) exits.push_back(i);
  for (std::size_t i = first; i < all.inputs(); i += 2) inputs.push_back(i);
  return eval::select(all, exits, inputs);
}

std::string describe(double target, const eval::ExitReplay& replayed, double model) {
  std::ostringstream line;
  line.precision(4);
  line << "target " << target << ": agreement " << 100 * replayed.agreement << " %, right " << 100 * replayed.accuracy
       << " %, " << 100 * replayed.multiply_adds / model << " % of the multiply-adds; leave, in %:";
  for (const double share : replayed.shares) line << ' ' << 100 * share;
  return line.str();
}

}  // namespace

Result<void> write_exits_bundle(const Options& options, const splitnet::LabelledData& data, MadeExits made,
                                ProgressLog& log) {
  bundle::Bundle bundle;
  bundle.manifest = make_manifest(options, made);
  bundle.parts["model"] = std::move(made.model);
  bundle.parts["exits"] = std::move(made.branches);
  const auto pictures = splitnet::to_pictures(data.validation);
  const auto measured =
      eval::measure_exits(bundle, pictures, true, 1, log.progress("measuring the exits as they ship, picture"));
  if (!measured) return fail(measured.error());
  const eval::ExitProfile choice = every_second(measured->profile, 0);
  const eval::ExitProfile calibration = every_second(measured->profile, 1);
  auto& points = bundle.manifest.exits->points;
  std::vector<double> leave;  // by exit, at the first target from the bundle's own on
  for (const double target : kTargets) {
    const auto thresholds = eval::calibrate_exits(choice, calibration, target, options.confidence, options.promise);
    if (std::all_of(thresholds.begin(), thresholds.end(), [](float one) { return one >= eval::kClosed; })) continue;
    pipeline::ExitPoint point{static_cast<float>(target), {}};
    for (const float one : thresholds) {
      point.thresholds.push_back(eval::from_profile(options.rule, one, measured->classes));
    }
    points.push_back(std::move(point));
    eval::ExitReplay replayed = eval::replay(choice, measured->costs, thresholds);
    log.line(describe(target, replayed, static_cast<double>(measured->costs.model())));
    if (leave.empty() || points[points.size() - 2].target < static_cast<float>(options.default_target)) {
      leave = std::move(replayed.shares);
    }
  }
  if (points.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                {"no exit agrees with the model on ", kTargets.front(),
                 " of what would leave there; more epochs, more ", "pictures or more --filters may help"});
  }
  if (!options.cut.empty()) {
    leave.pop_back();  // what comes to the end
    const auto training = splitnet::to_pictures(data.train);
    if (auto cut = add_cut(options, training, pictures, kTargets, leave, bundle, log); !cut) return cut;
  }
  bundle.manifest.default_target = std::min(static_cast<float>(options.default_target), points.back().target);
  if (auto written = bundle::replace_bundle(options.out, std::move(bundle)); !written) return written;
  if (auto noted = splitnet::add_notes(options.out, {data.class_names, std::nullopt}); !noted) return noted;
  log.line("wrote " + options.out.string());
  return {};
}

}  // namespace sluice::train::exits
