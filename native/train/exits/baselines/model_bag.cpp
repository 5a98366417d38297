#include "native/train/exits/baselines/model_bag.hpp"

#include <array>
#include <functional>

#include "native/eval/exits/exit_thresholds.hpp"
#include "native/train/exits/baselines/exit_system.hpp"
#include "native/train/exits/baselines/smaller.hpp"
#include "native/train/splitnet/augment.hpp"
#include "native/train/splitnet/model_input.hpp"

namespace sluice::train::exits::baselines {
namespace {

using sluice::exits::ExitRule;
using Model = std::function<torch::Tensor(const torch::Tensor& pictures)>;

// Of answers that a model keeps for itself, the share that the largest would give otherwise.
constexpr std::array kBagErrors{0.3, 0.2, 0.15, 0.1, 0.07, 0.05, 0.035, 0.025, 0.015, 0.01, 0.005, 0.002};

eval::ExitProfile profile_models(std::span<const Model> models, const splitnet::PictureSet& set) {
  torch::NoGradGuard no_gradient;
  eval::ExitProfile profile;
  profile.exits.resize(models.size() - 1);
  for (std::int64_t at = 0; at < set.size(); at += splitnet::kEvaluationBatch) {
    const auto batch = splitnet::plain_batch(set, at, std::min(at + splitnet::kEvaluationBatch, set.size()));
    const torch::Tensor full = models.back()(batch.pictures).argmax(1);
    const torch::Tensor full_right = full.eq(batch.labels).contiguous();
    for (std::int64_t i = 0; i < full.size(0); ++i) {
      profile.full_right.push_back(full_right.data_ptr<bool>()[i] ? 1 : 0);
    }
    for (std::size_t model = 0; model + 1 < models.size(); ++model) {
      const auto [sure, said] = torch::softmax(models[model](batch.pictures), 1).max(1);
      const torch::Tensor confidence = sure.contiguous();
      const torch::Tensor agrees = said.eq(full).contiguous();
      const torch::Tensor right = said.eq(batch.labels).contiguous();
      for (std::int64_t i = 0; i < said.size(0); ++i) {
        profile.exits[model].push_back(
            {confidence.data_ptr<float>()[i], agrees.data_ptr<bool>()[i], right.data_ptr<bool>()[i]});
      }
    }
  }
  return profile;
}

double oracle_cost(const eval::ExitCosts& costs, std::span<const std::size_t> models) {
  double sum = 0;
  for (const std::size_t model : models) sum += static_cast<double>(costs.stretches[model]);
  return sum / static_cast<double>(std::max<std::size_t>(models.size(), 1));
}

double oracle_accuracy(const eval::ExitProfile& profile, std::span<const std::size_t> models) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < models.size(); ++i) {
    right += models[i] < profile.exits.size() || profile.full_right[i] != 0 ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(std::max<std::size_t>(models.size(), 1));
}

}  // namespace

double mean_load_ms(std::span<const std::size_t> last, std::span<const double> load_ms, bool alone) {
  double sum = 0;
  std::size_t held = load_ms.size();  // none
  for (const std::size_t answers : last) {
    for (std::size_t model = alone ? answers : 0; model <= answers; ++model) {
      if (model != held) sum += load_ms[model];
      held = model;
    }
  }
  return last.empty() ? 0 : sum / static_cast<double>(last.size());
}

std::vector<std::size_t> cascade_models(const eval::ExitProfile& profile, std::span<const float> thresholds) {
  std::vector<std::size_t> models;
  for (std::size_t input = 0; input < profile.inputs(); ++input) {
    std::size_t model = 0;
    while (model < profile.exits.size() && !(profile.exits[model][input].confidence > thresholds[model])) ++model;
    models.push_back(model);
  }
  return models;
}

std::vector<std::size_t> oracle_models(const eval::ExitProfile& profile) {
  std::vector<std::size_t> models;
  for (std::size_t input = 0; input < profile.inputs(); ++input) {
    std::size_t model = 0;
    while (model < profile.exits.size() && !profile.exits[model][input].right) ++model;
    models.push_back(model);
  }
  return models;
}

Result<std::vector<ExitBaselinePoint>> run_model_bag(const Subject& subject) {
  const auto smaller = train_smaller(subject);
  if (!smaller) return fail(smaller.error());
  auto backbone = subject.backbone();
  if (!backbone) return fail(backbone.error());
  ModelBag bag;
  std::vector<Model> models;
  ExitBaselinePoint base = subject.point("bag", "cascade");
  const auto add = [&](Model model, const std::string& onnx, std::uint64_t multiply_adds) -> Result<void> {
    const auto loaded = load_cost(onnx);
    if (!loaded) return fail(loaded.error());
    models.push_back(std::move(model));
    bag.load_ms.push_back(loaded->ms);
    bag.costs.stretches.push_back(multiply_adds);
    base.weights_bytes += loaded->weights_bytes;
    return {};
  };
  for (const SmallerBackbone& one : *smaller) {
    const auto forward = [&one](const torch::Tensor& pictures) { return one.network->forward(pictures); };
    if (auto added = add(forward, one.onnx, one.multiply_adds); !added) return fail(added.error());
    base.epochs += one.epochs;
  }
  const auto whole = [&](const torch::Tensor& pictures) {
    return (*backbone)->forward(splitnet::model_input(subject.input, pictures));
  };
  if (auto added = add(whole, subject.onnx, subject.places.multiply_adds); !added) return fail(added.error());
  bag.costs.branches.assign(smaller->size(), 0);
  bag.calibration = calibration_half(profile_models(models, subject.data.validation));
  bag.test = profile_models(models, subject.test);

  std::vector<Thresholds> candidates;
  for (const double error : kBagErrors) candidates.push_back(eval::error_thresholds(bag.calibration, error));
  const ExitSystem system{bag.calibration, bag.test, bag.costs, base.weights_bytes};
  std::vector<ExitBaselinePoint> points;
  for (const std::size_t chosen : pareto_front(bag.calibration, bag.costs, candidates)) {
    const std::array one{candidates[chosen]};
    auto point = points_of(subject, system, one, ExitRule::kMaxProbability, base).front();
    point.load_ms = mean_load_ms(cascade_models(bag.test, candidates[chosen]), bag.load_ms, false);
    points.push_back(std::move(point));
  }
  const auto best = oracle_models(bag.test);
  ExitBaselinePoint oracle = base;
  oracle.variant = "oracle";
  oracle.accuracy = oracle_accuracy(bag.test, best);
  oracle.macs_mean = oracle_cost(bag.costs, best);
  oracle.exits = smaller->size();
  oracle.load_ms = mean_load_ms(best, bag.load_ms, true);
  points.push_back(std::move(oracle));
  return points;
}

}  // namespace sluice::train::exits::baselines
