// Any text as a manifest: refused, or read and written back the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/questions/table.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  const auto manifest = questions::parse_manifest({reinterpret_cast<const char*>(data), size});
  if (!manifest) {
    const Error& error = manifest.error();
    const bool typed = error.code == ErrorCode::kMalformedManifest || error.code == ErrorCode::kUnsupportedEnvironment;
    if (!typed || error.message.empty()) std::abort();
    return 0;
  }
  const std::string text = questions::write_manifest(*manifest).value();
  const auto again = questions::parse_manifest(text);
  if (!again || questions::write_manifest(*again).value() != text) std::abort();
  return 0;
}
