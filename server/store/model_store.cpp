#include "server/store/model_store.hpp"

#include <utility>

#include "server/clock.hpp"

namespace sluice::server {

namespace {

// Pictures become one float32 tensor [1, C, H, W]; a model that takes something else can still be fed with tensors, but
// its manifest promises pictures.
Result<void> check_picture_input(const pipeline::Manifest& manifest, const LoadedModel& model) {
  const auto& spec = manifest.model.input;
  const std::int64_t channels = spec.channels == input::Channels::kGray ? 1 : 3;
  const model::TensorInfo wanted{"", DataType::kFloat32, {1, channels, spec.height, spec.width}};
  const auto inputs = model.inputs();
  bool fits = inputs.size() == 1 && inputs[0].type == wanted.type && inputs[0].dims.size() == wanted.dims.size();
  for (std::size_t axis = 0; fits && axis < wanted.dims.size(); ++axis) {
    fits = inputs[0].dims[axis] < 0 || inputs[0].dims[axis] == wanted.dims[axis];
  }
  if (fits) return {};
  return fail(ErrorCode::kShapeMismatch, "bundle '" + manifest.name + "': the manifest makes " + describe(wanted) +
                                             " of a picture, its model takes " +
                                             (inputs.empty() ? "nothing" : describe(inputs[0])) +
                                             (inputs.size() > 1 ? " and more" : ""));
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
    if (auto ok = check_picture_input(manifest, *served->model); !ok) return fail(ok.error());
    served->metrics = &metrics.add_model(manifest.name, manifest.version, now() - start, onnx->size());
    store->bundles_.push_back({manifest.name, manifest.version});
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
