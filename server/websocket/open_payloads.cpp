#include "server/websocket/open_payloads.hpp"

#include <algorithm>
#include <utility>

namespace sluice::server {

void OpenPayloads::add(std::uint64_t id, JobHandle job, Instant leaves) {
  open_.push_back({id, std::move(job), leaves});
}

std::vector<OpenPayloads::Open>::iterator OpenPayloads::find(std::uint64_t id) {
  return std::find_if(open_.begin(), open_.end(), [&](const Open& one) { return one.id == id; });
}

bool OpenPayloads::append(std::uint64_t id, Bytes part) {
  Job& job = *find(id)->job;
  const std::size_t size = job.request.payload.size() + part.size();
  if (!job.held.resize(job.message->size() + size)) return false;
  if (job.parts.empty()) job.parts = as_text(job.request.payload);
  job.parts += as_text(part);
  job.request.payload = as_bytes(job.parts);
  return true;
}

JobHandle OpenPayloads::take(std::uint64_t id) {
  const auto found = find(id);
  if (found == open_.end()) return nullptr;
  JobHandle job = std::move(found->job);
  open_.erase(found);
  return job;
}

std::optional<OpenPayloads::Open> OpenPayloads::take_due(Instant now) {
  const auto due = std::find_if(open_.begin(), open_.end(), [&](const Open& one) { return one.leaves <= now; });
  if (due == open_.end()) return std::nullopt;
  Open taken = std::move(*due);
  open_.erase(due);
  return taken;
}

Instant OpenPayloads::next_deadline() const {
  Instant next = kNever;
  for (const Open& one : open_) next = std::min(next, one.leaves);
  return next;
}

}  // namespace sluice::server
