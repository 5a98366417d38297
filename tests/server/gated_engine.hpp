// A real engine whose runs wait at a gate that the test opens, so that tests of queues, deadlines and drains decide what is
// running and what is waiting instead of guessing from times.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

#include "server/engine/engine.hpp"

namespace sluice::test {

class Gate {
 public:
  void close();
  void open();
  // Lets so many runs through a closed gate, once they come, and returns when they have passed (or a minute has: false).
  bool let_through(int runs);
  // Returns once so many runs stand at the gate (or a minute has passed: false).
  bool await_waiting(int runs);
  void pass();  // by the stage

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  int waiting_ = 0;
  int let_through_ = 0;
};

std::unique_ptr<server::Engine> gated(std::unique_ptr<server::Engine> engine, std::shared_ptr<Gate> gate);

}  // namespace sluice::test
