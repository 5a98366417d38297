// Whom the server is fair between: one for each connection, or for each token where there are tokens. Adapters hold it and name it
// in their jobs. What is private belongs to the FairQueue, under the dispatcher's lock.
#pragma once

#include <memory>
#include <vector>

namespace sluice::server {

struct Job;
using JobHandle = std::shared_ptr<Job>;

class Principal {
 public:
  // With twice the share of another it gets twice its service while both wait.
  explicit Principal(double share = 1) : share_(share) {}

 private:
  friend class FairQueue;

  const double share_;
  double used_us_ = 0;              // virtual time: the service it has had, divided by its share
  std::vector<JobHandle> waiting_;  // by deadline
};

}  // namespace sluice::server
