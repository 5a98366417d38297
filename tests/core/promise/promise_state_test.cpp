// A promise's state as bytes: it goes on as if nothing had happened, and what is not its own is refused with all its reasons.
#include "core/promise/promise_state.hpp"

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <functional>
#include <limits>
#include <vector>

#include "tests/core/promise/audited_stream.hpp"

using namespace sluice;
using namespace sluice::promise;
using sluice::promise::test::Draws;

namespace {

constexpr StateOwner kFaces{"faces", "1.3.0"};

LivePromise fresh(double target = 0.9, std::size_t questions = 2) {
  const std::vector<ErrorCurve::Rates> expected(questions, ErrorCurve::calibrated());
  auto made = LivePromise::create({.control = {.target = target}}, expected);
  REQUIRE(made.has_value());
  return *std::move(made);
}

// Two questions; audits come at once. What it decided, as text.
std::string go_on(LivePromise& promise, Draws& draws, int inputs) {
  std::string said;
  for (int i = 0; i < inputs; ++i) {
    const std::array scores{static_cast<float>(draws.next()), static_cast<float>(draws.next())};
    const bool wrong = draws.with(static_cast<double>(scores[0]) / 2);
    std::size_t by = 0;
    while (by < 2 && !(scores[by] < promise.threshold(by))) ++by;
    if (by == 2) {
      promise.passed(scores);
      promise.learned(0, scores[0], wrong);
      said += 'm';
      continue;
    }
    const Audit audit = promise.answered(std::span(scores).first(by + 1));
    said += audit.drawn ? 'A' : 'a';
    if (!audit.drawn) continue;
    promise.learned(by, scores[by], wrong);
    REQUIRE(promise.audit_came(audit, wrong).has_value());
  }
  return said;
}

Result<void> restored(const std::string& state, LivePromise& promise, const StateOwner& owner = kFaces) {
  return restore_promise(as_bytes(state), owner, promise);
}

void sign(std::string& state) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (std::size_t i = 0; i + 8 < state.size(); ++i)
    hash = (hash ^ static_cast<unsigned char>(state[i])) * 0x100000001b3ULL;
  for (std::size_t i = 0; i < 8; ++i) state[state.size() - 8 + i] = static_cast<char>(hash >> 8 * i & 0xff);
}

}  // namespace

TEST_CASE("a promise that is restored decides as the one that was saved would have") {
  for (const int before : {0, 7, 500, 3000}) {
    CAPTURE(before);
    LivePromise one = fresh();
    Draws draws(5);
    go_on(one, draws, before);
    const std::string state = save_promise(one, kFaces);
    CHECK(state.size() <= kMostStateBytes);
    LivePromise other = fresh();
    const auto done = restored(state, other);
    if (!done) FAIL(done.error().message);
    CHECK(save_promise(other, kFaces) == state);
    CHECK(other.report().inputs == one.report().inputs);
    CHECK(other.report().proven.most == one.report().proven.most);
    Draws same = draws;
    CHECK(go_on(one, draws, 1000) == go_on(other, same, 1000));
  }
}

TEST_CASE("audits that were under way are counted as failed") {
  LivePromise one = fresh();
  Draws draws(5);
  go_on(one, draws, 500);
  std::uint64_t pending = 0;
  while (pending < 3) {
    const std::array scores{0.0F};
    if (one.answered(scores).drawn) ++pending;
  }
  const PromiseReport before = one.report();
  LivePromise other = fresh();
  REQUIRE(restored(save_promise(one, kFaces), other).has_value());
  CHECK(other.report().pending == 0);
  CHECK(other.report().proven.most == before.proven.most);
}

TEST_CASE("under another target what was learned stays, and what was spent is counted anew") {
  LivePromise one = fresh(0.9);
  Draws draws(5);
  go_on(one, draws, 2000);
  LivePromise other = fresh(0.95);
  REQUIRE(restored(save_promise(one, kFaces), other).has_value());
  CHECK(other.report().inputs == 0);
  CHECK(other.report().target == 0.95);
  CHECK(other.expected_error(0, 0.5F) == doctest::Approx(one.expected_error(0, 0.5F)));
}

TEST_CASE("states that are another's, cut short, edited or impossible are refused, and change nothing") {
  LivePromise one = fresh();
  Draws draws(5);
  go_on(one, draws, 600);
  const std::string state = save_promise(one, kFaces);
  LivePromise other = fresh();
  Draws others(9);
  go_on(other, others, 50);
  const std::string as_it_was = save_promise(other, kFaces);
  const auto refused = [&](const std::string& bytes, const char* why, const StateOwner& owner = kFaces) {
    const auto done = restored(bytes, other, owner);
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().code == ErrorCode::kInvalidArgument);
    CHECK_MESSAGE(done.error().message.find(why) != std::string::npos, done.error().message);
    CHECK(save_promise(other, kFaces) == as_it_was);
  };
  refused("", "does not begin as one");
  refused("GIF89a", "does not begin as one");
  refused(std::string(100'000, 'x'), "does not begin as one");
  refused(state + std::string(kMostStateBytes, 'x'), "is larger than any");
  refused(state, "of version '1.3.0' of bundle 'faces'; here is version '1.4.0' of 'faces'", {"faces", "1.4.0"});
  refused(state, "here is version '1.3.0' of 'hands'", {"hands", "1.3.0"});
  for (std::size_t size = 14; size < state.size(); size += 17) refused(state.substr(0, size), "cut short");
  for (std::size_t at = 14; at < state.size(); at += 13) {
    std::string edited = state;
    edited[at] = static_cast<char>(edited[at] ^ 0x40);
    refused(edited, "changed");
  }
  // With a checksum that is right: numbers that no promise has.
  std::size_t impossible = 0;
  for (std::size_t at = 14 + 6 + 6 + 8; at + 16 <= state.size(); at += 8) {
    std::string edited = state;
    const auto nan = std::bit_cast<std::uint64_t>(std::numeric_limits<double>::quiet_NaN());
    for (std::size_t i = 0; i < 8; ++i) edited[at + i] = static_cast<char>(nan >> 8 * i & 0xff);
    sign(edited);
    LivePromise taken = fresh();
    if (!restored(edited, taken)) ++impossible;
  }
  CHECK(impossible + 1 >= (state.size() - 34) / 8 - 1);  // the sampler's state may be any number
  std::string longer = state;
  longer.insert(longer.size() - 8, 8, '\0');
  sign(longer);
  refused(longer, "no promise has");
}

TEST_CASE("a state of as many questions as there are") {
  LivePromise one = fresh(0.9, 1);
  LivePromise other = fresh(0.9, 2);
  CHECK_FALSE(restored(save_promise(one, kFaces), other).has_value());
}
