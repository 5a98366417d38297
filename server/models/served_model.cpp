#include "server/models/served_model.hpp"

#include <algorithm>
#include <utility>

#include "core/pipeline/exit_cut.hpp"
#include "core/split/feature_decoder.hpp"
#include "server/clock.hpp"
#include "server/models/input_preparer.hpp"
#include "server/models/payload_decoder.hpp"

namespace sluice::server {

namespace {

// How far runs of a variant scatter where a manifest says only how long they take.
constexpr double kAssumedDeviation = 0.1;

bool may_answer(const pipeline::ModelVariant& variant, const ModelOptions& options) {
  return options.choose_variants && variant.agreement > 0;
}

bool alike(std::span<const model::TensorInfo> a, std::span<const model::TensorInfo> b) {
  return std::ranges::equal(a, b, [](const model::TensorInfo& one, const model::TensorInfo& other) {
    return one.name == other.name && one.type == other.type && one.dims == other.dims;
  });
}

// A bundle whose model is the variant, and nothing else of it.
BundleFolder folder_of(const BundleFolder& bundle, const pipeline::ModelVariant* variant) {
  BundleFolder folder = bundle;
  folder.manifest.variants.clear();
  if (variant == nullptr) return folder;
  folder.manifest.model.part = variant->part;
  folder.manifest.split.reset();
  folder.manifest.exits.reset();
  return folder;
}

std::uint64_t stated_bytes(const pipeline::Manifest& manifest, const Engine& engine, const ModelOptions& options) {
  std::uint64_t bytes = 0;
  for (const auto& name : needed_parts(manifest)) {
    const pipeline::Part* part = manifest.find_part(name);
    if (part != nullptr) bytes += part->bytes;
  }
  return engine.borrows_models() ? bytes * (options.workers + std::uint64_t{1}) : bytes;
}

adapt::LatencyStatistics times_of(const pipeline::ModelVariant* variant, const std::string& device) {
  if (variant == nullptr) return adapt::LatencyStatistics();
  const auto measured = std::ranges::find(variant->profile, device, &pipeline::MeasuredProfile::device);
  if (measured == variant->profile.end()) return adapt::LatencyStatistics();
  const auto ms = static_cast<double>(measured->ms);
  return {ms, ms * kAssumedDeviation};
}

}  // namespace

Result<std::shared_ptr<const ServedModel>> ServedModel::make(BundleFolder bundle, Engine& engine, ModelMemory& memory,
                                                             Metrics& metrics, const ModelOptions& options) {
  std::shared_ptr<ServedModel> served(new ServedModel);
  served->bundle_ = std::move(bundle);
  const pipeline::Manifest& manifest = served->manifest();
  served->name = manifest.name;
  served->version = manifest.version;
  std::vector<std::string> variants;
  for (const auto& variant : manifest.variants) {
    if (may_answer(variant, options)) variants.push_back(variant.name);
  }
  const bool cut = manifest.exits && manifest.exits->cut;
  served->metrics_ =
      metrics.add_model(manifest.name, manifest.version, cut ? manifest.exits->places.size() : 0, variants);
  if (served->bundle_.elsewhere) {
    if (auto ok = served->make_elsewhere(memory, options); !ok)
      return fail(ok.error().code, {"bundle '", served->name, "': ", ok.error().message});
    return served;
  }
  auto ok = served->add_forms(engine, memory, options);
  if (!ok) return fail(ok.error());  // which names the bundle
  ok = served->describe_runners(options);
  if (ok && options.share_answers) {
    auto shared = SharedAnswers::make(served->bundle_);
    if (shared) {
      served->shared_ = *std::move(shared);
    } else {
      ok = fail(shared.error().code, {"its shared answers: ", shared.error().message});
    }
  }
  if (!ok) return fail(ok.error().code, {"bundle '", served->name, "': ", ok.error().message});
  served->shares_answers = served->shared_ != nullptr;
  for (const auto& input : served->signature_.inputs) served->inputs.push_back(input.name);
  if (memory.bounded()) served->bundle_.parts.clear();
  return served;
}

// What comes is passed on as it is, so that the manifest alone says what may come.
Result<void> ServedModel::make_elsewhere(ModelMemory& memory, const ModelOptions& options) {
  const pipeline::Part& part = *manifest().find_part(manifest().model.part);
  const auto preparer = InputPreparer::create(manifest().model.input, options.pictures);
  if (!preparer) return fail(preparer.error());
  whole_ = {manifest().batching, (*preparer)->tensor_shape()};
  for (const auto encoding : encodings_of(input::modality_of(manifest().model.input))) {
    if (encoding != wire::Encoding::kTensor) encodings.push_back(encoding);
  }
  if (manifest().split) encodings.insert(encodings.begin(), wire::Encoding::kSplit);
  if (manifest().exits && manifest().exits->cut) encodings.insert(encodings.begin(), wire::Encoding::kCut);
  if (encodings.empty()) {
    return fail(
        ErrorCode::kBundlePartMissing,
        {"part '", part.name, "': there is no file ", part.file,
         ", and its inputs come as tensors only, whose names that file says; requests for it can't be passed on"});
  }
  ModelForm form;
  form.place = memory.add_absent({ErrorCode::kBundlePartMissing,
                                  join_text({"the model of bundle '", name, "' is not here: there is no file ",
                                             part.file, "; what comes over the stream goes to ", options.upstream})});
  forms_.push_back(std::move(form));
  return {};
}

Result<void> ServedModel::add_forms(Engine& engine, ModelMemory& memory, const ModelOptions& options) {
  if (bundle_.find_part(manifest().model.part) == nullptr) {
    return fail(ErrorCode::kBundlePartMissing, {"bundle '", name, "': no part is named '", manifest().model.part, "'"});
  }
  if (auto ok = add_form(nullptr, engine, memory, options); !ok) return ok;
  for (const auto& variant : manifest().variants) {
    if (!may_answer(variant, options)) continue;
    if (auto ok = add_form(&variant, engine, memory, options); !ok) {
      return fail(ok.error().code, {"variant '", variant.name, "': ", ok.error().message});
    }
  }
  return {};
}

Result<void> ServedModel::add_form(const pipeline::ModelVariant* variant, Engine& engine, ModelMemory& memory,
                                   const ModelOptions& options) {
  BundleFolder folder = folder_of(bundle_, variant);
  if (memory.bounded()) folder.parts.clear();
  const ModelStatement statement{variant == nullptr ? name : name + "/" + variant->name,
                                 stated_bytes(folder.manifest, engine, options)};
  ModelOptions loading = options;
  loading.drop_parts = memory.bounded();
  loading.time_warm_run = std::ranges::any_of(
      manifest().variants, [&](const pipeline::ModelVariant& one) { return may_answer(one, options); });
  auto load = [folder, loading, &engine, metrics = metrics_,
               is_model = variant == nullptr]() -> Result<std::shared_ptr<const ResidentModel>> {
    const auto start = now();
    BundleFolder whole = folder;
    if (auto read = read_parts(whole, needed_parts(whole.manifest), loading.max_part_bytes); !read) {
      return fail(read.error());
    }
    auto model = ResidentModel::load(std::move(whole), engine, loading);
    if (model && is_model) metrics->loaded(now() - start, (*model)->weight_bytes());
    return model;
  };
  ModelForm form;
  if (variant != nullptr) {
    form.variant = variant->name;
    form.agreement = variant->agreement;
  }
  form.times = times_of(variant, options.device);
  auto place = memory.add(statement, std::move(load));
  if (!place) return fail(place.error());
  form.place = *std::move(place);
  auto signature = signature_of(form, folder.manifest.model.part);
  if (!signature) return fail(signature.error().code, {"bundle '", name, "': ", signature.error().message});
  if (variant == nullptr) {
    signature_ = *std::move(signature);
  } else if (!alike(signature->inputs, signature_.inputs) || !alike(signature->outputs, signature_.outputs)) {
    return fail(ErrorCode::kShapeMismatch, {"it takes or gives other tensors than the model of bundle '", name, "'"});
  }
  forms_.push_back(std::move(form));
  return {};
}

// As the engine has it; of a model that is not in memory, as its file has it.
Result<ModelSignature> ServedModel::signature_of(const ModelForm& form, std::string_view part) const {
  if (form.place->where() == ModelWhere::kResident) {
    const auto model = form.place->use();
    return ModelSignature{{model->model().inputs().begin(), model->model().inputs().end()},
                          {model->model().outputs().begin(), model->model().outputs().end()}};
  }
  return read_signature(as_bytes(*bundle_.find_part(part)));
}

Result<void> ServedModel::describe_runners(const ModelOptions& options) {
  const auto preparer = InputPreparer::create(manifest().model.input, options.pictures);
  if (!preparer) return fail(preparer.error());
  whole_ = {manifest().batching, (*preparer)->tensor_shape()};
  const auto payloads = encodings_of(input::modality_of(manifest().model.input));
  encodings.assign(payloads.begin(), payloads.end());
  if (manifest().split) {
    const auto& split = *manifest().split;
    const auto features = split::FeatureDecoder::create(*bundle_.find_part(split.device), split.values);
    if (!features) return fail(features.error().code, {"part '", split.device, "': ", features.error().message});
    remote_half_ = {manifest().batching, features->tensor_shape()};
    encodings.insert(encodings.begin(), wire::Encoding::kSplit);
    max_split_bytes = features->max_payload_bytes();
  }
  if (manifest().exits && manifest().exits->cut) {
    const auto decoder =
        pipeline::make_cut_decoder(manifest(), as_bytes(*bundle_.find_part(manifest().exits->cut->coding)));
    if (!decoder) return fail(decoder.error());
    behind_cut_ = {manifest().batching.axis == 0 ? manifest().batching : pipeline::BatchSpec{},
                   decoder->tensor_shape()};
    encodings.insert(encodings.begin(), wire::Encoding::kCut);
  }
  return {};
}

const ServedRunner& ServedModel::runner(wire::Encoding encoding) const {
  if (encoding == wire::Encoding::kSplit && remote_half_) return *remote_half_;
  if (encoding == wire::Encoding::kCut && behind_cut_) return *behind_cut_;
  return whole_;
}

}  // namespace sluice::server
