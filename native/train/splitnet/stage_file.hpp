// Where a stage of a training keeps what it made: a name with a hash of the key of its data and options, so that runs that
// share a stage find it done.
#pragma once

#include <filesystem>
#include <string>

namespace sluice::train::splitnet {

// "WORK/reference-855c3aef.checkpoint"
std::filesystem::path stage_file(const std::filesystem::path& work, const std::string& stage, const std::string& key,
                                 const std::string& ending);

}  // namespace sluice::train::splitnet
