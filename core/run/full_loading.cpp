#include "core/run/network.hpp"

namespace sluice::run {

Loading full_loading() {
  Loading loading;
  loading.model.operators = model::all_operators();
  loading.preprocessors = input::all_preprocessors();
  return loading;
}

}  // namespace sluice::run
