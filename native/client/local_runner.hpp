// Runs the full model on this device, on a thread of its own, so that neither the network nor the caller waits for it.
// Owns the model and the thread. post() from any thread; results come on the runner's thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "core/base/time.hpp"
#include "core/output/picture_model.hpp"
#include "core/pipeline/answer.hpp"
#include "native/client/held_picture.hpp"

namespace sluice::client {

class LocalRunner {
 public:
  using Result = sluice::Result<std::vector<output::OutputTensor>>;
  using Done = std::function<void(pipeline::FrameId frame, Result result, Duration compute_time)>;

  LocalRunner(output::PictureModel model, Done done);
  ~LocalRunner();  // waits for the run under way; what waits is dropped

  void post(pipeline::FrameId frame, std::shared_ptr<const HeldPicture> picture);

 private:
  struct Job {
    pipeline::FrameId frame = 0;
    std::shared_ptr<const HeldPicture> picture;
  };
  void work();

  output::PictureModel model_;
  Done done_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sluice::client
