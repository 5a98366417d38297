// The lines of a client's decision log, until the caller takes them. A caller who takes none must not cost memory without end, and a log
// with gaps cannot be replayed: above the bound the record ends, and its last line says so. Internal to bindings/c; one thread at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/pipeline/decision_log.hpp"
#include "core/pipeline/ring_queue.hpp"

namespace sluice::c {

class LogLines final : public pipeline::DecisionSink {
 public:
  void line(std::string_view text) override {
    if (ended_) return;
    ended_ = bytes_ + size_of(text) > kMaxWaitingBytes;
    if (ended_) text = pipeline::kLogCutOff;
    waiting_.push(std::string(text));
    bytes_ += size_of(text);
  }

  // The next line, which stays until the next call; nullptr when there is none.
  const std::string* next() {
    if (waiting_.empty()) return nullptr;
    given_ = waiting_.pop();
    bytes_ -= size_of(given_);
    return &given_;
  }
  void clear() {
    waiting_.clear();
    bytes_ = 0;
    ended_ = false;
  }

 private:
  static constexpr std::size_t kMaxWaitingBytes = std::size_t{16} << 20;
  static constexpr std::size_t kLineOverheadBytes = 32;
  static std::size_t size_of(std::string_view text) { return kLineOverheadBytes + text.size(); }

  pipeline::RingQueue<std::string> waiting_;
  std::size_t bytes_ = 0;
  bool ended_ = false;
  std::string given_;
};

}  // namespace sluice::c
