// A model of a bundle in memory, and what runs it: the engine's model, its remote half or its stages behind a cut where the bundle has
// them, and lists of things to take and give back. Made whole by load() and constant afterwards, but for those lists. Whoever holds a lease
// keeps it in memory; what is served, in memory or not, is a ServedModel. Safe from any thread, but for quick().
#pragma once

#include <filesystem>
#include <memory>

#include "core/base/result.hpp"
#include "core/wire/messages.hpp"
#include "server/engine/engine.hpp"
#include "server/models/bundle_folder.hpp"
#include "server/models/free_list.hpp"
#include "server/models/input_preparer.hpp"
#include "server/models/model_instance.hpp"

namespace sluice::server {

struct ModelOptions {
  std::size_t max_part_bytes = std::size_t{512} << 20;  // one file of a bundle
  std::uint32_t inline_compute_us = 50;                 // models that never took longer get a quick() instance; 0: none
  PictureLimits pictures;
  std::uint32_t workers = 1;    // so many instances are kept for the next run
  bool share_answers = true;    // where the bundle does
  bool choose_variants = true;  // they are served beside their models
  std::string upstream;         // who answers for bundles whose models are not here; empty: nobody
  std::string device;           // the engine and its threads, as the profiles of manifests name them
  bool time_warm_run = false;   // also where no quick() instance is wanted
  bool drop_parts = false;      // once they are loaded what the engine does not need of the bundle's files is let go
};

class ResidentModel {
 public:
  // Loads the bundle's model and runs it once, so that the first request does not pay for what is set up lazily; with a batch axis
  // also two inputs at once, which must give what two runs give. Errors name the bundle.
  // Of the parts of `bundle` those that needed_parts() names have to be there.
  static Result<std::shared_ptr<const ResidentModel>> load(BundleFolder bundle, Engine& engine,
                                                           const ModelOptions& options);

  const pipeline::Manifest& manifest() const { return bundle_.manifest; }
  const LoadedModel& model() const { return *model_; }

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
  // What one warm run of an input of zeros took; zero where that was not looked at.
  Duration warm_run() const { return warm_run_; }
  // Of its files, and of the weights behind a cut.
  std::size_t weight_bytes() const;
  // In memory, as far as the engine can say; 0: it cannot.
  std::size_t engine_bytes() const;

  // What runs payloads of this encoding: for features the remote half, or the stages behind the cut, which live as long as `self`.
  static std::shared_ptr<const ResidentModel> runner_of(const std::shared_ptr<const ResidentModel>& self,
                                                        wire::Encoding encoding);

 private:
  ResidentModel(BundleFolder bundle, const ModelOptions& options);
  Result<void> load_model(Engine& engine);
  Result<void> load_remote_half(Engine& engine);
  Result<void> load_cut();
  void drop_parts(bool engine_borrows);
  Result<void> check_remote_half(std::int64_t guessed_classes) const;
  Result<void> check_outputs() const;
  Result<void> warm_up();
  Result<void> check_batching(ModelInstance& instance, const PreparedInput& zeros) const;

  BundleFolder bundle_;
  const ModelOptions options_;
  std::shared_ptr<LoadedModel> model_;  // borrows the part's bytes in `bundle_`
  Shape tensor_shape_;
  mutable FreeList<ModelInstance> instances_;
  mutable FreeList<InputPreparer> preparers_;
  mutable FreeList<PreparedInput> inputs_;
  std::unique_ptr<ModelInstance> quick_;
  Duration warm_run_{0};
  std::unique_ptr<ResidentModel>
      remote_half_;  // with a bundle of its own: the part, and a manifest that has it as the model
  std::unique_ptr<ResidentModel> behind_cut_;  // its stages behind the cut; borrow this one's parts
  std::size_t file_bytes_ = 0;
  std::size_t cut_bytes_ = 0;                      // of weights behind a cut
  std::optional<split::FeatureDecoder> features_;  // of a remote half, or a cut
  std::size_t cut_points_ = 0;                     // 0: it is no cut
};
using ModelLease = std::shared_ptr<const ResidentModel>;

// The parts of a bundle that load() needs.
std::vector<std::string> needed_parts(const pipeline::Manifest& manifest);

}  // namespace sluice::server
