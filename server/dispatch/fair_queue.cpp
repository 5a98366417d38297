#include "server/dispatch/fair_queue.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sluice::server {

FairQueue::~FairQueue() {
  for (const auto& principal : active_) principal->waiting_.clear();
}

void FairQueue::push(JobHandle job) {
  const auto& principal = job->principal;
  if (principal->waiting_.empty()) {
    principal->used_us_ = std::max(principal->used_us_, now_us_);  // idle time is not saved up
    active_.push_back(principal);
  }
  auto& waiting = principal->waiting_;
  const auto place = std::upper_bound(waiting.begin(), waiting.end(), job->deadline,
                                      [](Instant deadline, const JobHandle& one) { return deadline < one->deadline; });
  waiting.insert(place, std::move(job));
  ++size_;
}

JobHandle FairQueue::pop() {
  return pop([](const Job&) { return true; });
}

JobHandle FairQueue::pop(const std::function<bool(const Job&)>& wanted) {
  auto best = active_.end();
  std::size_t best_index = 0;
  double best_turn = 0;
  for (auto one = active_.begin(); one != active_.end(); ++one) {
    const auto& waiting = (*one)->waiting_;
    const auto job = std::find_if(waiting.begin(), waiting.end(), [&](const JobHandle& each) { return wanted(*each); });
    if (job == waiting.end()) continue;
    const double turn = std::floor((*one)->used_us_ / kQuantumUs);
    if (best != active_.end()) {
      if (turn > best_turn) continue;
      if (turn == best_turn && (*job)->deadline >= (*best)->waiting_[best_index]->deadline) continue;
    }
    best = one;
    best_index = static_cast<std::size_t>(job - waiting.begin());
    best_turn = turn;
  }
  if (best == active_.end()) return nullptr;
  Principal& principal = **best;
  now_us_ = std::max(now_us_, principal.used_us_);
  const Duration expected = principal.waiting_[best_index]->expected;
  principal.used_us_ += static_cast<double>(expected.count()) / principal.share_;
  return take(best, best_index);
}

JobHandle FairQueue::take(Principals::const_iterator from, std::size_t index) {
  auto& waiting = (*from)->waiting_;
  auto job = std::move(waiting[index]);
  waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(index));
  if (waiting.empty()) active_.erase(from);
  --size_;
  return job;
}

void FairQueue::correct(Principal& principal, Duration difference) {
  principal.used_us_ += static_cast<double>(difference.count()) / principal.share_;
}

bool FairQueue::erase(const Job& job) {
  const auto from = std::find(active_.begin(), active_.end(), job.principal);
  if (from == active_.end()) return false;
  const auto& waiting = (*from)->waiting_;
  const auto found =
      std::find_if(waiting.begin(), waiting.end(), [&](const JobHandle& one) { return one.get() == &job; });
  if (found == waiting.end()) return false;
  take(from, static_cast<std::size_t>(found - waiting.begin()));
  return true;
}

FairQueue::Principals::const_iterator FairQueue::longest() const {
  return std::max_element(active_.begin(), active_.end(),
                          [](const auto& a, const auto& b) { return a->waiting_.size() < b->waiting_.size(); });
}

bool FairQueue::can_evict_for(const Principal& newcomer) const {
  const auto most = longest();
  return most != active_.end() && (*most)->waiting_.size() >= newcomer.waiting_.size() + 2;
}

JobHandle FairQueue::evict_for(const Principal& newcomer) {
  if (!can_evict_for(newcomer)) return nullptr;
  const auto most = longest();
  return take(most, (*most)->waiting_.size() - 1);
}

}  // namespace sluice::server
