#include "native/train/splitnet/stage_file.hpp"

#include <span>

#include "native/bundle/sha256.hpp"

namespace sluice::train::splitnet {

std::filesystem::path stage_file(const std::filesystem::path& work, const std::string& stage, const std::string& key,
                                 const std::string& ending) {
  const auto hash = bundle::sha256_hex(std::as_bytes(std::span(key)));
  return work / (stage + '-' + (hash ? hash->substr(0, 8) : "") + ending);
}

}  // namespace sluice::train::splitnet
