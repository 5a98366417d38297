// Threads for models to run on: an owner of pthreadpool's pool. The core starts no threads of its own accord; who wants them
// makes a ThreadPool and passes get() in LoadOptions::threads. It must outlive the models, and models that share it must not
// run at the same time. A WebAssembly build without threads always gives the single calling thread.
#pragma once

#include <cstddef>
#include <memory>

#include "core/base/result.hpp"

struct pthreadpool;

namespace sluice::model {

class ThreadPool {
 public:
  static constexpr std::size_t kMaxThreads = 256;

  // `threads` counts the calling thread: 1 makes none, 0 takes one for each processor. kInvalidArgument above kMaxThreads.
  static Result<ThreadPool> create(std::size_t threads);

  // nullptr for a single thread.
  pthreadpool* get() const { return pool_.get(); }
  std::size_t thread_count() const;

 private:
  struct Destroy {
    void operator()(pthreadpool* pool) const;
  };
  std::unique_ptr<pthreadpool, Destroy> pool_;
};

}  // namespace sluice::model
