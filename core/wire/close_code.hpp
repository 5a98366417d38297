// WebSocket close codes that Sluice uses (RFC 6455, section 7.4.1, and the IANA registry); sluice.proto says when. Constants.
#pragma once

#include <cstdint>

namespace sluice::wire {

inline constexpr std::uint16_t kCloseNormal = 1000;
inline constexpr std::uint16_t kCloseGoingAway = 1001;
inline constexpr std::uint16_t kCloseProtocolError = 1002;
inline constexpr std::uint16_t kCloseUnsupportedData = 1003;
inline constexpr std::uint16_t kClosePolicy = 1008;
inline constexpr std::uint16_t kCloseTooBig = 1009;
inline constexpr std::uint16_t kCloseRestart = 1012;
inline constexpr std::uint16_t kCloseTryAgainLater = 1013;

}  // namespace sluice::wire
