#include "core/pipeline/outbox.hpp"

#include <algorithm>

#include "core/wire/codec.hpp"

namespace sluice::pipeline {
namespace {

constexpr std::size_t kMaxSpare = 4;

}  // namespace

std::size_t Outbox::push(const wire::Message& message, std::uint64_t request_id) {
  std::string bytes;
  if (!spare_.empty()) {
    bytes = std::move(spare_.back());
    spare_.pop_back();
  }
  wire::encode(message, bytes);
  const std::size_t size = bytes.size();
  unsent_bytes_ += size;
  entries_.push({std::move(bytes), request_id});
  return size;
}

const std::string* Outbox::take() {
  if (entries_.empty()) return nullptr;
  recycle(std::move(taken_));
  taken_ = entries_.pop().bytes;
  return &taken_;
}

bool Outbox::withdraw(std::uint64_t request_id) {
  return entries_.erase_if([&](const Entry& entry) {
    if (entry.request_id != request_id) return false;
    sent(entry.bytes.size());
    return true;
  }) != 0;
}

void Outbox::clear() {
  entries_.clear();
  unsent_bytes_ = 0;
}

std::size_t Outbox::held_bytes() const {
  std::size_t bytes = 0;
  entries_.each([&](const Entry& entry) { bytes += sizeof(Entry) + entry.bytes.size(); });
  return bytes;
}

void Outbox::sent(std::size_t bytes) { unsent_bytes_ -= std::min(bytes, unsent_bytes_); }

void Outbox::recycle(std::string bytes) {
  if (spare_.size() < kMaxSpare && bytes.capacity() > 64) spare_.push_back(std::move(bytes));
}

}  // namespace sluice::pipeline
