#include "native/simulate/placement/placement_policy.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "core/adapt/estimate/link_estimate.hpp"
#include "core/adapt/estimate/recursive_least_squares.hpp"
#include "core/adapt/estimate/stage_model.hpp"
#include "core/adapt/estimate/transfer_correction.hpp"
#include "core/adapt/placement/placement.hpp"
#include "core/adapt/placement/shrunk_size.hpp"

namespace sluice::simulate {
namespace {

using adapt::PreprocessAt;

constexpr double kMb = 1e6;

class Always final : public PlacementPolicy {
 public:
  explicit Always(PreprocessAt at) : at_(at) {}
  PreprocessAt choose(const PictureFacts&) override { return at_; }
  void learn(const PictureFacts&, const WayTaken&) override {}

 private:
  PreprocessAt at_;
};

class ShortCircuitAlone final : public PlacementPolicy {
 public:
  PreprocessAt choose(const PictureFacts& facts) override {
    const bool small = adapt::is_short_circuit({}, static_cast<std::uint64_t>(facts.bytes), facts.width, facts.height);
    return small ? PreprocessAt::kServer : PreprocessAt::kDevice;
  }
  void learn(const PictureFacts&, const WayTaken&) override {}
};

adapt::SizeLine line_of(const adapt::RecursiveLeastSquares& fit) {
  return {fit.coefficient(1) * kMb, fit.coefficient(0)};
}

// Ordinary least squares by size alone, as the authors fitted theirs.
class LineFit {
 public:
  LineFit() : fit_(*adapt::RecursiveLeastSquares::create(options())) {}
  void add(double bytes, double took_ms) { (void)fit_.observe(std::array{1.0, bytes}, took_ms); }
  adapt::SizeLine line() const { return line_of(fit_); }

 private:
  static adapt::LeastSquaresOptions options() {
    adapt::LeastSquaresOptions options;
    options.predictors = 2;
    options.typical = {1, kMb};
    options.initial_doubt = {1e5, 1e5};
    options.forgetting = 1;
    return options;
  }
  adapt::RecursiveLeastSquares fit_;
};

struct PieSlicerForm {
  bool shrunk_size = true;  // or 0, as released
  bool inverse = false;
  std::optional<adapt::CorrectionRule> correction;
};

class PieSlicer final : public PlacementPolicy {
 public:
  PieSlicer(const std::vector<BothWays>& seen, const PieSlicerForm& form) : form_(form) {
    LineFit device, transfer, server;
    for (const BothWays& both : seen) {
      device.add(both.facts.bytes, both.device.device_ms);
      for (const WayTaken& way : {both.device, both.server}) {
        transfer.add(way.sent_bytes, way.transfer_ms);
        server.add(way.sent_bytes, way.server_ms);
      }
      note_shrunk(both.device);
    }
    lines_ = {device.line(), transfer.line(), server.line()};
    if (form.correction) correction_.emplace(*form.correction);
  }

  PreprocessAt choose(const PictureFacts& facts) override {
    const double delta_ms = correction_ ? correction_->delta_ms() : 0;
    const auto choice =
        pieslicer_choice(pieslicer_times(lines_, facts.bytes / kMb, form_.shrunk_size ? shrunk_mb_ : 0, delta_ms));
    if (!form_.inverse) return choice;
    return choice == PreprocessAt::kDevice ? PreprocessAt::kServer : PreprocessAt::kDevice;
  }

  void learn(const PictureFacts&, const WayTaken& taken) override {
    if (taken.at == PreprocessAt::kDevice) note_shrunk(taken);
    if (correction_) correction_->observe(taken.transfer_ms - lines_.transfer.at(taken.sent_bytes / kMb));
  }

 private:
  void note_shrunk(const WayTaken& device) {
    ++shrunk_;
    shrunk_mb_ += (device.sent_bytes / kMb - shrunk_mb_) / static_cast<double>(shrunk_);
  }

  PieSlicerForm form_;
  adapt::PieSlicerLines lines_;
  std::optional<adapt::TransferCorrection> correction_;
  double shrunk_mb_ = 0;
  std::size_t shrunk_ = 0;
};

// Online models of every stage in bytes and pixels, and of what shrinking leaves; the placement of the core.
class Online final : public PlacementPolicy {
 public:
  Online(const std::vector<BothWays>& seen, bool by_link) : by_link_(by_link) {
    for (const BothWays& both : seen) {
      learn(both.facts, both.device);
      learn(both.facts, both.server);
    }
  }

  PreprocessAt choose(const PictureFacts& facts) override {
    const double shrunk = std::max(shrunk_size_.predict(shrinking(facts)), 1.0);
    const std::array routes{
        adapt::RouteStages{0,
                           {},
                           transfer(facts.bytes),
                           server_.predict({facts.bytes, facts.pixels()}),
                           static_cast<std::uint64_t>(facts.bytes)},
        adapt::RouteStages{1, device_.predict({facts.bytes, facts.pixels()}), transfer(shrunk),
                           server_.predict({shrunk, facts.shrunk_pixels}), static_cast<std::uint64_t>(shrunk)}};
    const auto placed = adapt::place(routes);
    return placed && placed->route().route == 1 ? PreprocessAt::kDevice : PreprocessAt::kServer;
  }

  void learn(const PictureFacts& facts, const WayTaken& taken) override {
    const bool shrunk = taken.at == PreprocessAt::kDevice;
    if (shrunk) {
      (void)device_.observe({facts.bytes, facts.pixels()}, taken.device_ms);
      (void)shrunk_size_.observe(shrinking(facts), taken.sent_bytes);
    }
    (void)server_.observe({taken.sent_bytes, shrunk ? facts.shrunk_pixels : facts.pixels()}, taken.server_ms);
    (void)line_.observe({taken.sent_bytes, 0}, taken.transfer_ms);
    // Only how long it took is known, not when: any beginning after the last one will do.
    const Instant sent = clock_ + std::chrono::seconds(1);
    clock_ = sent + Duration(static_cast<std::int64_t>(taken.transfer_ms * 1e3));
    link_.observe({static_cast<std::size_t>(taken.sent_bytes), sent, clock_, Duration::zero()});
  }

 private:
  static adapt::ShrinkingFacts shrinking(const PictureFacts& facts) {
    return {facts.bytes, facts.pixels(), facts.shrunk_pixels, facts.quantiser};
  }
  static adapt::StageModel stage(bool by_pixels, double forgetting) {
    adapt::StageOptions options;
    options.by_pixels = by_pixels;
    options.forgetting = forgetting;
    return *adapt::StageModel::create(options);
  }
  adapt::TimeEstimate transfer(double bytes) const {
    return by_link_ ? link_.predict(static_cast<std::size_t>(bytes)) : line_.predict({bytes, 0});
  }

  bool by_link_;
  adapt::StageModel device_ = stage(true, 0.99);
  adapt::StageModel server_ = stage(true, 0.99);
  adapt::StageModel line_ = stage(false, 0.9);
  adapt::LinkEstimate link_{50, 1e6};
  adapt::ShrunkSize shrunk_size_;
  Instant clock_;
};

}  // namespace

Result<std::vector<NamedPolicy>> make_placement_policies(const std::vector<BothWays>& seen) {
  if (seen.empty()) return fail(ErrorCode::kInvalidArgument, "placement policies begin with nothing seen");
  using adapt::CorrectionRule;
  std::vector<NamedPolicy> policies;
  const auto add = [&policies](std::string_view name, std::unique_ptr<PlacementPolicy> policy) {
    policies.push_back({name, std::move(policy)});
  };
  add("always-device", std::make_unique<Always>(PreprocessAt::kDevice));
  add("always-server", std::make_unique<Always>(PreprocessAt::kServer));
  add("short-circuit", std::make_unique<ShortCircuitAlone>());
  add("inverse", std::make_unique<PieSlicer>(seen, PieSlicerForm{true, true, CorrectionRule::kSmoothed}));
  add("pieslicer-released", std::make_unique<PieSlicer>(seen, PieSlicerForm{false, false, std::nullopt}));
  add("pieslicer-diverging", std::make_unique<PieSlicer>(seen, PieSlicerForm{false, false, CorrectionRule::kReleased}));
  add("pieslicer", std::make_unique<PieSlicer>(seen, PieSlicerForm{true, false, CorrectionRule::kSmoothed}));
  add("rls", std::make_unique<Online>(seen, false));
  add(kShippedPolicy, std::make_unique<Online>(seen, true));
  return policies;
}

}  // namespace sluice::simulate
