#include "core/base/error.hpp"

#include <utility>

namespace sluice {

Error::Error() = default;
Error::Error(ErrorCode error_code, std::string error_message) : code(error_code), message(std::move(error_message)) {}
Error::Error(const Error&) = default;
Error::Error(Error&&) noexcept = default;
Error& Error::operator=(const Error&) = default;
Error& Error::operator=(Error&&) noexcept = default;
Error::~Error() = default;

std::string_view error_name(ErrorCode code) {
  const std::string_view name = find_error_name(static_cast<std::uint32_t>(code));
  return name.empty() ? std::string_view("unknown_error") : name;
}

std::string describe(const Error& error) {
  std::string text(error_name(error.code));
  text += ": ";
  text += error.message;
  return text;
}

}  // namespace sluice
