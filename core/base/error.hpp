// What went wrong: a code from the one table (errors.json) and a message that names the offending value and what to do.
// Errors are plain values; nothing here throws. The table is constant data and safe to read from any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/base/error_code.hpp"

namespace sluice {

// Copied, moved and destroyed out of line: nearly every function passes one on, and a page downloads the inlined code.
struct Error {
  Error();
  Error(ErrorCode error_code, std::string error_message);
  Error(const Error&);
  Error(Error&&) noexcept;
  Error& operator=(const Error&);
  Error& operator=(Error&&) noexcept;
  ~Error();

  ErrorCode code = ErrorCode::kInternal;
  std::string message;
};

// One row of the table. The views refer to constant data.
struct ErrorInfo {
  ErrorCode code;
  ErrorCategory category;
  std::string_view name;
  std::string_view meaning;
  std::string_view hint;
};

std::span<const ErrorInfo> error_table();

// The row of a code, or nullptr for a number that is not in the table.
const ErrorInfo* find_error(std::uint32_t code);

// The name of a code ("shape_mismatch"); empty for a number that is not in the table.
std::string_view find_error_name(std::uint32_t code);

// The name of a code ("shape_mismatch"); "unknown_error" for a number that is not in the table.
std::string_view error_name(ErrorCode code);

// "shape_mismatch: <message>", for logs and command lines.
std::string describe(const Error& error);

}  // namespace sluice
