// The same milliseconds in WebAssembly: the program that the wasm preset builds of native/bench/exits/exit_times.cpp, under Node.js.
#pragma once

#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>

#include "native/eval/exits/exit_times.hpp"

namespace sluice::eval {

// `program`: the .js file; `folder`: the bundle's. Nothing where the program or Node.js is not there, which `log` (nullptr: silence) is
// told; kExecutionFailed where it ends otherwise than it should.
Result<std::optional<ExitTimes>> time_exits_in_wasm(const std::filesystem::path& program,
                                                    const std::filesystem::path& folder,
                                                    const LabelledPictures& pictures, std::FILE* log);

// What that program prints (times_json()). kExecutionFailed quotes what is nothing of the kind.
Result<ExitTimes> parse_times(const std::string& json);

}  // namespace sluice::eval
