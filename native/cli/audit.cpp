#include "native/cli/audit.hpp"

#include <chrono>

namespace sluice::cli {
namespace {

constexpr std::size_t kMaxUnderWay = 4;
constexpr std::uint32_t kBudgetMs = 60'000;

}  // namespace

Result<Audit> Audit::open(const std::string& bundle, const RunOptions& options) {
  client::GateOptions gate;
  gate.server = options.server;
  gate.token = options.token;
  gate.ca_file = options.ca_file;
  gate.ask_filter = false;
  gate.split = false;
  gate.exits = false;
  gate.jpeg_quality = options.jpeg_quality;
  gate.pipeline.queue = pipeline::QueuePolicy::kKeepAll;
  gate.pipeline.place = options.place;
  gate.pipeline.budget_ms = options.budget_ms.value_or(kBudgetMs);
  gate.pipeline.jitter_seed = 2;
  auto opened = client::Gate::open(bundle, std::move(gate));
  if (!opened) return fail(opened.error());
  const pipeline::Manifest manifest = (*opened)->manifest();
  if (manifest.questions.empty())
    return fail(ErrorCode::kInvalidArgument,
                "the bundle asks no question, so there is nothing to audit; `sluice eval` measures exits and halves on "
                "labelled pictures");
  const auto agreement = output::Agreement::make(manifest.agree_when);
  if (!agreement) return fail(agreement.error());
  return Audit(std::move(*opened), *agreement);
}

void Audit::submit(const input::ImageView& picture, std::vector<output::OutputTensor> outputs, Tally& tally,
                   const GoesOn& goes_on) {
  while (under_way_.size() >= kMaxUnderWay) take_oldest(tally, goes_on);
  under_way_.push_back({gate_->infer(picture), std::move(outputs)});
}

void Audit::finish(Tally& tally, const GoesOn& goes_on) {
  while (!under_way_.empty()) take_oldest(tally, goes_on);
}

void Audit::take_oldest(Tally& tally, const GoesOn& goes_on) {
  Check check = std::move(under_way_.front());
  under_way_.pop_front();
  while (check.full.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready) {
    if (goes_on()) continue;
    ++tally.audit_failed;
    return;
  }
  const client::Outcome outcome = check.full.get();
  const auto* answer = std::get_if<pipeline::Answer>(&outcome);
  const auto agrees = answer != nullptr ? agreement_.agrees(check.answered, answer->outputs) : Result<bool>(false);
  if (answer == nullptr || !agrees) {
    ++tally.audit_failed;
    return;
  }
  ++tally.audited;
  if (*agrees) ++tally.audit_agreed;
}

}  // namespace sluice::cli
