// What `sluice run` was asked for. Plain data.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "native/client/gate.hpp"

namespace sluice::cli {

enum class PlaceChoice : std::uint8_t { kRemote, kRemoteElseLocal, kLocal, kRemoteAuto, kAuto, kChoice };

struct RunOptions {
  std::string bundle;
  std::string server = "ws://127.0.0.1:8080";
  std::string input;
  std::filesystem::path token_file;                 // empty: the token of $SLUICE_TOKEN, if there is one
  std::filesystem::path ca_file;                    // certificates to trust beside the system's
  std::string token;                                // from either
  PlaceChoice place_choice = PlaceChoice::kRemote;  // as it was asked for; the next four follow from it
  pipeline::ModelPlace place = pipeline::ModelPlace::kRemote;
  bool place_forms = false;
  bool duplicate = false;
  bool choose = false;
  adapt::CostWeights weights = adapt::kUsualWeights;
  float kept_in_time = 0.95F;
  std::string stand_in;                         // a variant of the model
  std::optional<pipeline::QueuePolicy> policy;  // unset: newest for a camera, all for files
  std::optional<float> target;
  std::uint32_t jpeg_quality = 85;
  std::uint32_t max_in_flight = 4;
  std::optional<std::uint32_t> budget_ms;  // unset: 2 s where newer frames win, a minute where all are kept
  std::uint32_t connect_timeout_ms = 5'000;
  std::uint32_t give_up_ms = 30'000;  // without a connection
  std::uint64_t max_frames = 0;       // 0: all
  bool realtime = false;
  bool live_promise = false;            // the target is kept live
  std::filesystem::path promise_state;  // its state is read from there, where it is, and written there at the end
  bool audit = false;
  bool private_answers = false;
  std::uint32_t stale_answer_ms = 0;  // of a model in two halves; 0: guesses stand alone
  bool split = true;                  // of a model in two halves the device half runs here
  bool exits = true;                  // a model with early exits runs here by stages
  float least_agreement = 0;          // of a variant that may answer in the model's place; 0: none may
  float exits_mean_cost = 0;          // of the model's, that inputs come to; 0: as little as the target allows
  bool json = false;
  bool quiet = false;
  std::filesystem::path save_boxes;
  std::filesystem::path record;  // the decision log
};

// What of that says which part of a model runs on this machine, for client::runs_exits() and its like.
client::GateOptions run_here(const RunOptions& options);

}  // namespace sluice::cli
