#include "core/pipeline/deciders.hpp"

#include <memory>
#include <utility>

#include "core/pipeline/answer_chooser.hpp"
#include "core/pipeline/form_placer.hpp"
#include "core/pipeline/promise_judge.hpp"

namespace sluice::pipeline {

Result<void> add_deciders(Client& client, const Manifest& manifest, const ClientOptions& options) {
  if (options.live_promise) {
    auto judge = PromiseJudge::make(manifest, client.questions());
    if (!judge) return fail(judge.error());
    if (auto made = client.promise_with(*std::move(judge)); !made) return made;
  }
  if (options.choose) {
    const auto agreement = output::Agreement::make(manifest.agree_when);
    if (!agreement) return fail(agreement.error());
    // Where a live promise holds answers against the model's, the choice goes by what that has learned.
    client.choose_with(std::make_unique<AnswerChooser>(manifest, options),
                       options.live_promise ? std::nullopt : std::optional(*agreement));
  } else if (options.place_forms) {
    client.place_with(std::make_unique<FormPlacer>(manifest, options.stand_in));
  }
  return {};
}

}  // namespace sluice::pipeline
