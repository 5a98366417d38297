#include "core/base/result.hpp"

#include <string>

namespace sluice {

Failure fail(ErrorCode code, std::string_view message) { return Failure(Error(code, std::string(message))); }
Failure fail(ErrorCode code, std::initializer_list<TextPart> message) {
  return Failure(Error(code, join_text(message)));
}
Failure fail(const Error& error) { return Failure(error); }

}  // namespace sluice
