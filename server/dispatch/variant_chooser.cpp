#include "server/dispatch/variant_chooser.hpp"

#include <algorithm>

#include "core/adapt/selection/probabilistic_choice.hpp"
#include "core/wire/encoding.hpp"

namespace sluice::server {

namespace {

// Left to a request that has no deadline.
constexpr double kNoDeadlineMs = 3'600'000;

double in_ms(Duration duration) { return static_cast<double>(duration.count()) / 1000; }

adapt::LoadPriceOptions price_options(const ChoiceOptions& options) {
  adapt::LoadPriceOptions price;
  price.workers = options.workers;
  return price;
}

// Nothing is known of a form that never ran: it is taken for a quick one, and then it is known.
adapt::Variant variant_of(ModelForm& form) {
  if (!form.times.known()) {
    const auto model = form.place->use();
    const double ms = model != nullptr ? in_ms(model->warm_run()) : 0;
    if (ms > 0) form.times = adapt::LatencyStatistics(ms, ms / 10);
  }
  adapt::Variant variant;
  variant.accuracy = static_cast<double>(form.agreement);
  variant.mean_ms = form.times.mean_ms();
  variant.deviation_ms = form.times.known() ? form.times.deviation_ms() : 0;
  return variant;
}

}  // namespace

bool find_selection(std::string_view name, ChoiceOptions& options) {
  if (name == "off") {
    options.rule.reset();
  } else if (name == "mdinference") {
    options.rule = adapt::SelectionRule::kMostAccurateInBudget;
  } else if (name == "expected") {
    options.rule = adapt::SelectionRule::kExpectedAccuracy;
  } else {
    return false;
  }
  return true;
}

VariantChooser::VariantChooser(const ChoiceOptions& options)
    : options_(options), price_(price_options(options)), random_(options.seed) {}

// Halves and cuts are of the model itself, and so is what was asked for by HTTP.
bool VariantChooser::may_choose(const Job& job) const {
  return options_.rule && job.served->forms().size() > 1 && job.request.least_agreement > 0 &&
         !wire::is_of_features(job.request.encoding);
}

std::size_t VariantChooser::choose(const Job& job, Instant now, Duration queue, bool resident_only) {
  if (!may_choose(job)) return job.form_index;
  const auto forms = job.served->forms();
  variants_.clear();
  forms_.clear();
  for (std::size_t i = 0; i < forms.size(); ++i) {
    if (i > 0 && forms[i].agreement < job.request.least_agreement) continue;
    const Duration start = forms[i].place->until_resident();
    if (resident_only && forms[i].place->where() != ModelWhere::kResident) continue;
    variants_.push_back(variant_of(forms[i]));
    variants_.back().start_ms = in_ms(start);
    forms_.push_back(i);
  }
  if (forms_.empty()) return job.form_index;
  adapt::Budget budget;
  budget.remaining_ms = job.deadline == kNever ? kNoDeadlineMs : in_ms(job.deadline - now);
  budget.return_ms = in_ms(job.request.return_time);
  budget.queue_ms = in_ms(queue);
  if (options_.probabilistic) {
    const double left = budget.remaining_ms - budget.return_ms - budget.queue_ms;
    const auto by_mean = [](const adapt::Variant& a, const adapt::Variant& b) { return a.mean_ms < b.mean_ms; };
    for (auto& variant : variants_) variant.mean_ms += variant.start_ms;  // the draw knows no start
    const double fastest = std::ranges::min_element(variants_, by_mean)->mean_ms;
    const double draw = std::uniform_real_distribution<double>(0, 1)(random_);
    const auto drawn = adapt::choose_probabilistically(variants_, {left, left - fastest}, draw);
    return drawn ? forms_[*drawn] : job.form_index;
  }
  adapt::SelectionOptions rule;
  rule.rule = *options_.rule;
  rule.price_per_ms = price_.at(now);
  const auto selected = adapt::select_variant(variants_, budget, rule);
  return selected ? forms_[selected->variant] : job.form_index;
}

void VariantChooser::begins(const Job& job, Instant now) {
  if (options_.rule) price_.took_on(job.served->forms()[job.form_index].times.mean_ms(), now);
}

void VariantChooser::took(const Job& job, Duration run) {
  if (!wire::is_of_features(job.request.encoding)) job.served->forms()[job.form_index].times.observe(in_ms(run));
}

}  // namespace sluice::server
