// A doubly linked list of model numbers, each at most once: the queues of FIFO policies. Adding, removing and looking
// next door take constant time and no allocation after reserve(). One thread at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/adapt/residency/model_profile.hpp"

namespace sluice::residency {

class IdList {
 public:
  void reserve(std::size_t models) { links_.resize(std::max(models, links_.size())); }

  bool contains(ModelId model) const { return links_[model].in; }
  ModelId oldest() const { return oldest_; }  // kNoModel when empty
  ModelId newer_than(ModelId model) const { return links_[model].newer; }

  // Precondition: it is not in the list.
  void push_newest(ModelId model) {
    links_[model] = {.older = newest_, .newer = kNoModel, .in = true};
    (newest_ == kNoModel ? oldest_ : links_[newest_].newer) = model;
    newest_ = model;
  }
  // Precondition: it is in the list.
  void remove(ModelId model) {
    const Link link = links_[model];
    (link.older == kNoModel ? oldest_ : links_[link.older].newer) = link.newer;
    (link.newer == kNoModel ? newest_ : links_[link.newer].older) = link.older;
    links_[model] = {};
  }

 private:
  struct Link {
    ModelId older = kNoModel;
    ModelId newer = kNoModel;
    bool in = false;
  };
  std::vector<Link> links_;
  ModelId oldest_ = kNoModel;
  ModelId newest_ = kNoModel;
};

}  // namespace sluice::residency
