// Work on many pictures, shared out among workers: each has a thread and an engine of its own. Returns when all is done. The
// first failure ends the rest and is what is returned.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::eval {

// Told now and then, from one thread at a time.
using SplitProgress = std::function<void(std::size_t done, std::size_t of)>;

// Calls `work(worker, index)`, which gives a Result<void>, for every index below `count`. At least one worker.
template <typename Worker, typename Work>
Result<void> in_parallel(std::vector<Worker>& workers, std::size_t count, const SplitProgress& progress, Work work) {
  constexpr std::size_t kPiece = 50;  // pictures that a thread takes at a time
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> done{0};
  std::mutex mutex;  // guards what follows, and calls of `progress`
  std::optional<Error> failed;
  const auto run = [&](Worker& worker) {
    for (;;) {
      const std::size_t begin = next.fetch_add(kPiece);
      const std::size_t end = std::min(begin + kPiece, count);
      for (std::size_t i = begin; i < end; ++i) {
        if (auto worked = work(worker, i); !worked) {
          const std::lock_guard lock(mutex);
          if (!failed) failed = worked.error();
          next = count;
          return;
        }
      }
      if (begin >= count) return;
      const std::lock_guard lock(mutex);
      progress(done += end - begin, count);
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < workers.size(); ++i) threads.emplace_back(run, std::ref(workers[i]));
  run(workers.front());
  for (std::thread& thread : threads) thread.join();
  if (failed) return fail(*failed);
  return {};
}

}  // namespace sluice::eval
