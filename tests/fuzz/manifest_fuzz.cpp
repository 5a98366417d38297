// Any text as a manifest: refused, or read and written back the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/pipeline/manifest.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  const auto manifest = pipeline::parse_manifest({reinterpret_cast<const char*>(data), size});
  if (!manifest) {
    if (manifest.error().code != ErrorCode::kMalformedManifest || manifest.error().message.empty()) std::abort();
    return 0;
  }
  const std::string text = pipeline::write_manifest(*manifest);
  const auto again = pipeline::parse_manifest(text);
  if (!again || pipeline::write_manifest(*again) != text) std::abort();
  return 0;
}
