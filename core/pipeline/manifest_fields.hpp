// The fields that several sections of a manifest share: names, references to parts, inputs, operating points. Inside the
// manifest's reader and writer, and the sections of questions.
#pragma once

#include <string>
#include <vector>

#include "core/pipeline/json_object.hpp"
#include "core/pipeline/json_writer.hpp"
#include "core/pipeline/manifest.hpp"

namespace sluice::pipeline {

std::string read_name(const JsonObject& from, std::string_view field);  // [a-z0-9-]{1,64}
// The name of one of the manifest's parts.
std::string read_part_reference(const JsonObject& from, const Manifest& manifest, std::string_view field = "part");

input::InputSpec read_input(const JsonObject& owner);
// A question's, which must take what the model takes: both are given the same input. Needs the model's to have been read.
input::InputSpec read_question_input(const JsonObject& owner, const Manifest& manifest);
void write_input(JsonWriter& out, const input::InputSpec& spec);

// Growing targets; thresholds up to `max_threshold`.
std::vector<OperatingPoint> read_operating_points(const JsonObject& owner, double max_threshold);
void write_operating_points(JsonWriter& out, const std::vector<OperatingPoint>& points);

// `error_share`, in (0, 1]; 1 where it is missing.
float read_error_share(const JsonObject& from);

// The section `variants`, of both lists of sections.
void read_variants(const JsonObject& root, Manifest& manifest);

}  // namespace sluice::pipeline
