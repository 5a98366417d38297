#include "native/cli/command.hpp"

#include <cstdio>

#include "native/cli/printable.hpp"

namespace sluice::cli {

int complain(const Error& error) {
  std::fprintf(stderr, "sluice: %s\n", printable(describe(error)).c_str());
  const ErrorInfo* info = find_error(static_cast<std::uint32_t>(error.code));
  if (info != nullptr && !info->hint.empty()) {
    std::fprintf(stderr, "        %.*s\n", static_cast<int>(info->hint.size()), info->hint.data());
  }
  return kFailed;
}

}  // namespace sluice::cli
