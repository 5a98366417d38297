#include "native/client/worker.hpp"

namespace sluice::client {

Worker::Worker(Do work) : work_(std::move(work)), thread_([this] { run(); }) {}

void Worker::post(pipeline::RunWanted wanted, std::shared_ptr<const SharedInput> input) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    jobs_.push_back({std::move(wanted), std::move(input)});
  }
  wake_.notify_one();
}

void Worker::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    jobs_.clear();
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Worker::run() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    if (!job.input->ended) work_(job.wanted, job.input->held.view());
  }
}

}  // namespace sluice::client
