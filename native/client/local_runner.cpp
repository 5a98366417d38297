#include "native/client/local_runner.hpp"

#include <chrono>

namespace sluice::client {

LocalRunner::LocalRunner(output::PictureModel model, Done done)
    : model_(std::move(model)), done_(std::move(done)), thread_([this] { work(); }) {}

LocalRunner::~LocalRunner() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void LocalRunner::post(pipeline::FrameId frame, std::shared_ptr<const HeldPicture> picture) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back({frame, std::move(picture)});
  }
  wake_.notify_one();
}

void LocalRunner::work() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    const auto begin = std::chrono::steady_clock::now();
    Result result = model_.run(job.picture->view());
    const auto spent = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - begin);
    done_(job.frame, std::move(result), spent);
  }
}

}  // namespace sluice::client
