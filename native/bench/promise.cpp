// What the statements of a live promise are worth, on made-up streams of which it is known what is wrong:
//   what is proven     how often the truth lies outside, looked at after every input, against the stated rate; how wide it is over time
//   the alarm          how often it is false while the promise is just kept, against the stated rate; how long a change goes unnoticed
//   the whole          streams that an adversary orders: agreement, and what is proven of it; a stream on which everything is needed
//   what it costs      nanoseconds an input, of all of core/promise, in the median of repetitions
//   bench_promise [RUNS = 10000]
// Ends with one line of flat JSON.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <vector>

#include "core/promise/live_promise.hpp"

namespace {

using namespace sluice::promise;
using SteadyClock = std::chrono::steady_clock;

constexpr double kConfidence = 0.95;
constexpr double kAudited = 0.05;
constexpr double kTarget = 0.9;

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

struct Proof {
  double outside = 0;              // share of runs
  std::array<double, 4> widths{};  // mean share of inputs, at kWidthsAt
};
constexpr std::array<std::uint64_t, 4> kWidthsAt{500, 1500, 10'000, 50'000};

AuditedInput drawn(bool wrong, double q, std::mt19937_64& random) {
  const bool audited = std::bernoulli_distribution(q)(random);
  return {.audit_probability = q, .audited = audited, .wrong = audited && wrong};
}

// Errors at 5 %, in bursts: whether the truth was ever outside, looked at after every input.
Proof prove(std::size_t runs, std::size_t inputs) {
  Proof proof;
  std::size_t outside = 0;
  for (std::size_t run = 0; run < runs; ++run) {
    std::mt19937_64 random(run + 1);
    ProvenErrors proven = *ProvenErrors::create(kConfidence);
    std::uint64_t errors = 0;
    bool ever = false;
    for (std::size_t i = 0; i < inputs && !ever; ++i) {
      const bool burst = i / 100 % 4 == 0;
      const bool wrong = std::bernoulli_distribution(burst ? 0.17 : 0.01)(random);
      errors += wrong ? 1 : 0;
      static_cast<void>(proven.count(drawn(wrong, kAudited, random)));
      const ErrorInterval now = proven.errors();
      ever = errors < now.least || errors > now.most;
    }
    outside += ever ? 1 : 0;
  }
  proof.outside = static_cast<double>(outside) / static_cast<double>(runs);
  constexpr std::size_t kWidthRuns = 20;
  for (std::size_t run = 0; run < kWidthRuns; ++run) {
    std::mt19937_64 random(run + 1);
    ProvenErrors proven = *ProvenErrors::create(kConfidence);
    std::size_t at = 0;
    for (std::uint64_t i = 1; at < kWidthsAt.size(); ++i) {
      static_cast<void>(proven.count(drawn(std::bernoulli_distribution(0.05)(random), kAudited, random)));
      if (i != kWidthsAt[at]) continue;
      const ErrorInterval now = proven.errors();
      proof.widths[at++] += static_cast<double>(now.most - now.least) / static_cast<double>(i) / kWidthRuns;
    }
  }
  return proof;
}

// Inputs until it goes off, at most so many; errors at `before` for the first 2000 inputs, then at `after`.
double until_alarm(double before, double after, std::uint64_t seed, std::uint64_t most, std::uint64_t* false_alarms) {
  constexpr std::uint64_t kCalm = 2000;
  std::mt19937_64 random(seed);
  ErrorAlarm alarm = *ErrorAlarm::create({kTarget, 100'000});
  for (std::uint64_t i = 0; i < kCalm + most; ++i) {
    const bool wrong = std::bernoulli_distribution(i < kCalm ? before : after)(random);
    const auto rang = alarm.count(drawn(wrong, kAudited, random));
    if (!rang || !*rang) continue;
    if (i >= kCalm) return static_cast<double>(i - kCalm + 1);
    if (false_alarms != nullptr) ++*false_alarms;
  }
  return static_cast<double>(most);
}

struct Whole {
  double agreement = 1;
  double worst = 1;
  double answered = 0;  // share
  double unproven = 0;  // share of streams of which what was proven is not so
  double audits = 0;
};

// A stream's input: its score, and whether an answer there would be wrong. `answers`: whether the gate answers scores like that now, as
// an adversary who knows it all would see.
using Adversary = std::function<std::pair<float, bool>(std::uint64_t i, const LivePromise& promise, std::mt19937_64&)>;

Whole play(std::size_t streams, std::uint64_t inputs, const Adversary& next) {
  Whole whole;
  const std::vector expected{ErrorCurve::calibrated()};
  for (std::size_t stream = 0; stream < streams; ++stream) {
    std::mt19937_64 random(stream + 1);
    LivePromise promise =
        *LivePromise::create({.control = {.target = kTarget}, .audits = {.seed = stream + 1}}, expected);
    std::uint64_t wrong_answers = 0;
    for (std::uint64_t i = 0; i < inputs; ++i) {
      const auto [score, wrong] = next(i, promise, random);
      const std::array scores{score};
      if (score < promise.threshold(0)) {
        wrong_answers += wrong ? 1 : 0;
        const Audit audit = promise.answered(scores);
        if (audit.drawn) {
          promise.learned(0, score, wrong);
          static_cast<void>(promise.audit_came(audit, wrong));
        }
      } else {
        promise.passed(scores);
        promise.learned(0, score, wrong);
      }
    }
    const PromiseReport report = promise.report();
    const double agreement = 1 - static_cast<double>(wrong_answers) / static_cast<double>(inputs);
    whole.agreement += (agreement - 1) / static_cast<double>(streams);
    whole.worst = std::min(whole.worst, agreement);
    whole.answered += static_cast<double>(report.answered) / static_cast<double>(inputs * streams);
    whole.audits += static_cast<double>(report.audits) / static_cast<double>(inputs * streams);
    const bool held = wrong_answers >= report.proven.least && wrong_answers <= report.proven.most;
    whole.unproven += held ? 0 : 1 / static_cast<double>(streams);
  }
  return whole;
}

float low_score(std::mt19937_64& random) { return std::uniform_real_distribution<float>(0, 0.3F)(random); }

double nanoseconds_an_input() {
  constexpr std::uint64_t kInputs = 20'000;
  constexpr std::size_t kRepetitions = 15;
  std::vector<double> times;
  for (std::size_t i = 0; i < kRepetitions; ++i) {
    const auto began = SteadyClock::now();
    play(1, kInputs, [](std::uint64_t, const LivePromise&, std::mt19937_64& random) {
      const float score = low_score(random);
      return std::pair(score, std::bernoulli_distribution(static_cast<double>(score))(random));
    });
    const std::chrono::duration<double, std::nano> took = SteadyClock::now() - began;
    times.push_back(took.count() / kInputs);
  }
  return median(times);
}

void say(const char* name, const Whole& whole) {
  std::printf("  %-44s %6.2f %% %6.2f %% %8.1f %% %7.1f %% %8.1f %%\n", name, 100 * whole.agreement, 100 * whole.worst,
              100 * whole.answered, 100 * whole.audits, 100 * whole.unproven);
}

}  // namespace

int main(int argc, char** argv) {
  const long runs = argc > 1 ? std::strtol(argv[1], nullptr, 10) : 10'000;
  if (runs < 1 || argc > 2) {
    std::fputs("usage: bench_promise [RUNS = 10000]\n", stderr);
    return 2;
  }
  const Proof proof = prove(static_cast<std::size_t>(runs), 1500);
  std::printf(
      "proven, with %.0f %% confidence, %.0f %% audited, 5 %% wrong in bursts, looked at after each of 1500 inputs:\n",
      100 * kConfidence, 100 * kAudited);
  std::printf("  the truth was ever outside in %.2f %% of %ld runs\n", 100 * proof.outside, runs);
  for (std::size_t i = 0; i < kWidthsAt.size(); ++i) {
    std::printf("  after %6llu inputs it is %.1f %% of them wide\n", static_cast<unsigned long long>(kWidthsAt[i]),
                100 * proof.widths[i]);
  }
  constexpr std::uint64_t kCalmInputs = 200'000;
  constexpr std::uint64_t kCalmRuns = 50;
  std::uint64_t false_alarms = 0;
  for (std::uint64_t run = 0; run < kCalmRuns; ++run) {
    std::mt19937_64 random(run + 1);
    ErrorAlarm alarm = *ErrorAlarm::create({kTarget, 100'000});
    for (std::uint64_t i = 0; i < kCalmInputs; ++i) {
      const auto rang = alarm.count(drawn(std::bernoulli_distribution(1 - kTarget)(random), kAudited, random));
      if (rang && *rang) ++false_alarms;
    }
  }
  const double per_100k = static_cast<double>(false_alarms) * 100'000 / static_cast<double>(kCalmInputs * kCalmRuns);
  std::printf(
      "the alarm, one false in 100,000 inputs allowed: %.2f with exactly as many wrong as allowed; inputs until it\n"
      "goes off, in the median, from 5 %% wrong to",
      per_100k);
  std::array<double, 3> delays{};
  constexpr std::array kChanges{0.6, 0.3, 0.15};
  for (std::size_t i = 0; i < kChanges.size(); ++i) {
    std::vector<double> all;
    for (std::uint64_t seed = 1; seed <= 101; ++seed)
      all.push_back(until_alarm(0.05, kChanges[i], seed, 100'000, nullptr));
    delays[i] = median(all);
    std::printf(" %.0f %%: %.0f%s", 100 * kChanges[i], delays[i], i + 1 < kChanges.size() ? "," : "\n");
  }

  constexpr std::size_t kStreams = 200;
  constexpr std::uint64_t kInputs = 3000;
  std::printf("whole promises, target %.0f %%, %zu streams of %llu inputs\n", 100 * kTarget, kStreams,
              static_cast<unsigned long long>(kInputs));
  std::puts("                                                 agreement   worst  answered  audited  unproven");
  const Whole honest = play(kStreams, kInputs, [](std::uint64_t, const LivePromise&, std::mt19937_64& random) {
    const float score = std::uniform_real_distribution<float>(0, 1)(random);
    return std::pair(score, std::bernoulli_distribution(static_cast<double>(score))(random));
  });
  say("scores that are what they say", honest);
  const Whole turning = play(kStreams, kInputs, [](std::uint64_t i, const LivePromise&, std::mt19937_64& random) {
    return std::pair(low_score(random), i >= kInputs / 2);
  });
  say("quiet, then everything wrong at the same scores", turning);
  const Whole late = play(kStreams, kInputs, [](std::uint64_t i, const LivePromise&, std::mt19937_64& random) {
    return std::pair(low_score(random), i >= kInputs - kInputs / 10);
  });
  say("the last tenth wrong", late);
  const Whole rare = play(kStreams, kInputs, [](std::uint64_t i, const LivePromise& promise, std::mt19937_64& random) {
    // Wrong where the promise expects it the least, and so audits the least.
    const float score = low_score(random);
    return std::pair(score, i > 200 && promise.expected_error(0, score) < 0.02);
  });
  say("wrong where audits are rarest", rare);
  const Whole needed = play(kStreams, kInputs, [](std::uint64_t, const LivePromise&, std::mt19937_64& random) {
    return std::pair(std::uniform_real_distribution<float>(0, 1)(random), true);
  });
  say("everything needed, whatever the score", needed);
  const double cost = nanoseconds_an_input();
  std::printf("all of it: %.0f ns an input\n", cost);
  std::printf(
      "{\"proven_outside\":%.5f,\"proven_outside_allowed\":%.2f,\"proven_runs\":%ld,\"proven_width_500\":%.4f,"
      "\"proven_width_1500\":%.4f,\"proven_width_10000\":%.4f,\"proven_width_50000\":%.4f,\"false_alarms_per_100000\":%"
      ".3f,"
      "\"delay_60\":%.0f,\"delay_30\":%.0f,\"delay_15\":%.0f,\"agreement_honest_worst\":%.4f,\"agreement_turning_"
      "worst\":%.4f,"
      "\"agreement_late_worst\":%.4f,\"agreement_rare_worst\":%.4f,\"answered_turning\":%.4f,\"answered_honest\":%.4f,"
      "\"answered_needed\":%.4f,\"unproven_worst\":%.4f,\"ns_an_input\":%.0f}\n",
      proof.outside, 1 - kConfidence, runs, proof.widths[0], proof.widths[1], proof.widths[2], proof.widths[3],
      per_100k, delays[0], delays[1], delays[2], honest.worst, turning.worst, late.worst, rare.worst, turning.answered,
      honest.answered, needed.answered,
      std::max({honest.unproven, turning.unproven, late.unproven, rare.unproven, needed.unproven}), cost);
  return 0;
}
