#include "core/reuse/reuse_cache.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace sluice::reuse {
namespace {

// What things count for, as upper bounds for every machine: pointers are wider natively than in wasm, and the same calls have to
// evict the same entries in both.
constexpr std::size_t kResultBytes = 64;   // the shared vector with its counts
constexpr std::size_t kTensorBytes = 160;  // a tensor's record; its buffer has padding as well
static_assert(sizeof(Outputs) + 2 * sizeof(void*) <= kResultBytes);
static_assert(sizeof(output::OutputTensor) <= kTensorBytes);

std::size_t bytes_of(const Outputs& outputs) {
  std::size_t bytes = kResultBytes;
  for (const output::OutputTensor& output : outputs) {
    bytes += kTensorBytes + output.name.size() + output.tensor.view().bytes.size() + kTensorPadding;
  }
  return bytes;
}

Failure out_of_range(std::string_view option, std::size_t value, std::size_t lowest, std::size_t highest) {
  return fail(ErrorCode::kInvalidArgument, {option, " is ", value, "; it must be ", lowest, " to ", highest});
}

}  // namespace

ReuseCache::ReuseCache(CacheOptions options, Agrees agrees, EmbeddingTable table)
    : options_(std::move(options)),
      agrees_(std::move(agrees)),
      table_(std::move(table)),
      queue_(options_.eviction, options_.max_entries),
      slots_(options_.max_entries) {
  reset_rows();
}

Result<ReuseCache> ReuseCache::create(CacheOptions options, Agrees agrees) {
  const VoteOptions& vote = options.vote;
  if (options.max_entries == 0 || options.max_entries > EmbeddingTable::kMaxRows) {
    return out_of_range("max_entries", options.max_entries, 1, EmbeddingTable::kMaxRows);
  }
  if (vote.neighbours == 0 || vote.neighbours > kMaxNeighbours) {
    return out_of_range("vote.neighbours", vote.neighbours, 1, kMaxNeighbours);
  }
  if (!(vote.min_homogeneity > 0 && vote.min_homogeneity <= 1)) {
    return fail(ErrorCode::kInvalidArgument,
                {"vote.min_homogeneity is ", vote.min_homogeneity, "; it must lie in (0, 1]"});
  }
  if (options.max_age <= Duration::zero()) {
    return fail(ErrorCode::kInvalidArgument,
                {"max_age is ", options.max_age.count(), " microseconds; it must be positive"});
  }
  if (!agrees) return fail(ErrorCode::kInvalidArgument, "a reuse cache needs a function that says when results agree");

  auto table = EmbeddingTable::create(options.dimension, options.max_entries, options.max_bytes);
  if (!table) return fail(table.error());
  static_assert(sizeof(Entry) + EvictionQueue::bytes_per_row() <= kRowBytes);
  const std::size_t bookkeeping = options.max_entries * kRowBytes;
  if (bookkeeping > options.max_bytes - table->bytes()) {
    return fail(ErrorCode::kOutOfMemory,
                {"max_bytes is ", options.max_bytes, ", but ", options.max_entries, " entries of ", options.dimension,
                 " values take ", table->bytes(), " and ", bookkeeping, " before the first result"});
  }
  ReuseCache cache(std::move(options), std::move(agrees), std::move(*table));
  cache.fixed_bytes_ = cache.table_.bytes() + bookkeeping;
  return cache;
}

Result<void> ReuseCache::check(std::span<const float> embedding) const {
  if (embedding.size() != table_.dimension()) {
    return fail(ErrorCode::kShapeMismatch,
                {"the embedding has ", embedding.size(), " values; the cache's have ", table_.dimension()});
  }
  for (std::size_t i = 0; i < embedding.size(); ++i) {
    if (std::isfinite(embedding[i])) continue;
    return fail(ErrorCode::kInvalidArgument,
                {"value ", i, " of the embedding is ", embedding[i], ", which has no distance to anything"});
  }
  return {};
}

// Lets the time pass: entries that are too old go.
void ReuseCache::advance(Instant now) {
  now_ = std::max(now_, now);
  while (oldest_ != kNoRow && now_ - slots_[oldest_].inserted > options_.max_age) {
    const std::uint32_t row = oldest_;
    queue_.remove(row);
    release(row);
    ++stats_.expired;
  }
}

Vote ReuseCache::vote(std::span<const Neighbour> voters) const {
  std::array<std::uint8_t, kMaxNeighbours> groups{};
  for (std::size_t i = 0; i < voters.size(); ++i) {
    const SharedOutputs& outputs = slots_[voters[i].row].outputs;
    std::size_t group = 0;
    for (; group < i; ++group) {
      if (groups[group] != group) continue;  // not the nearest of its group
      const SharedOutputs& nearest = slots_[voters[group].row].outputs;
      if (nearest == outputs || agrees_(*nearest, *outputs)) break;
    }
    groups[i] = static_cast<std::uint8_t>(group);
  }
  return count_votes(voters, std::span(groups).first(voters.size()), options_.vote.form);
}

Result<Lookup> ReuseCache::lookup(std::span<const float> embedding, Instant now) {
  if (auto checked = check(embedding); !checked) return fail(checked.error());
  advance(now);
  std::array<Neighbour, kMaxNeighbours> found;
  const std::size_t count =
      table_.nearest(embedding, EmbeddingTable::kNoBound, std::span(found).first(options_.vote.neighbours));
  Lookup lookup;
  if (count > 0) lookup.distance = found[0].distance;
  while (lookup.voters < count && found[lookup.voters].distance < max_distance_) ++lookup.voters;
  if (lookup.voters == 0) {
    ++stats_.far_misses;
    return lookup;
  }
  const Vote result = vote(std::span(found).first(lookup.voters));
  lookup.homogeneity = result.homogeneity;
  if (!(result.homogeneity >= options_.vote.min_homogeneity)) {
    lookup.kind = LookupKind::kDivided;
    ++stats_.divided_misses;
    return lookup;
  }
  const std::uint32_t row = found[result.winner].row;
  Entry& entry = slots_[row];
  ++entry.usage.hits;
  entry.usage.last_use = ++uses_;
  queue_.update(row, entry.usage);
  lookup.kind = LookupKind::kHit;
  lookup.outputs = entry.outputs;
  lookup.age = now_ - entry.inserted;
  ++stats_.hits;
  return lookup;
}

Result<void> ReuseCache::insert(const BundleVersion& from, std::span<const float> embedding, SharedOutputs outputs,
                                Duration cost, Instant now) {
  if (from != options_.bundle) {
    return fail(ErrorCode::kBundleVersionMismatch,
                {"the result is of bundle '", from.name, "' version '", from.version, "'; the cache holds those of '",
                 options_.bundle.name, "' version '", options_.bundle.version, "'"});
  }
  if (auto checked = check(embedding); !checked) return fail(checked.error());
  if (outputs == nullptr) return fail(ErrorCode::kInvalidArgument, "a result to keep is missing");
  const std::size_t bytes = bytes_of(*outputs);
  const std::size_t room = options_.max_bytes - fixed_bytes_ - held_bytes_;
  if (bytes > room) {
    return fail(ErrorCode::kOutOfMemory,
                {"a result of ", bytes, " bytes doesn't fit into the ", room, " that max_bytes leaves for results"});
  }
  advance(now);

  Neighbour same;
  if (table_.nearest(embedding, 0, std::span(&same, 1)) == 1) {
    queue_.remove(same.row);
    release(same.row);
    ++stats_.refreshed;
  }
  if (free_ == kNoRow) evict();
  make_room(bytes);
  const std::uint32_t row = free_;
  free_ = slots_[row].newer;
  table_.set(row, embedding);
  fill(row, std::move(outputs), bytes, cost);
  return {};
}

bool ReuseCache::hold(std::size_t bytes) {
  if (bytes > (options_.max_bytes - fixed_bytes_) / 4) return false;
  held_bytes_ = 0;
  make_room(bytes);
  held_bytes_ = bytes;
  return true;
}

// Evicts until so many bytes are free; the caller has checked that they can be.
void ReuseCache::make_room(std::size_t bytes) {
  while (bytes > options_.max_bytes - this->bytes()) evict();
}

void ReuseCache::evict() {
  release(queue_.pop());
  ++stats_.evicted;
}

void ReuseCache::fill(std::uint32_t row, SharedOutputs outputs, std::size_t bytes, Duration cost) {
  Entry& entry = slots_[row];
  entry.outputs = std::move(outputs);
  entry.inserted = now_;
  entry.usage = {++uses_, 0, std::max(std::chrono::duration<double, std::milli>(cost).count(), 0.0), bytes};
  result_bytes_ += bytes;
  queue_.add(row, entry.usage);
  link_newest(row);
  ++entries_;
  ++stats_.inserted;
}

// Empties a row that has left the queue.
void ReuseCache::release(std::uint32_t row) {
  Entry& entry = slots_[row];
  unlink(row);
  result_bytes_ -= entry.usage.bytes;
  entry.outputs.reset();
  table_.unset(row);
  entry.newer = free_;
  free_ = row;
  --entries_;
}

void ReuseCache::link_newest(std::uint32_t row) {
  Entry& entry = slots_[row];
  entry.older = newest_;
  entry.newer = kNoRow;
  (newest_ == kNoRow ? oldest_ : slots_[newest_].newer) = row;
  newest_ = row;
}

void ReuseCache::unlink(std::uint32_t row) {
  const Entry& entry = slots_[row];
  (entry.older == kNoRow ? oldest_ : slots_[entry.older].newer) = entry.newer;
  (entry.newer == kNoRow ? newest_ : slots_[entry.newer].older) = entry.older;
}

// Makes every row a free one, the lowest first to use, so that a table in part full is searched in part.
void ReuseCache::reset_rows() {
  free_ = oldest_ = newest_ = kNoRow;
  for (std::size_t row = slots_.size(); row-- > 0;) {
    slots_[row].newer = free_;
    free_ = static_cast<std::uint32_t>(row);
  }
  entries_ = 0;
  result_bytes_ = 0;
}

void ReuseCache::clear() {
  for (Entry& entry : slots_) entry.outputs.reset();
  queue_.clear();
  table_.unset_all();
  reset_rows();
}

}  // namespace sluice::reuse
