#include "core/run/network.hpp"

namespace sluice::run {

Loading gate_loading() {
  Loading loading;
  loading.model.operators = model::gate_operators();
  loading.preprocessors = input::image_preprocessors();
  return loading;
}

}  // namespace sluice::run
