// What a server of the tests offers: a fixed list.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/pipeline/session.hpp"

namespace sluice::pipeline::testing {

class BundleList final : public ServedBundles {
 public:
  BundleList(std::initializer_list<ServedBundle> bundles) {
    for (const auto& one : bundles) bundles_.push_back(std::make_shared<const ServedBundle>(one));
  }

  BundleLease find(std::string_view name) const override {
    const auto found =
        std::find_if(bundles_.begin(), bundles_.end(), [&](const auto& one) { return one->name == name; });
    return found == bundles_.end() ? nullptr : *found;
  }
  std::string names() const override {
    std::string text;
    for (const auto& one : bundles_) text += (text.empty() ? "" : ", ") + one->name;
    return text;
  }

 private:
  std::vector<BundleLease> bundles_;
};

}  // namespace sluice::pipeline::testing
