#include "server/models/resident_model.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/pipeline/exit_cut.hpp"
#include "core/pipeline/split_check.hpp"
#include "core/run/network.hpp"
#include "core/split/device_half.hpp"
#include "server/clock.hpp"
#include "server/models/cut_model.hpp"
#include "server/models/open_ended.hpp"
#include "server/models/payload_decoder.hpp"

namespace sluice::server {

namespace {

constexpr std::size_t kInputsKeptPerWorker = 4;
constexpr int kQuickRuns = 5;

Result<void> add_zeros(PreparedInput& input, DataType type, const Shape& shape) {
  auto tensor = Tensor::create(type, shape);
  if (!tensor) return fail(tensor.error());
  std::ranges::fill(tensor->mutable_view().bytes, std::byte{0});
  input.tensors.push_back(tensor->view());
  input.owned.push_back(std::move(*tensor));
  return {};
}

const std::string& model_bytes(const BundleFolder& bundle) { return *bundle.find_part(bundle.manifest.model.part); }

}  // namespace

ResidentModel::ResidentModel(BundleFolder bundle, const ModelOptions& options)
    : bundle_(std::move(bundle)),
      options_(options),
      instances_(options.workers),
      preparers_(options.workers),
      inputs_(options.workers * kInputsKeptPerWorker) {}

Result<std::shared_ptr<const ResidentModel>> ResidentModel::load(BundleFolder bundle, Engine& engine,
                                                                 const ModelOptions& options) {
  std::shared_ptr<ResidentModel> resident(new ResidentModel(std::move(bundle), options));
  const pipeline::Manifest& manifest = resident->manifest();
  auto ok = resident->load_model(engine);
  if (ok) ok = resident->warm_up();
  if (ok && manifest.split) ok = resident->load_remote_half(engine);
  if (ok && manifest.exits && manifest.exits->cut) ok = resident->load_cut();
  if (!ok) return fail(ok.error().code, {"bundle '", manifest.name, "': ", ok.error().message});
  if (options.drop_parts) resident->drop_parts(engine.borrows_models());
  return resident;
}

Result<void> ResidentModel::load_remote_half(Engine& engine) {
  const pipeline::SplitSpec& split = *manifest().split;
  const auto named = [](const std::string& part, const Error& error) {
    return fail(error.code, {"part '", part, "': ", error.message});
  };
  BundleFolder half;
  half.folder = bundle_.folder;
  half.manifest.name = manifest().name;
  half.manifest.version = manifest().version;
  half.manifest.batching = manifest().batching;
  half.manifest.agree_when = manifest().agree_when;
  half.manifest.model.output = manifest().model.output;
  half.manifest.model.part = split.remote;
  half.manifest.parts = {*manifest().find_part(split.remote)};
  half.parts = {bundle_.share_part(split.remote)};
  auto features = split::FeatureDecoder::create(*bundle_.find_part(split.device), split.values);
  if (!features) return named(split.device, features.error());
  const auto unit = split::read_unit(as_bytes(*bundle_.find_part(split.device)));
  if (!unit) return named(split.device, unit.error());
  if (auto fits = pipeline::check_split(manifest(), *unit); !fits) return fits;
  half.manifest.model.input = input::TensorSpec{DataType::kFloat32, features->tensor_shape()};

  remote_half_.reset(new ResidentModel(std::move(half), options_));
  remote_half_->features_ = *std::move(features);
  auto ok = remote_half_->load_model(engine);
  if (ok) ok = remote_half_->warm_up();
  if (ok) ok = check_remote_half(unit->classes);
  if (!ok) return named(split.remote, ok.error());
  return {};
}

// The stages behind the cut, of the model's own part.
Result<void> ResidentModel::load_cut() {
  const pipeline::ExitsSpec& exits = *manifest().exits;
  auto decoder = pipeline::make_cut_decoder(manifest(), as_bytes(*bundle_.find_part(exits.cut->coding)));
  if (!decoder) return fail(decoder.error());
  auto rest = load_cut_model(manifest(), as_bytes(model_bytes(bundle_)), as_bytes(*bundle_.find_part(exits.part)));
  if (!rest) return fail(rest.error());
  BundleFolder folder;
  folder.folder = bundle_.folder;
  folder.manifest.name = manifest().name;
  folder.manifest.version = manifest().version;
  folder.manifest.agree_when = manifest().agree_when;
  folder.manifest.model.output = manifest().model.output;
  folder.manifest.model.input = input::TensorSpec{DataType::kFloat32, decoder->tensor_shape()};
  if (manifest().batching.axis == 0) folder.manifest.batching = manifest().batching;

  behind_cut_.reset(new ResidentModel(std::move(folder), options_));
  behind_cut_->features_ = *std::move(decoder);
  behind_cut_->cut_points_ = exits.cut->points.size();
  behind_cut_->cut_bytes_ = rest->weight_bytes;
  behind_cut_->model_ = std::move(rest->model);
  if (auto ok = behind_cut_->warm_up(); !ok) {
    return fail(ok.error().code,
                {"the stages behind the cut of part '", manifest().model.part, "': ", ok.error().message});
  }
  // Each loads the model anew, by stages, which takes seconds: no request should wait for that.
  for (std::uint32_t worker = 1; worker < options_.workers; ++worker) {
    auto another = ModelInstance::create(*behind_cut_->model_, behind_cut_->manifest());
    if (!another) return fail(another.error());
    behind_cut_->give(*std::move(another));
  }
  return {};
}

// A client puts its guess to what either gives.
Result<void> ResidentModel::check_remote_half(std::int64_t guessed_classes) const {
  const auto whole = model_->outputs();
  const auto half = remote_half_->model_->outputs();
  const bool same =
      whole.size() == 1 && half.size() == 1 && whole[0].type == half[0].type && whole[0].dims == half[0].dims;
  if (same && (half[0].dims.empty() || half[0].dims.back() != guessed_classes)) {
    return fail(ErrorCode::kShapeMismatch,
                {"it gives ", describe(half[0]), "; the device half guesses ", guessed_classes, " classes"});
  }
  if (same) return {};
  return fail(ErrorCode::kShapeMismatch, {"it gives ", half.empty() ? std::string("nothing") : describe(half[0]),
                                          " where the model gives ", describe(whole[0])});
}

// The remote half's decoder borrows the device half, and stages behind a cut everything they were made of.
void ResidentModel::drop_parts(bool engine_borrows) {
  if (behind_cut_ != nullptr) return;
  const std::string* const device = manifest().split ? bundle_.find_part(manifest().split->device) : nullptr;
  const std::string* const model = engine_borrows ? bundle_.find_part(manifest().model.part) : nullptr;
  for (auto& part : bundle_.parts) {
    if (part.get() != device && part.get() != model) part.reset();
  }
  if (remote_half_ != nullptr && !engine_borrows) remote_half_->bundle_.parts.clear();
}

std::size_t ResidentModel::weight_bytes() const {
  return file_bytes_ + cut_bytes_ + (remote_half_ != nullptr ? remote_half_->file_bytes_ : 0) +
         (behind_cut_ != nullptr ? behind_cut_->cut_bytes_ : 0);
}

std::size_t ResidentModel::engine_bytes() const {
  return model_->memory_bytes() + (remote_half_ != nullptr ? remote_half_->model_->memory_bytes() : 0);
}

std::vector<std::string> needed_parts(const pipeline::Manifest& manifest) {
  std::vector<std::string> names{manifest.model.part};
  if (manifest.split) names.insert(names.end(), {manifest.split->device, manifest.split->remote});
  if (manifest.exits && manifest.exits->cut)
    names.insert(names.end(), {manifest.exits->part, manifest.exits->cut->coding});
  return names;
}

std::shared_ptr<const ResidentModel> ResidentModel::runner_of(const std::shared_ptr<const ResidentModel>& self,
                                                              wire::Encoding encoding) {
  if (encoding == wire::Encoding::kCut && self->behind_cut_ != nullptr) return {self, self->behind_cut_.get()};
  if (encoding != wire::Encoding::kSplit || self->remote_half_ == nullptr) return self;
  return {self, self->remote_half_.get()};
}

Result<void> ResidentModel::load_model(Engine& engine) {
  const auto& model = manifest().model;
  if (bundle_.find_part(model.part) == nullptr) {
    return fail(ErrorCode::kBundlePartMissing, {"no part is named '", model.part, "'"});
  }
  file_bytes_ = model_bytes(bundle_).size();
  auto loaded = engine.load(as_bytes(model_bytes(bundle_)));
  if (!loaded) return fail(loaded.error());
  model_ = std::move(*loaded);
  return check_outputs();
}

// The server decodes only what clients ask for, but a bundle that no client can open need not wait for one.
Result<void> ResidentModel::check_outputs() const {
  const auto& output = manifest().model.output;
  const auto decoder = output::make_decoder(output);
  if (!decoder) return fail(decoder.error());
  if (auto ok = (*decoder)->check(model_->outputs()); !ok) return ok;
  if (output::gives_detections(output)) return {};
  return output::check_fits(manifest().agree_when, model_->outputs());
}

Result<void> ResidentModel::warm_up() {
  // Requests may bring tensors of their own, but a bundle also promises to take the inputs that its manifest describes.
  auto preparer = take_preparer();
  if (!preparer) return fail(preparer.error());
  const DataType type = (*preparer)->tensor_type();
  const Shape shape = (*preparer)->tensor_shape();
  tensor_shape_ = shape;
  const auto expected = cut_points_ != 0 ? model_->inputs().first(1) : model_->inputs();
  if (auto ok = run::check_single_input(expected, type, shape); !ok) return ok;
  PreparedInput zeros;
  if (auto ok = add_zeros(zeros, type, shape); !ok) return ok;
  if (cut_points_ != 0) {  // by the first point
    if (auto ok = add_zeros(zeros, DataType::kInt32, {1}); !ok) return ok;
  }

  auto instance = ModelInstance::create(*model_, manifest());
  if (!instance) return fail(instance.error());
  const std::array<const PreparedInput*, 1> one = {&zeros};
  if (auto ok = (*instance)->run(one); !ok) return fail(ok.error().code, {"warming up: ", ok.error().message});
  if (manifest().batching.max_batch > 1) {
    if (auto ok = check_batching(**instance, zeros); !ok) return ok;
  }
  const Duration limit{options_.inline_compute_us};
  if (limit > Duration::zero() && cut_points_ == 0 && !is_open_ended(as_bytes(model_bytes(bundle_)))) {
    // The warm model, a few times: the slowest of them decides.
    Duration slowest{0};
    for (int run = 0; run < kQuickRuns && slowest <= limit; ++run) {
      const auto start = now();
      if (auto ok = (*instance)->run(one); !ok) return ok;
      warm_run_ = now() - start;
      slowest = std::max(slowest, warm_run_);
    }
    if (slowest <= limit) {
      auto quick = ModelInstance::create(*model_, manifest());
      if (!quick) return fail(quick.error());
      quick_ = std::move(*quick);
    }
  }
  if (options_.time_warm_run && warm_run_ == Duration::zero()) {
    const auto start = now();
    if (auto ok = (*instance)->run(one); !ok) return ok;
    warm_run_ = now() - start;
  }
  give(std::move(*instance));
  give(std::move(*preparer));
  return {};
}

Result<void> ResidentModel::check_batching(ModelInstance& instance, const PreparedInput& zeros) const {
  const auto axis = manifest().batching.axis;
  const auto refuse = [&](const std::string& why) {
    return fail(ErrorCode::kMalformedManifest, {"batching.axis ", axis, ": ", why});
  };
  if (axis >= zeros.tensors.front().shape.rank()) {
    return refuse("the model's input has the shape " + to_string(zeros.tensors.front().shape));
  }
  const auto alone = instance.outputs(0, OutputForm::kRaw);
  if (!alone) return fail(alone.error());
  const std::array<const PreparedInput*, 2> two = {&zeros, &zeros};
  if (auto ok = instance.run(two); !ok) return refuse("two inputs at once: " + ok.error().message);
  for (std::size_t i = 0; i < two.size(); ++i) {
    const auto together = instance.outputs(i, OutputForm::kRaw);
    if (!together) return refuse(together.error().message);
    for (std::size_t output = 0; output < alone->size(); ++output) {
      if ((*together)[output].tensor.shape() == (*alone)[output].tensor.shape()) continue;
      return refuse("of two inputs at once the output '" + (*alone)[output].name + "' has the shape " +
                    to_string((*together)[output].tensor.shape()) + " for each, alone it has " +
                    to_string((*alone)[output].tensor.shape()));
    }
  }
  return {};
}

Result<std::unique_ptr<ModelInstance>> ResidentModel::take_instance() const {
  if (auto free = instances_.take()) return free;
  return ModelInstance::create(*model_, manifest());
}

Result<std::unique_ptr<InputPreparer>> ResidentModel::take_preparer() const {
  if (auto free = preparers_.take()) return free;
  return InputPreparer::create(manifest().model.input, options_.pictures,
                               {features_ ? &*features_ : nullptr, cut_points_});
}

std::unique_ptr<PreparedInput> ResidentModel::take_input() const {
  if (auto free = inputs_.take()) return free;
  return std::make_unique<PreparedInput>();
}

}  // namespace sluice::server
