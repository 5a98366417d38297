// What a classifier's answer says: the class with the largest value, by its name where the bundle names its classes. Plain functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/pipeline/answer.hpp"

namespace sluice::cli {

// nullopt for answers that are no float32 values of classes, such as detections.
std::optional<std::int64_t> label_of(const pipeline::Answer& answer);

// How many classes that answer tells apart; 0 for other answers.
std::size_t classes_of(const pipeline::Answer& answer);

// Of a model in two halves: how many channels of features the answer follows from, 0 being the guess; nullopt for other answers.
std::optional<std::int32_t> channels_of(const pipeline::Answer& answer);

// Of an early exit, here or on the server behind a cut: the place the input left at, from 0 on; nullopt for other answers.
std::optional<std::int32_t> exit_of(const pipeline::Answer& answer);

// "cat", or "class 3" where there is no name for it.
std::string class_text(std::int64_t label, std::span<const std::string> names);

}  // namespace sluice::cli
