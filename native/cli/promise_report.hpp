// How a live promise stood at the end of a run: lines for people, keys for programs (RUN_JSON.md).
#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <string>

#include "core/pipeline/promise_standing.hpp"

namespace sluice::cli {

std::string promise_table(const pipeline::PromiseStanding& standing);
void write_promise(rapidjson::Writer<rapidjson::StringBuffer>& out, const pipeline::PromiseStanding& standing);

// "the promise is kept: 97.2 % agree by estimate, target 90 %": of a change, in one line.
std::string promise_change(const pipeline::PromiseStanding& standing);

}  // namespace sluice::cli
