#include "native/cli/promise_state_file.hpp"

#include "core/promise/promise_state.hpp"
#include "native/bundle/bundle_folder.hpp"
#include "native/bundle/text_file.hpp"

namespace sluice::cli {

Result<std::string> read_promise_state(const RunOptions& options) {
  const std::filesystem::path& path = options.promise_state;
  if (!options.live_promise) {
    return fail(ErrorCode::kInvalidArgument, {"--state ", path.string(), " is of --promise live"});
  }
  if (auto writable = bundle::check_writable(path); !writable) return fail(writable.error());
  std::error_code none;
  if (!std::filesystem::exists(path, none)) return std::string();
  return bundle::read_file(path, promise::kMostStateBytes);
}

Result<void> write_promise_state(const std::filesystem::path& path, const std::string& state) {
  return state.empty() ? Result<void>() : bundle::write_text_file(path, state);
}

}  // namespace sluice::cli
