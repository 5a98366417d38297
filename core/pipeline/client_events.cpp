#include "core/pipeline/client_events.hpp"

#include <algorithm>

namespace sluice::pipeline {

bool EncodingList::contains(wire::Encoding encoding) const {
  const auto list = view();
  return std::find(list.begin(), list.end(), encoding) != list.end();
}

}  // namespace sluice::pipeline
