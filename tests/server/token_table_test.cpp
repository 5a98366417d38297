// Accounts of tokens: who is known, at which rate, with which share, and what a new file changes.
#include "server/security/token_table.hpp"

#include <doctest/doctest.h>

#include "server/dispatch/fair_queue.hpp"
#include "server/models/sha256.hpp"

using namespace sluice;
using namespace sluice::server;
using namespace std::chrono_literals;

namespace {

TokenLine line_of(const std::string& name, const std::string& token, double rate = 0, double burst = 0,
                  double share = 1) {
  return {name, sha256_hex(as_bytes(token)).value(), rate, burst, share};
}

std::shared_ptr<TokenAccount> account_of(const TokenTable& table, const std::string& token) {
  const auto found = table.authenticate("Bearer " + token, "");
  return found ? *found : nullptr;
}

JobHandle job_of(const std::shared_ptr<Principal>& principal) {
  auto job = std::make_shared<Job>();
  job->principal = principal;
  job->deadline = Instant{1s};
  job->expected = 20ms;
  return job;
}

}  // namespace

TEST_CASE("a rate lets so many through at once, then as many as time passes, and says how long to wait") {
  RateLimit rate(10, 3);
  Instant time{100s};
  for (int i = 0; i < 3; ++i) CHECK(rate.take(time) == 0ms);
  CHECK(rate.take(time) == 100ms);
  CHECK(rate.take(time) == 100ms);  // a refusal takes nothing
  CHECK(rate.take(time + 50ms) == 50ms);
  CHECK(rate.take(time + 100ms) == 0ms);
  CHECK(rate.take(time + 100ms) == 100ms);
  time += 1h;  // a long pause saves up no more than the burst
  for (int i = 0; i < 3; ++i) CHECK(rate.take(time) == 0ms);
  CHECK(rate.take(time) > 0ms);
  rate.change(1000, 1);  // what was used up stays so
  CHECK(rate.take(time) > 0ms);
  CHECK(rate.take(time + 1ms) == 0ms);
  RateLimit none(0, 1);
  for (int i = 0; i < 1000; ++i) CHECK(none.take(time) == 0ms);
}

TEST_CASE("a token is known by its hash, and an unknown one is named by the beginning of its own") {
  const TokenTable table({line_of("one", "alpha"), line_of("two", "beta")});
  REQUIRE(account_of(table, "alpha"));
  CHECK(account_of(table, "alpha")->name == "one");
  CHECK(account_of(table, "beta")->name == "two");
  CHECK(account_of(table, "alpha") == account_of(table, "alpha"));
  CHECK(account_of(table, "alpha")->principal != account_of(table, "beta")->principal);
  const auto unknown = table.authenticate("Bearer gamma", "");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == ErrorCode::kUnauthenticated);
  const auto hash = sha256_hex(as_bytes(std::string("gamma"))).value();
  CHECK(unknown.error().message.find(hash.substr(0, 8)) != std::string::npos);
  CHECK(unknown.error().message.find(hash.substr(0, 16)) == std::string::npos);
  CHECK(unknown.error().message.find("gamma") == std::string::npos);
  const auto none = table.authenticate("", "sluice.v1");
  REQUIRE_FALSE(none);
  CHECK(none.error().message.find("no token came") != std::string::npos);
  CHECK_FALSE(table.authenticate("Bearer " + hash, ""));  // the hash is no token
}

TEST_CASE("a new file keeps the accounts that it lists, and revokes the others") {
  TokenTable table({line_of("one", "alpha", 2, 2), line_of("two", "beta"), line_of("three", "gamma")});
  const auto one = account_of(table, "alpha");
  const auto two = account_of(table, "beta");
  const auto three = account_of(table, "gamma");
  const auto of_one = one->principal;
  const auto of_three = three->principal;
  const Instant time{100s};
  CHECK_FALSE(one->take_request(time));
  CHECK_FALSE(one->take_request(time));
  const auto refused = one->take_request(time);
  REQUIRE(refused);
  CHECK(refused->error.code == ErrorCode::kRateLimited);
  CHECK(refused->error.message.find("token 'one' may make 2 requests a second") == 0);
  CHECK(refused->retry_after_ms == 500);

  CHECK(table.replace({line_of("uno", "alpha", 2, 2), line_of("three", "gamma", 0, 0, 4), line_of("two", "delta")}) ==
        1);
  CHECK(account_of(table, "alpha") == one);
  CHECK(one->name == "uno");
  CHECK(one->principal == of_one);
  CHECK(one->take_request(time));  // the reload gave nothing back
  CHECK_FALSE(one->revoked);
  CHECK(two->revoked);
  CHECK(account_of(table, "beta") == nullptr);
  CHECK_FALSE(account_of(table, "delta")->revoked);
  CHECK(account_of(table, "gamma") == three);
  CHECK(three->principal != of_three);  // with the new share
}

TEST_CASE("the queue serves tokens by their shares") {
  const TokenTable table({line_of("thrice", "alpha", 0, 0, 3), line_of("once", "beta")});
  const auto thrice = account_of(table, "alpha")->principal;
  const auto once = account_of(table, "beta")->principal;
  FairQueue queue;
  for (int i = 0; i < 80; ++i) {
    queue.push(job_of(thrice));
    queue.push(job_of(once));
  }
  int of_thrice = 0;
  for (int i = 0; i < 80; ++i) of_thrice += queue.pop()->principal == thrice ? 1 : 0;
  CHECK(of_thrice >= 58);
  CHECK(of_thrice <= 62);
}
