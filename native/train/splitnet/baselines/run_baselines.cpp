#include "native/train/splitnet/baselines/run_baselines.hpp"

#include <algorithm>
#include <array>

#include "native/eval/split/cifar10.hpp"
#include "native/train/checkpoint.hpp"
#include "native/train/splitnet/baselines/deepcod.hpp"
#include "native/train/splitnet/baselines/entropic_bottleneck.hpp"
#include "native/train/splitnet/baselines/limitnet.hpp"
#include "native/train/splitnet/baselines/local_only.hpp"
#include "native/train/splitnet/baselines/spinn.hpp"
#include "native/train/torch_process.hpp"

namespace sluice::train::splitnet::baselines {
namespace {

struct System {
  const char* name;
  Result<std::vector<BaselinePoint>> (*run)(const Subject& subject);
};

constexpr std::array kSystems{System{"deepcod", run_deepcod}, System{"spinn", run_spinn},
                              System{"local-only", run_local_only}, System{"limitnet", run_limitnet},
                              System{"entropic-bottleneck", run_entropic_bottleneck}};

PictureSet first_of(const PictureSet& set, std::int64_t count) {
  count = std::min(count, set.size());
  return {set.pictures.slice(0, 0, count), set.labels.slice(0, 0, count)};
}

// Kept in the work folder: it takes a minute.
Result<torch::Tensor> teacher_logits(const BaselineOptions& options, const LabelledData& data, FrozenModel& model) {
  const std::string key = "teacher 1; " + model.key() + "; " + data_key(data);
  const std::filesystem::path file = work_file(options, "teacher", key);
  CheckpointReader reader;
  const auto known = reader.open(file, key);
  if (!known) return fail(known.error());
  torch::Tensor logits;
  if (*known) {
    reader.get("logits", logits);
    return logits;
  }
  logits = model.logits_of(data.train);
  CheckpointWriter writer(key);
  writer.add("logits", logits);
  if (auto written = writer.write(file); !written) return fail(written.error());
  return logits;
}

Result<std::vector<System>> wanted_systems(const BaselineOptions& options) {
  std::vector<System> wanted;
  for (const System& system : kSystems) {
    if (options.systems.empty() || std::ranges::find(options.systems, system.name) != options.systems.end())
      wanted.push_back(system);
  }
  for (const std::string& name : options.systems) {
    const auto names = known_systems();
    if (std::ranges::find(names, name) != names.end()) continue;
    std::string list;
    for (const std::string& known : names) list += (list.empty() ? "" : ", ") + known;
    return fail(ErrorCode::kInvalidArgument, {"no system '", name, "'; there are ", list});
  }
  return wanted;
}

}  // namespace

std::vector<std::string> known_systems() {
  std::vector<std::string> names;
  for (const System& system : kSystems) names.emplace_back(system.name);
  return names;
}

Result<std::vector<BaselinePoint>> run_baselines(const BaselineOptions& options, std::FILE* log_file) try {
  ProgressLog log(log_file);
  const auto systems = wanted_systems(options);
  if (!systems) return fail(systems.error());
  prepare_torch(options.threads);
  auto model = FrozenModel::load(options.model, options.arithmetic);
  if (!model) return fail(model.error());
  const auto training = eval::read_cifar10_training(options.cifar10);
  if (!training) return fail(training.error());
  const auto testing = eval::read_cifar10_test(options.cifar10);
  if (!testing) return fail(testing.error());
  std::error_code error;
  std::filesystem::create_directories(options.work, error);
  const LabelledData data =
      keep_back(first_of(to_set(*training), options.training_pictures), eval::kCifarClasses, options.validation_one_in);
  const PictureSet test = first_of(to_set(*testing), options.samples);
  const auto teacher = teacher_logits(options, data, *model);
  if (!teacher) return fail(teacher.error());
  const Subject subject{options, data, test, *model, *teacher, log};
  std::vector<BaselinePoint> points;
  for (const System& system : *systems) {
    auto measured = system.run(subject);
    if (!measured) return fail(measured.error());
    points.insert(points.end(), measured->begin(), measured->end());
    if (options.out.empty()) continue;
    if (auto written = write_points(options.out, points); !written) return fail(written.error());
  }
  return points;
} catch (const c10::Error& error) {
  return fail(ErrorCode::kExecutionFailed, std::string("LibTorch: ") + error.what_without_backtrace());
} catch (const std::exception& error) {
  return fail(ErrorCode::kExecutionFailed, std::string("LibTorch: ") + error.what());
}

}  // namespace sluice::train::splitnet::baselines
