#include "native/train/exits/baselines/run_baselines.hpp"

#include <algorithm>
#include <array>

#include "native/eval/split/cifar10.hpp"
#include "native/train/exits/baselines/branchynet.hpp"
#include "native/train/exits/baselines/joint_exits.hpp"
#include "native/train/exits/baselines/model_bag.hpp"
#include "native/train/exits/baselines/run_systems.hpp"
#include "native/train/exits/baselines/shallow_deep.hpp"
#include "native/train/exits/baselines/smaller.hpp"
#include "native/train/torch_process.hpp"

namespace sluice::train::exits::baselines {
namespace {

struct System {
  const char* name;
  Result<std::vector<ExitBaselinePoint>> (*run)(const Subject& subject);
  bool usual = true;  // runs where none is named
};

constexpr std::array kSystems{System{"plain", run_plain},
                              System{"branchynet", run_branchynet},
                              System{"branchynet-frozen", run_branchynet_frozen},
                              System{"sdn", run_shallow_deep},
                              System{"smaller", run_smaller},
                              System{"bag", run_model_bag},
                              System{"flexdnn-joint", run_joint_exits, false}};

splitnet::PictureSet first_of(const splitnet::PictureSet& set, std::int64_t count) {
  count = std::min(count, set.size());
  return {set.pictures.slice(0, 0, count), set.labels.slice(0, 0, count)};
}

Result<std::vector<System>> wanted_systems(const BaselineOptions& options) {
  for (const std::string& name : options.systems) {
    const auto names = known_systems();
    if (std::ranges::find(names, name) != names.end()) continue;
    std::string list;
    for (const std::string& known : names) list += (list.empty() ? "" : ", ") + known;
    return fail(ErrorCode::kInvalidArgument, {"no system '", name, "'; there are ", list});
  }
  std::vector<System> wanted;
  for (const System& system : kSystems) {
    const bool named = std::ranges::find(options.systems, system.name) != options.systems.end();
    if (named || (options.systems.empty() && system.usual)) wanted.push_back(system);
  }
  return wanted;
}

}  // namespace

std::vector<std::string> known_systems() {
  std::vector<std::string> names;
  for (const System& system : kSystems) names.emplace_back(system.name);
  return names;
}

Result<std::vector<ExitBaselinePoint>> run_systems(const Subject& subject) {
  const auto systems = wanted_systems(subject.options);
  if (!systems) return fail(systems.error());
  std::vector<ExitBaselinePoint> points;
  for (const System& system : *systems) {
    torch::manual_seed(subject.options.seed);
    auto measured = system.run(subject);
    if (!measured) return fail(measured.error());
    for (const ExitBaselinePoint& point : *measured) subject.log.line(to_json(point));
    points.insert(points.end(), measured->begin(), measured->end());
    if (subject.options.out.empty()) continue;
    if (auto written = write_points(subject.options.out, points); !written) return fail(written.error());
  }
  return points;
}

Result<std::vector<ExitBaselinePoint>> run_baselines(const BaselineOptions& options, std::FILE* log_file) try {
  ProgressLog log(log_file);
  if (const auto systems = wanted_systems(options); !systems)
    return fail(systems.error());  // before the sheets are read
  prepare_torch(options.threads);
  const auto training = eval::read_cifar10_training(options.cifar10);
  if (!training) return fail(training.error());
  const auto testing = eval::read_cifar10_test(options.cifar10);
  if (!testing) return fail(testing.error());
  std::error_code error;
  std::filesystem::create_directories(options.work, error);
  const splitnet::LabelledData data = splitnet::keep_back(
      first_of(splitnet::to_set(*training), options.training_pictures), eval::kCifarClasses, options.validation_one_in);
  const splitnet::PictureSet test = first_of(splitnet::to_set(*testing), options.samples);
  const auto subject = make_subject(options, data, test, log);
  if (!subject) return fail(subject.error());
  return run_systems(*subject);
} catch (const c10::Error& error) {
  return fail(ErrorCode::kExecutionFailed, std::string("LibTorch: ") + error.what_without_backtrace());
} catch (const std::exception& error) {
  return fail(ErrorCode::kExecutionFailed, std::string("LibTorch: ") + error.what());
}

}  // namespace sluice::train::exits::baselines
