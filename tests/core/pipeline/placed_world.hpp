// A client that places its inputs, on a device, a link and a server whose costs are known here and nowhere else: pictures of a skewed mix of
// sizes, virtual time. For each input it works out what every form would have taken from the moment at which the client decided, so that the
// decision can be held against one that knows everything. Deterministic for a WorldOptions.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "core/pipeline/client.hpp"
#include "core/pipeline/decision_log.hpp"

namespace sluice::pipeline::testing {

struct WorldOptions {
  std::uint64_t seed = 1;
  int inputs = 200;
  Duration every = std::chrono::milliseconds(700);
  std::function<double(Instant)> up_bytes_per_s = [](Instant) { return 1e6; };
  Duration one_way = std::chrono::milliseconds(15);
  double encode_ms_per_megapixel = 14;  // whole
  double shrink_ms_per_megapixel = 22;
  double decode_ms_per_mb = 14;
  double decode_ms_per_megapixel = 6;
  Duration compute = std::chrono::milliseconds(25);
  Duration jitter = std::chrono::milliseconds(6);  // of replies, at most; nobody knows it before
  Duration here = std::chrono::milliseconds(0);    // the model on this device; 0: there is none
  float here_profile_ms = 0;                       // what the bundle says of that; 0: nothing
  bool own_files = true;
  std::string stand_in;  // a variant that runs beside requests
  bool duplicate = false;
  std::optional<adapt::CostWeights> chosen_by;  // answers are chosen by these weights, not placed by time
  std::uint32_t budget_ms = 4000;
  std::function<bool(Instant)> server_silent = [](Instant) { return false; };  // replies wait while it is
};

struct WorldInput {
  std::optional<PlacementRecord> placement;
  std::array<std::optional<double>, kForms> would_take_ms;  // from the decision on
  AnswerKind kind = AnswerKind::kRemote;
  bool stopgap = false;
  bool failed = false;
  Duration took{0};  // from the offer
  std::string reason;

  double best_ms() const;
  // Whether that form was within a twentieth and 2 ms of the best there was.
  bool would_be_right(Form form) const;
  bool is_right() const { return would_be_right(placement->chosen().form); }
};

class PlacedWorld final : private DecisionSink {
 public:
  explicit PlacedWorld(const WorldOptions& options);
  ~PlacedWorld() override;
  void run();

  std::vector<WorldInput> inputs;  // in the order of their numbers, from 1 on
  std::string decisions;
  std::vector<ReplayedEnd> ends;
  ClientOptions client_options;
  Manifest manifest;
  int ran_here = 0;  // runs of a model on this device, finished or not

 private:
  struct Picture {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    double unit_bytes = 0;  // at a relative size of 1
    OwnForm own;
  };

  void line(std::string_view text) override;
  void settle();
  void handle(ClientEvent event);
  void hear(const std::string& message_of_client);
  void answer(std::uint64_t request, std::size_t bytes, double pixels, Instant arrived);
  void offer();
  void ended(InputId input, WorldInput& one, const std::string& how, std::string reason);
  double payload_bytes(const Picture& picture, const Encode& encode) const;
  Instant carried(double bytes, Instant handed) const;
  Duration server_time(double bytes, double pixels) const;
  void consider(WorldInput& one, const Picture& picture) const;
  double would_take(const Picture& picture, const FormSetting& setting) const;
  void at(Instant when, std::function<void()> what) { timeline_.emplace(when, std::move(what)); }

  const WorldOptions options_;
  std::mt19937_64 random_;
  std::unique_ptr<Client> client_;
  std::multimap<Instant, std::function<void()>> timeline_;
  std::map<InputId, Picture> pictures_;
  std::map<InputId, Instant> offered_at_;
  std::map<std::uint64_t, double> sent_pixels_;  // of payloads, by their size
  int offered_ = 0;
  int open_ = 0;
  Instant now_{};
  Instant link_free_{};
};

}  // namespace sluice::pipeline::testing
