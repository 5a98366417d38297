// One version of a bundle while it is served: its files, its model, and what runs the model. Made whole by load() and constant
// afterwards, but for the lists of things to take and give back. Whoever holds a lease keeps it alive; the last one to let go frees
// it, which is how a version that another has replaced goes away. Safe from any thread, but for quick().
#pragma once

#include <filesystem>
#include <memory>

#include "core/base/result.hpp"
#include "core/pipeline/session.hpp"
#include "server/engine/engine.hpp"
#include "server/metrics/metrics.hpp"
#include "server/models/bundle_folder.hpp"
#include "server/models/free_list.hpp"
#include "server/models/input_preparer.hpp"
#include "server/models/model_instance.hpp"
#include "server/models/shared_answers.hpp"

namespace sluice::server {

struct ModelOptions {
  std::size_t max_part_bytes = std::size_t{512} << 20;  // one file of a bundle
  std::uint32_t inline_compute_us = 50;                 // models that never took longer get a quick() instance; 0: none
  PictureLimits pictures;
  std::uint32_t workers = 1;  // so many instances are kept for the next run
  bool share_answers = true;  // where the bundle does
};

class ServedModel final : public pipeline::ServedBundle {
 public:
  // Loads the bundle's model and runs it once, so that the first request does not pay for what is set up lazily; with a batch axis
  // also two inputs at once, which must give what two runs give. Errors name the bundle.
  static Result<std::shared_ptr<const ServedModel>> load(BundleFolder bundle, Engine& engine, Metrics& metrics,
                                                         const ModelOptions& options);

  const BundleFolder& bundle() const { return bundle_; }
  const pipeline::Manifest& manifest() const { return bundle_.manifest; }
  const LoadedModel& model() const { return *model_; }
  const ModelMetrics& metrics() const { return *metrics_; }

  const Shape& tensor_shape() const { return tensor_shape_; }  // of an input that the manifest describes

  // Made where none is free.
  Result<std::unique_ptr<ModelInstance>> take_instance() const;
  Result<std::unique_ptr<InputPreparer>> take_preparer() const;
  std::unique_ptr<PreparedInput> take_input() const;
  void give(std::unique_ptr<ModelInstance> instance) const { instances_.give(std::move(instance)); }
  void give(std::unique_ptr<InputPreparer> preparer) const { preparers_.give(std::move(preparer)); }
  void give(std::unique_ptr<PreparedInput> input) const { inputs_.give(std::move(input)); }

  // For the I/O thread alone: an instance of a model that is quicker than handing a request to another thread. nullptr where it is
  // slower, or has loops, whose time depends on the input.
  ModelInstance* quick() const { return quick_.get(); }
  // For the I/O thread alone: nullptr where clients' answers stay theirs.
  SharedAnswers* shared() const { return shared_.get(); }

  // What runs payloads of this encoding: for features the remote half, or the stages behind the cut, which live as long as `self`.
  static std::shared_ptr<const ServedModel> runner_of(const std::shared_ptr<const ServedModel>& self,
                                                      wire::Encoding encoding);

 private:
  ServedModel(BundleFolder bundle, const ModelOptions& options);
  Result<void> load_model(Engine& engine);
  Result<void> load_remote_half(Engine& engine);
  Result<void> load_cut();
  Result<void> check_remote_half(std::int64_t guessed_classes) const;
  Result<void> check_outputs() const;
  Result<void> warm_up();
  Result<void> make_shared_answers();
  Result<void> check_batching(ModelInstance& instance, const PreparedInput& zeros) const;

  const BundleFolder bundle_;
  const ModelOptions options_;
  std::shared_ptr<LoadedModel> model_;  // borrows the part's bytes in `bundle_`
  std::shared_ptr<const ModelMetrics> metrics_;
  Shape tensor_shape_;
  mutable FreeList<ModelInstance> instances_;
  mutable FreeList<InputPreparer> preparers_;
  mutable FreeList<PreparedInput> inputs_;
  std::unique_ptr<ModelInstance> quick_;
  std::unique_ptr<SharedAnswers> shared_;
  std::unique_ptr<ServedModel>
      remote_half_;  // with a bundle of its own: the part, and a manifest that has it as the model
  std::unique_ptr<ServedModel> behind_cut_;        // its stages behind the cut; borrow this one's parts
  std::size_t weight_bytes_ = 0;                   // of those
  std::optional<split::FeatureDecoder> features_;  // of a remote half, or a cut
  std::size_t cut_points_ = 0;                     // 0: it is no cut
};
using ModelLease = std::shared_ptr<const ServedModel>;

}  // namespace sluice::server
