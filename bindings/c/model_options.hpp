// How models are loaded through the C interface: the caller's options, and the threads that a model borrows. Internal to bindings/c.
#pragma once

#include "bindings/c/records.hpp"
#include "core/model/model.hpp"
#include "core/model/thread_pool.hpp"
#include "core/run/network.hpp"

namespace sluice::c {

struct ModelLoading {
  model::ThreadPool threads;  // outlives every model that is loaded with `loading`, which borrows it
  run::Loading loading;       // with the caller's limits
};

// `options` may be nullptr. kInvalidArgument for a record that is too small, and the errors of ThreadPool::create().
Result<ModelLoading> read_model_options(const sluice_model_options* options);

}  // namespace sluice::c
