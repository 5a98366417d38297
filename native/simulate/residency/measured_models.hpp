// Models as they were measured, and those of a simulation drawn from them. Plain values and functions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/adapt/residency/model_profile.hpp"
#include "core/base/result.hpp"

namespace sluice::simulate {

struct MeasuredModel {
  std::string name;
  double load_s = 0;
  double run_s = 0;
  std::uint64_t bytes = 0;
};

struct SimulatedModel {
  residency::ModelProfile profile;
  Duration run_time{0};
};

// The 26 Keras models of CremeBrulee's profile, see keras_models.cpp.
std::span<const MeasuredModel> keras_models();

// A file of lines NAME,LOAD_S,RUN_S,BYTES under a head that says so. kIoError, or kMalformedMedia with the line: times
// must be finite and not negative, sizes above zero.
Result<std::vector<MeasuredModel>> read_models(const std::filesystem::path& path);

// `count` of them, each one of `measured` at random. Precondition: measured isn't empty.
std::vector<SimulatedModel> draw_models(std::span<const MeasuredModel> measured, std::size_t count, std::uint64_t seed);

std::uint64_t total_bytes(std::span<const SimulatedModel> models);

}  // namespace sluice::simulate
