// What a bundle's questions, and its halves, do at an accuracy target, for those who have no client at hand: reports, evaluations, inspections. Pure
// functions.
#pragma once

#include <optional>
#include <vector>

#include "core/pipeline/manifest.hpp"
#include "core/pipeline/operating_point.hpp"

namespace sluice::pipeline {

// The point that each question takes, in the manifest's order, the target shared out as the client shares it (error_budget.hpp).
std::vector<ChosenPoint> chosen_points(const Manifest& manifest, float accuracy_target);

// Whether no point of any question is strict enough for the target, so that every input goes to the full model.
bool answers_nothing(const Manifest& manifest, float accuracy_target);

// The point that the halves take of what the questions leave; nullopt where none is within it, or the model is not in two halves.
std::optional<SplitPoint> chosen_split_point(const Manifest& manifest, float accuracy_target);

}  // namespace sluice::pipeline
