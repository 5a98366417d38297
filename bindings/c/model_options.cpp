#include "bindings/c/model_options.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "bindings/c/loading.hpp"

namespace sluice::c {
namespace {

template <typename T>
void override_limit(T& limit, std::uint64_t value) {
  if (value != 0) limit = static_cast<T>(std::min<std::uint64_t>(value, SIZE_MAX));
}

model::ModelLimits limits_of(const sluice_model_options& options) {
  model::ModelLimits limits;
  override_limit(limits.max_model_bytes, options.max_model_bytes);
  override_limit(limits.max_tensor_bytes, options.max_tensor_bytes);
  override_limit(limits.max_total_bytes, options.max_total_bytes);
  override_limit(limits.max_nodes, options.max_nodes);
  override_limit(limits.max_values, options.max_values);
  return limits;
}

}  // namespace

Result<ModelLoading> read_model_options(const sluice_model_options* options) {
  sluice_model_options chosen{};
  if (options != nullptr) {
    const auto record = read_record(options, sizeof(sluice_model_options), "options");
    if (!record) return fail(record.error());
    chosen = *record;
  }
  auto threads = model::ThreadPool::create(chosen.threads == 0 ? 1 : chosen.threads);
  if (!threads) return fail(std::move(threads).error());
  ModelLoading made{std::move(*threads), c::loading()};
  made.loading.model.limits = limits_of(chosen);
  made.loading.model.threads = made.threads.get();
  return made;
}

}  // namespace sluice::c
