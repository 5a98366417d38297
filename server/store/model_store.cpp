#include "server/store/model_store.hpp"

#include <utility>

#include "core/input/preprocessor.hpp"
#include "core/run/network.hpp"
#include "server/clock.hpp"
#include "server/work/payload_decoder.hpp"

namespace sluice::server {

namespace {

// Requests may bring tensors of their own, but a bundle also promises to take the inputs that its manifest describes.
Result<void> check_input(const pipeline::Manifest& manifest, const LoadedModel& model) {
  const auto preprocessor = input::make_preprocessor(manifest.model.input, input::all_preprocessors());
  if (!preprocessor) return fail(preprocessor.error());
  return run::check_single_input(model.inputs(), (*preprocessor)->tensor_type(), (*preprocessor)->tensor_shape());
}

pipeline::ServedBundle describe_bundle(const pipeline::Manifest& manifest, const LoadedModel& model) {
  pipeline::ServedBundle bundle{manifest.name, manifest.version, {}, {}};
  for (const auto& input : model.inputs()) bundle.inputs.push_back(input.name);
  const auto encodings = encodings_of(input::modality_of(manifest.model.input));
  bundle.encodings.assign(encodings.begin(), encodings.end());
  return bundle;
}

}  // namespace

Result<std::unique_ptr<ModelStore>> ModelStore::open(const std::filesystem::path& folder, Engine& engine,
                                                     Metrics& metrics, std::size_t max_part_bytes) {
  auto folders = find_bundles(folder);
  if (!folders) return fail(folders.error());
  std::unique_ptr<ModelStore> store(new ModelStore());
  for (const auto& path : *folders) {
    const auto start = now();
    auto served = std::make_unique<ServedModel>();
    auto bundle = open_bundle(path, max_part_bytes);
    if (!bundle) return fail(bundle.error());
    served->bundle = std::move(*bundle);
    const auto& manifest = served->bundle.manifest;
    if (store->find(manifest.name)) {
      return fail(ErrorCode::kInvalidArgument,
                  "two bundles are named '" + manifest.name + "'; the second is " + path.string());
    }
    const std::string* onnx = served->bundle.find_part(manifest.model.part);
    if (onnx == nullptr) {
      return fail(ErrorCode::kBundlePartMissing,
                  "bundle '" + manifest.name + "': no part is named '" + manifest.model.part + "'");
    }
    auto model = engine.load(as_bytes(*onnx));
    if (!model) return fail(model.error().code, "bundle '" + manifest.name + "': " + model.error().message);
    served->model = std::move(*model);
    if (auto ok = check_input(manifest, *served->model); !ok) {
      return fail(ok.error().code, {"bundle '", manifest.name, "': ", ok.error().message});
    }
    served->metrics = &metrics.add_model(manifest.name, manifest.version, now() - start, onnx->size());
    store->bundles_.push_back(describe_bundle(manifest, *served->model));
    store->models_.push_back(std::move(served));
  }
  return store;
}

std::optional<std::size_t> ModelStore::find(std::string_view name) const {
  for (std::size_t i = 0; i < bundles_.size(); ++i) {
    if (bundles_[i].name == name) return i;
  }
  return std::nullopt;
}

std::string ModelStore::names() const {
  std::string text;
  for (const auto& bundle : bundles_) text += (text.empty() ? "" : ", ") + bundle.name;
  return text;
}

}  // namespace sluice::server
