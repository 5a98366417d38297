// What a live promise has learned and spent, as bytes that outlive the program: curves, thresholds, audits and what is proven of them. Of one
// version of one bundle, which the bytes name; some kB (kMostStateBytes), the same on every machine; with a checksum against what breaks files,
// not against who forges them: whoever can write the state of a device can make it skip more than the target allows, and audits then find that.
// A promise that is restored goes on exactly as the one that was saved would have, but for audits that were under way: those count as failed.
#pragma once

#include <string>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"
#include "core/promise/live_promise.hpp"

namespace sluice::promise {

inline constexpr std::size_t kMostStateBytes = 16 << 10;

struct StateOwner {
  std::string_view bundle;
  std::string_view version;
};

std::string save_promise(const LivePromise& promise, const StateOwner& owner);

// Into a promise that was made with the same options and has seen nothing yet. One saved under another target keeps what was learned, and what was
// spent is counted anew. kInvalidArgument says what is wrong with the bytes: another bundle's, another version's, cut short, edited, of a
// newer kind, or with numbers that no promise has; `promise` is as before then.
Result<void> restore_promise(Bytes state, const StateOwner& owner, LivePromise& promise);

}  // namespace sluice::promise
