#include "native/cli/audit.hpp"

#include "core/questions/skip/skip_question.hpp"

namespace sluice::cli {
namespace {

constexpr std::size_t kMaxUnderWay = 4;
constexpr std::uint32_t kBudgetMs = 60'000;

}  // namespace

Result<Audit> Audit::open(const std::filesystem::path& bundle, const RunOptions& options) {
  client::GateOptions gate;
  gate.server = options.server;
  gate.ask_filter = false;
  gate.jpeg_quality = options.jpeg_quality;
  gate.pipeline.queue = pipeline::QueuePolicy::kKeepAll;
  gate.pipeline.place = options.place;
  gate.pipeline.budget_ms = options.budget_ms.value_or(kBudgetMs);
  gate.pipeline.jitter_seed = 2;
  auto opened = client::Gate::open(bundle, std::move(gate));
  if (!opened) return fail(opened.error());
  const auto* skip = (*opened)->manifest().find_question<questions::SkipSpec>();
  if (skip == nullptr)
    return fail(ErrorCode::kInvalidArgument, "the bundle has no skip filter, so there is nothing to audit");
  auto rule = output::RedundancyRule::parse(skip->redundant_when);
  if (!rule) return fail(rule.error());
  return Audit(std::move(*opened), std::move(*rule));
}

void Audit::submit(const input::ImageView& skipped, Tally& tally) {
  while (under_way_.size() >= kMaxUnderWay) take_oldest(tally);
  under_way_.push_back(gate_->infer(skipped));
}

void Audit::finish(Tally& tally) {
  while (!under_way_.empty()) take_oldest(tally);
}

void Audit::take_oldest(Tally& tally) {
  const client::Outcome outcome = under_way_.front().get();
  under_way_.pop_front();
  const auto* answer = std::get_if<pipeline::Answer>(&outcome);
  const auto redundant = answer != nullptr ? rule_.redundant(answer->outputs) : Result<bool>(false);
  if (answer == nullptr || !redundant) {
    ++tally.audit_failed;
    return;
  }
  ++tally.audited;
  if (*redundant) ++tally.audit_redundant;
}

}  // namespace sluice::cli
