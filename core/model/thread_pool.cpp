#include "core/model/thread_pool.hpp"

#include <pthreadpool.h>

#include <string>

namespace sluice::model {

void ThreadPool::Destroy::operator()(pthreadpool* pool) const { pthreadpool_destroy(pool); }

Result<ThreadPool> ThreadPool::create(std::size_t threads) {
  if (threads > kMaxThreads) {
    return fail(ErrorCode::kInvalidArgument, {threads, " threads; at most ", kMaxThreads});
  }
  ThreadPool made;
  if (threads == 1) return made;
  made.pool_.reset(pthreadpool_create(threads));
  if (made.pool_ == nullptr && threads != 0) {
    return fail(ErrorCode::kUnsupportedEnvironment, {"cannot start ", threads, " threads"});
  }
  return made;
}

std::size_t ThreadPool::thread_count() const {
  return pool_ == nullptr ? 1 : pthreadpool_get_threads_count(pool_.get());
}

}  // namespace sluice::model
