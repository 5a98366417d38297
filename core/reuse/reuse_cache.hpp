// InFi's REUSE with FoggyCache's vote (MobiCom'22, section 4.2; MobiCom'18): results that the full model gave for earlier
// inputs, kept by embedding, and handed out again for an input whose nearest neighbours stand near enough and agree.
//
// A lookup takes the k nearest entries, drops those not nearer than max_distance (a far neighbourhood is a miss, unanimous or
// not), groups the rest by the agreement function and lets them vote (homogeneity.hpp). What agreement relates need not be
// an equivalence: a moving box agrees with the next and the next, yet the first not with the last. So no class is kept with an
// entry; each lookup groups its neighbours, nearest first, each joining the first group whose nearest member agrees with it.
// That takes k - 1 comparisons when all agree, and what is handed out is the result that every member of the group agreed with.
//
// Never stale: a cache belongs to one version of one bundle and refuses results of another; an entry older than max_age is
// gone. Time never runs backwards in here: an earlier `now` counts as the latest one seen, so a clock that is set back ends
// lives early rather than late.
// Bounded: max_entries and max_bytes, which counts the table, the bookkeeping, the results and what the owner holds beside
// them (hold()). The table is made at creation.
// A result that doesn't fit beside it is refused and everything held stays; else entries are evicted until it fits.
// Results are shared, never copied: one that a caller holds lives on after its entry went. lookup() doesn't allocate.
// Deterministic: the same calls give the same answers on every machine. One thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/base/time.hpp"
#include "core/output/output_tensor.hpp"
#include "core/reuse/eviction.hpp"
#include "core/reuse/homogeneity.hpp"
#include "core/reuse/neighbour_search.hpp"

namespace sluice::reuse {

using Outputs = std::vector<output::OutputTensor>;
using SharedOutputs = std::shared_ptr<const Outputs>;
// Whether two results say the same, symmetrically. Called by lookup(), at most k (k - 1) / 2 times.
using Agrees = std::function<bool(const Outputs&, const Outputs&)>;

struct BundleVersion {
  std::string name;
  std::string version;
  friend bool operator==(const BundleVersion&, const BundleVersion&) = default;
};

struct CacheOptions {
  BundleVersion bundle;
  std::size_t dimension = 0;  // of an embedding
  std::size_t max_entries = 1000;
  std::size_t max_bytes = std::size_t{4} << 20;
  Duration max_age = std::chrono::minutes(10);
  EvictionPolicy eviction = EvictionPolicy::kLru;
  VoteOptions vote;
};

enum class LookupKind : std::uint8_t {
  kHit,
  kFar,      // no entry is nearer than max_distance
  kDivided,  // there are some, and they don't agree enough
};

struct Lookup {
  LookupKind kind = LookupKind::kFar;
  SharedOutputs outputs;                                    // of a hit
  float distance = std::numeric_limits<float>::infinity();  // of the nearest entry; infinity when there is none
  std::size_t voters = 0;
  float homogeneity = 0;  // of the vote; 0 when kFar
  Duration age{0};        // of what is handed out
};

struct CacheStats {
  std::uint64_t hits = 0;
  std::uint64_t far_misses = 0;
  std::uint64_t divided_misses = 0;
  std::uint64_t inserted = 0;
  std::uint64_t refreshed = 0;  // inserted in the place of an entry with the same embedding
  std::uint64_t evicted = 0;
  std::uint64_t expired = 0;
};

class ReuseCache {
 public:
  // kInvalidArgument names the option that is out of its range; kOutOfMemory when max_bytes doesn't hold the empty table.
  static Result<ReuseCache> create(CacheOptions options, Agrees agrees);

  // Entries at this distance or beyond have no vote; 0, the start, reuses nothing.
  void set_max_distance(float max_distance) { max_distance_ = max_distance; }
  float max_distance() const { return max_distance_; }

  // kShapeMismatch or kInvalidArgument when the embedding has another dimension or a value that is not finite.
  Result<Lookup> lookup(std::span<const float> embedding, Instant now);

  // Keeps what the model of `from` answered; `cost` is what a hit will save. An entry with the same embedding is replaced.
  // kBundleVersionMismatch when `from` is not the cache's, kOutOfMemory when the result alone is too large, and lookup()'s.
  Result<void> insert(const BundleVersion& from, std::span<const float> embedding, SharedOutputs outputs, Duration cost,
                      Instant now);

  // Counts `bytes`, all that the owner keeps beside the cache for results that are on their way, against max_bytes, and evicts
  // until they fit. False, and nothing changes, when they are more than a quarter of what max_bytes leaves for results: what is
  // not known yet must not push out what is.
  bool hold(std::size_t bytes);

  void clear();

  std::size_t entries() const { return entries_; }
  std::size_t bytes() const { return fixed_bytes_ + held_bytes_ + result_bytes_; }
  const CacheOptions& options() const { return options_; }
  const CacheStats& stats() const { return stats_; }

 private:
  static constexpr std::uint32_t kNoRow = 0xffffffff;
  static constexpr std::size_t kRowBytes = 128;  // at most, of an entry without its embedding and its result

  struct Entry {
    SharedOutputs outputs;
    Usage usage;
    Instant inserted{};
    std::uint32_t older = kNoRow;  // neighbours in the order of insertion
    std::uint32_t newer = kNoRow;  // of a free row the next free one
  };

  ReuseCache(CacheOptions options, Agrees agrees, EmbeddingTable table);
  Result<void> check(std::span<const float> embedding) const;
  void advance(Instant now);
  Vote vote(std::span<const Neighbour> voters) const;
  void fill(std::uint32_t row, SharedOutputs outputs, std::size_t bytes, Duration cost);
  void release(std::uint32_t row);
  void link_newest(std::uint32_t row);
  void unlink(std::uint32_t row);
  void reset_rows();
  void make_room(std::size_t bytes);
  void evict();

  CacheOptions options_;
  Agrees agrees_;
  EmbeddingTable table_;
  EvictionQueue queue_;
  std::vector<Entry> slots_;  // by row
  std::size_t entries_ = 0;   // slots in use
  std::uint32_t free_ = kNoRow;
  std::uint32_t oldest_ = kNoRow;
  std::uint32_t newest_ = kNoRow;
  std::size_t fixed_bytes_ = 0;
  std::size_t held_bytes_ = 0;  // by the owner, see hold()
  std::size_t result_bytes_ = 0;
  std::uint64_t uses_ = 0;
  float max_distance_ = 0;
  Instant now_{};  // the latest seen; before the first call its start
  CacheStats stats_;
};

}  // namespace sluice::reuse
