// What a client pipeline is told at the start. Plain data; every limit has its unit in its name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/adapt/choice/cost_weights.hpp"
#include "core/promise/live_promise.hpp"

namespace sluice::pipeline {

enum class QueuePolicy : std::uint8_t {
  kNewestWins,  // live video: at most one input waits; a newer one replaces it (superseded)
  kKeepAll,     // files: every input is answered in its turn; offer() refuses above max_waiting
};

// The routes allowed for an input that no question answered.
enum class ModelPlace : std::uint8_t {
  kRemote,           // server only
  kRemoteElseLocal,  // server, and this device while there is no connection
  kLocal,            // this device only; no connection is made
};

struct ClientOptions {
  std::string client_name = "sluice";
  QueuePolicy queue = QueuePolicy::kNewestWins;
  ModelPlace place = ModelPlace::kRemote;
  // Each input takes the form that is expected to answer it first (placer.hpp), of those that the place and the bundle allow.
  bool place_forms = false;
  // With those: the model on this device runs beside a request whose answer may not be there in time, begun as late as that may be, so that
  // one of the two answers by the deadline. Where `stand_in` names a variant of the model, it is that which runs, and its answer is taken
  // only when the deadline comes.
  bool duplicate = false;
  std::string stand_in;
  // Each input gets the answer, of all that the place and the bundle allow, that is expected to cost least by these weights and keeps its
  // budget and the accuracy target in the mean (answer_chooser.hpp): none, an earlier one, an early exit's, features for the server's half, a
  // small, a whole input or a file for the server's model, the model here. Takes the place of place_forms and duplicate.
  bool choose = false;
  adapt::CostWeights weights = adapt::kUsualWeights;
  float kept_in_time = 0.95F;  // with `choose`: the share of inputs that are to be answered within their budget
  // The accuracy target is kept live (Client::promise_with()): thresholds follow this stream, and a share of the answers without the full model is
  // audited by it afterwards, when there is room. `promise.control.target` is not looked at.
  bool live_promise = false;
  promise::PromiseOptions promise;
  std::uint32_t audit_budget_ms = 10'000;  // of each audit, from the answer to what the full model says of it
  std::uint32_t max_waiting_audits = 8;    // at most 64; one more fails. The driver holds an input for each
  // At the server or on this device; what is on its way there or back comes on top, up to the server's own limit.
  std::uint32_t max_in_flight = 4;
  // Where a bundle shares answers (MANIFEST.md, `reuse`): the server neither hands other clients' answers out here nor ours there.
  bool private_answers = false;
  // Where the model runs by stages here: the mean cost that inputs come to, of the whole model's, above 0 to 1, within what the
  // accuracy target allows (exit_route.hpp); 0: inputs leave as early as the target allows.
  float exits_mean_cost = 0;
  // Of a model in two halves, for pictures of one scene in their order (video): how much older the picture may be whose answer of the
  // remote half is put to a guess that answers alone. What comes too late for its own picture is then of use, and is waited for so long.
  std::uint32_t stale_answer_ms = 0;  // 0: guesses stand alone
  // The least share of inputs on which a variant of the model has to agree with it to answer in its place where the model would be late,
  // above 0 to 1; 0: only the model itself answers.
  float least_agreement = 0;
  std::uint32_t max_waiting = 256;  // for kKeepAll; at most 4096
  std::uint32_t budget_ms = 2000;   // of each input, from offer() to its answer
  std::uint32_t handshake_timeout_ms = 5000;
  std::uint32_t ping_interval_ms = 10'000;
  std::uint32_t pong_timeout_ms = 5000;
  std::uint32_t backoff_first_ms = 250;  // doubles up to backoff_max_ms, with +-20 % jitter from `jitter_seed`
  std::uint32_t backoff_max_ms = 15'000;
  std::uint64_t jitter_seed = 1;
  std::size_t max_message_bytes = std::size_t{16} << 20;
  std::size_t max_unsent_bytes = std::size_t{64} << 10;  // that wait for the socket before another payload is asked for
};

}  // namespace sluice::pipeline
