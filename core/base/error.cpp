#include "core/base/error.hpp"

namespace sluice {

const ErrorInfo* find_error(std::uint32_t code) {
  for (const ErrorInfo& info : error_table()) {
    if (static_cast<std::uint32_t>(info.code) == code) return &info;
  }
  return nullptr;
}

std::string_view error_name(ErrorCode code) {
  const ErrorInfo* info = find_error(static_cast<std::uint32_t>(code));
  return info != nullptr ? info->name : std::string_view("unknown_error");
}

std::string describe(const Error& error) {
  std::string text(error_name(error.code));
  text += ": ";
  text += error.message;
  return text;
}

}  // namespace sluice
