// A thread of its own that does what the pipeline wants done for inputs (encode, run the model), one after the other in the
// order of post(), so that neither the network nor the caller waits for it. post() from any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "core/pipeline/client_events.hpp"
#include "native/client/held_input.hpp"

namespace sluice::client {

// The copy of an input that several threads look at. Written before it is shared.
struct SharedInput {
  HeldInput held;
  std::atomic<bool> ended = false;  // its outcome is there: work for it need not be done
};

class Worker {
 public:
  // Called on the worker's thread.
  using Do = std::function<void(const pipeline::RunWanted& wanted, const input::InputView& input)>;

  explicit Worker(Do work);
  ~Worker() { stop(); }

  void post(pipeline::RunWanted wanted, std::shared_ptr<const SharedInput> input);
  // Waits for the job under way; what waits is dropped, as is what comes later. Not from the worker's thread.
  void stop();

 private:
  struct Job {
    pipeline::RunWanted wanted;
    std::shared_ptr<const SharedInput> input;
  };
  void run();

  Do work_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sluice::client
