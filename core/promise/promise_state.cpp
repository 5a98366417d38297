#include "core/promise/promise_state.hpp"

#include <utility>

#include "core/promise/state_bytes.hpp"

namespace sluice::promise {
namespace {

constexpr std::string_view kMagic = "sluice promise";
constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kMostNameBytes = 256;
constexpr std::size_t kCheckBytes = 8;

// Fowler, Noll and Vo's hash, 64 bits, variant 1a.
std::uint64_t check_of(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3ULL;
  return hash;
}

Failure broken(std::string_view why) {
  return fail(ErrorCode::kInvalidArgument, {"the saved state of a live promise ", why});
}

std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// Takes a text of at most kMostNameBytes, behind a byte with its size.
bool take_text(std::string_view& from, std::string_view& text) {
  if (from.empty() || from.size() - 1 < static_cast<unsigned char>(from[0])) return false;
  const auto size = static_cast<unsigned char>(from[0]);
  text = from.substr(1, size);
  from.remove_prefix(1 + size);
  return true;
}

void add_text(std::string& out, std::string_view text) {
  text = text.substr(0, kMostNameBytes - 1);
  out += static_cast<char>(text.size());
  out += text;
}

}  // namespace

std::string save_promise(const LivePromise& promise, const StateOwner& owner) {
  std::string out(kMagic);
  add_text(out, owner.bundle);
  add_text(out, owner.version);
  StateWriter writer(out);
  writer.count(kFormat);
  LivePromise copy = promise;
  copy.archive(writer);
  const std::uint64_t check = check_of(out);
  writer.count(check);
  return out;
}

Result<void> restore_promise(Bytes state, const StateOwner& owner, LivePromise& promise) {
  std::string_view rest = text_of(state);
  if (!rest.starts_with(kMagic)) return broken("is none: it does not begin as one");
  if (rest.size() > kMostStateBytes) return broken("is larger than any");
  if (rest.size() < kMagic.size() + kCheckBytes) return broken("is cut short");
  std::uint64_t check = 0;
  StateReader(state.last(kCheckBytes)).count(check, ~std::uint64_t{0});
  if (check != check_of(rest.substr(0, rest.size() - kCheckBytes))) return broken("is cut short, or was changed");
  rest.remove_prefix(kMagic.size());
  std::string_view bundle;
  std::string_view version;
  if (!take_text(rest, bundle) || !take_text(rest, version)) return broken("does not say whose it is");
  if (bundle != owner.bundle.substr(0, kMostNameBytes - 1) || version != owner.version.substr(0, kMostNameBytes - 1)) {
    return fail(ErrorCode::kInvalidArgument,
                {"the saved state is of version '", version, "' of bundle '", bundle, "'; here is version '",
                 owner.version, "' of '", owner.bundle, "': begin without it"});
  }
  StateReader reader(state.subspan(state.size() - rest.size(), rest.size() - kCheckBytes));
  std::uint64_t format = 0;
  reader.count(format);
  if (format != kFormat) return broken("is of a kind that this build does not know");
  LivePromise restored = promise;
  restored.archive(reader);
  if (!reader.sound() || !reader.at_end()) return broken("has numbers that no promise has");
  promise.go_on_from(std::move(restored));
  return {};
}

}  // namespace sluice::promise
