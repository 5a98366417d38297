#include "native/train/exits/exits_fit.hpp"

#include <algorithm>
#include <numeric>
#include <sstream>

#include "native/bundle/bundle_folder.hpp"
#include "native/bundle/sha256.hpp"
#include "native/train/checkpoint.hpp"
#include "native/train/exits/backbone_trainer.hpp"
#include "native/train/exits/exit_costs.hpp"
#include "native/train/exits/exit_export.hpp"
#include "native/train/exits/exit_search.hpp"
#include "native/train/exits/exit_trainer.hpp"
#include "native/train/exits/exits_bundle.hpp"
#include "native/train/splitnet/augment.hpp"
#include "native/train/splitnet/classifier_trainee.hpp"
#include "native/train/splitnet/model_input.hpp"
#include "native/train/torch_process.hpp"
#include "native/train/trainer_input.hpp"

namespace sluice::train::exits {
namespace {

constexpr std::int64_t kSideMultiple = 32;

// What exits are hung on, with the pictures that teach them.
struct Subject {
  splitnet::LabelledData data;
  std::string onnx;
  std::string key;
  input::ImageSpec input;
  splitnet::OnnxNetwork network{nullptr};
  Places places;
};

input::ImageSpec signed_input(std::int64_t side) {
  input::ImageSpec spec;
  spec.width = spec.height = static_cast<std::uint32_t>(side);
  spec.fit = input::Fit::kStretch;
  spec.mean = {kPixelMean, kPixelMean, kPixelMean};
  spec.scale = {kPixelScale, kPixelScale, kPixelScale};
  return spec;
}

// The full model's answers in place of labels.
void label_by(Subject& subject, splitnet::LabelledData& data) {
  torch::NoGradGuard no_gradient;
  for (splitnet::PictureSet* set : {&data.train, &data.validation}) {
    set->labels = set->labels.clone();
    for (std::int64_t at = 0; at < set->size(); at += splitnet::kEvaluationBatch) {
      const std::int64_t end = std::min(at + splitnet::kEvaluationBatch, set->size());
      const torch::Tensor pictures = splitnet::plain_batch(*set, at, end).pictures;
      const torch::Tensor logits = subject.network->forward(splitnet::model_input(subject.input, pictures));
      set->labels.slice(0, at, end).copy_(logits.argmax(1));
    }
  }
}

Result<void> take_model(const Options& options, Subject& subject) {
  auto onnx = bundle::read_file(options.model);
  if (!onnx) return fail(onnx.error());
  subject.onnx = std::move(*onnx);
  subject.input = options.model_input;
  if (subject.input.width != subject.input.height) {
    return fail(ErrorCode::kInvalidArgument, {"pictures of ", subject.input.width, "x", subject.input.height,
                                              "; a classifier with exits takes square ones"});
  }
  return {};
}

Result<void> train_model(const Options& options, Subject& subject, ProgressLog& log) {
  Options chosen = options;
  chosen.backbone.classes = subject.data.classes;
  const auto backbone = train_backbone(subject.data, chosen, log);
  if (!backbone) return fail(backbone.error());
  subject.onnx = backbone_onnx(**backbone, chosen.backbone, WeightForm::kFloat16);
  subject.input = signed_input(options.backbone.side);
  return write_atomically(options.work / "model.onnx", subject.onnx);
}

Result<Places> named_places(const Options& options, const std::string& onnx, splitnet::OnnxNetworkImpl& network,
                            std::int64_t side) {
  auto places = find_places(onnx, network, side, options.places);
  if (!places) return places;
  if (auto checked = check_cut(options.cut, *places); !checked) return fail(checked.error());
  return places;
}

// What our own backbone's tensors are called depends on its design alone: a wrong name is told before hours of training.
Result<void> check_own_places(const Options& options, std::int64_t classes) {
  BackboneDesign design = options.backbone;
  design.classes = classes;
  const auto untrained = make_backbone(design, options.arithmetic);
  untrained->eval();
  const std::string onnx = backbone_onnx(*untrained, design, WeightForm::kFloat16);
  auto network = splitnet::OnnxNetworkImpl::load(onnx, "", options.arithmetic);
  if (!network) return fail(network.error());
  const auto places = named_places(options, onnx, **network, design.side);
  return places ? Result<void>() : fail(places.error());
}

Result<Subject> make_subject(const Options& options, ProgressLog& log) {
  Subject subject;
  const bool own = options.model.empty();
  if (!own) {
    if (auto taken = take_model(options, subject); !taken) return fail(taken.error());
  }
  const std::int64_t side = own ? options.backbone.side : static_cast<std::int64_t>(subject.input.width);
  auto data = options.kept_back.empty() ? splitnet::read_labelled_data(options.data, side, options.validation_one_in)
                                        : splitnet::read_labelled_data(options.data, options.kept_back, side);
  if (!data) return fail(data.error());
  subject.data = std::move(*data);
  if (subject.data.train.height() != side) {
    return fail(ErrorCode::kShapeMismatch,
                {"the pictures are ", subject.data.train.height(), " pixels large, the model takes ", side});
  }
  log.line(std::to_string(subject.data.train.size()) + " pictures to learn from, " +
           std::to_string(subject.data.validation.size()) + " kept back");
  if (own) {
    if (auto checked = check_own_places(options, subject.data.classes); !checked) return fail(checked.error());
    if (auto trained = train_model(options, subject, log); !trained) return fail(trained.error());
  }
  auto network = splitnet::OnnxNetworkImpl::load(subject.onnx, "", options.arithmetic);
  if (!network) return fail(network.error());
  subject.network = splitnet::OnnxNetwork(std::move(*network));
  subject.network->eval();
  const auto hash = bundle::sha256_hex(std::as_bytes(std::span(subject.onnx)));
  if (!hash) return fail(hash.error());
  subject.key = *hash + "; " + splitnet::data_key(subject.data);
  torch::NoGradGuard no_gradient;
  const torch::Tensor sample = splitnet::model_input(subject.input, torch::zeros({1, 3, side, side}));
  const torch::Tensor logits = subject.network->forward(sample);
  if (logits.dim() != 2) return fail(ErrorCode::kShapeMismatch, "the model's first output is no list of logits");
  if (own || options.own_labels) {
    if (logits.size(1) != subject.data.classes) {
      return fail(ErrorCode::kShapeMismatch, {"the pictures have ", subject.data.classes, " classes, the model ",
                                              logits.size(1), "; leave --own-labels out"});
    }
  } else {
    label_by(subject, subject.data);
    subject.data.classes = logits.size(1);
  }
  auto places = named_places(options, subject.onnx, *subject.network, side);
  if (!places) return fail(places.error());
  subject.places = std::move(*places);
  return subject;
}

// All branches that the search may choose among, at each place.
std::vector<PlacedBranch> search_space(const Places& places, std::int64_t filters, std::int64_t classes,
                                       std::vector<PlaceVariants>& variants) {
  std::vector<PlacedBranch> branches;
  for (std::size_t place = 0; place < places.all.size(); ++place) {
    PlaceVariants here;
    for (const Filters& variant : branch_variants(filters)) {
      here.filters.push_back(variant);
      here.branches.push_back(branches.size());
      branches.push_back({place, make_separable_branch(places.all[place], variant, classes)});
    }
    variants.push_back(std::move(here));
  }
  return branches;
}

void log_search(const Search& search, const Places& places, ProgressLog& log) {
  for (const SearchStep& step : search.steps) {
    std::ostringstream line;
    line.precision(3);
    line << "exit at '" << places.all[step.place].tensor << "', " << text_of(step.from) << " to " << text_of(step.to)
         << ": rate " << 100 * step.rate_before << " % to " << 100 * step.rate_after << " %, "
         << (step.taken ? "taken" : "left");
    log.line(line.str());
  }
}

void log_insertion(const Insertion& plan, const ExitNetworkImpl& network, std::span<const std::size_t> branches,
                   ProgressLog& log) {
  for (const InsertionStep& step : plan.steps) {
    std::ostringstream line;
    line.precision(3);
    line << step.exits.size() << " exits, " << step.multiply_adds / 1e6 << " million multiply-adds;";
    for (std::size_t i = 0; i < step.exits.size(); ++i) {
      const Place& place = network.places()[network.place_of(branches[step.exits[i]])];
      line << ' ' << place.tensor << " R " << step.r[i] << " (" << 100 * step.cumulative[i] << " %)"
           << (i == step.removed ? ", removed;" : ";");
    }
    log.line(line.str());
  }
}

// Every second of the kept-back pictures chooses, the others calibrate (exits_bundle.hpp).
std::vector<std::size_t> every_second(std::size_t count) {
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < count; i += 2) numbers.push_back(i);
  return numbers;
}

struct Exits {
  std::vector<std::size_t> branches;
  eval::ExitCosts costs;
};

Exits choose_exits(ExitNetwork& network, const Subject& subject, std::span<const PlaceVariants> variants,
                   const Options& options, ProgressLog& log) {
  const eval::ExitProfile all = profile_exits(network, subject.data.validation, options.rule);
  std::vector<std::size_t> branches(all.exits.size());
  std::iota(branches.begin(), branches.end(), std::size_t{0});
  const eval::ExitProfile choice = eval::select(all, branches, every_second(all.inputs()));
  const Search search = search_branches(choice, variants, options.exit_error, options.search_tolerance);
  log_search(search, subject.places, log);
  const eval::ExitCosts costs = costs_of(*network, subject.places.multiply_adds, search.branches);
  const Insertion plan =
      plan_insertion(eval::select_exits(choice, search.branches), costs, options.exit_error, options.most_exits_cost);
  log_insertion(plan, *network, search.branches, log);
  Exits exits;
  for (const std::size_t kept : plan.exits) exits.branches.push_back(search.branches[kept]);
  exits.costs = eval::select_exits(costs, plan.exits);
  return exits;
}

}  // namespace

Result<void> check(const Options& options) {
  if (options.backbone.side % kSideMultiple != 0) {
    return fail(ErrorCode::kInvalidArgument,
                {"pictures of ", options.backbone.side, " pixels; take a multiple of ", kSideMultiple});
  }
  return {};
}

Result<void> run_exits_fit(const Options& options, std::FILE* log_file) try {
  ProgressLog log(log_file);
  if (auto checked = check(options); !checked) return checked;
  prepare_torch(options.threads);
  std::error_code error;
  std::filesystem::create_directories(options.work, error);
  auto subject = make_subject(options, log);
  if (!subject) return fail(subject.error());
  torch::manual_seed(options.seed);
  std::vector<PlaceVariants> variants;
  auto branches = search_space(subject->places, options.filters, subject->data.classes, variants);
  ExitNetwork network(subject->network, subject->input, subject->places.all, std::move(branches));
  const ExitTraining training{.distillation = options.distillation,
                              .distillation_softness = options.distillation_softness,
                              .descent = options.exits_training};
  if (auto trained = train_exits(network, subject->data, training, options, subject->key, log); !trained)
    return trained;
  const Exits exits = choose_exits(network, *subject, variants, options, log);
  if (exits.branches.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "no exit saves more than it costs; a larger --exit-error lets more inputs leave");
  }
  std::ostringstream line;
  line.precision(3);
  line << exits.branches.size() << " exits stay, which cost "
       << 100.0 * static_cast<double>(exits.costs.all_branches()) / static_cast<double>(exits.costs.model())
       << " % of the model";
  log.line(line.str());
  MadeExits made{subject->onnx,
                 export_exits(*network, exits.branches, subject->data.classes, WeightForm::kFloat16),
                 {},
                 subject->input};
  for (const std::size_t branch : exits.branches) made.places.push_back(subject->places.all[network->place_of(branch)]);
  if (auto written = write_atomically(options.work / "exits.onnx", made.branches); !written) return written;
  if (options.out.empty()) return {};
  return write_exits_bundle(options, subject->data, std::move(made), log);
} catch (const c10::Error& error) {
  return fail(ErrorCode::kExecutionFailed, std::string("LibTorch: ") + error.what_without_backtrace());
} catch (const std::exception& error) {
  return fail(ErrorCode::kExecutionFailed, std::string("LibTorch: ") + error.what());
}

}  // namespace sluice::train::exits
