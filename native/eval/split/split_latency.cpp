#include "native/eval/split/split_latency.hpp"

#include "native/eval/append_format.hpp"

namespace sluice::eval {

Latency latency_of(const SystemPoint& point, double full_ms) {
  Latency latency;
  latency.device_ms = point.device_macs / kDeviceMacsPerMs;
  latency.server_ms = point.bytes > 0 ? point.server_ms.value_or(full_ms) : 0;
  for (std::size_t link = 0; link < kLinksKbitPerS.size(); ++link) {
    const double upload_ms = point.bytes * 8 / kLinksKbitPerS[link];  // kbit/s are bits a millisecond
    latency.total_ms[link] = latency.device_ms + upload_ms + (point.bytes > 0 ? kRoundTripMs : 0) + latency.server_ms;
  }
  return latency;
}

std::string latency_table(std::span<const SystemPoint> points, double full_ms) {
  std::string text;
  append_format(
      text,
      "\nMilliseconds to an answer: device (counted multiply-adds at %.1f a microsecond, AgileNN's STM32F746; 0 "
      "for codecs, whose time there\nis not known), upload, a round trip of %g ms, server (measured here)\n\n",
      kDeviceMacsPerMs / 1000, kRoundTripMs);
  append_format(text, "  %-10s %-16s %-19s %9s %9s %7s %7s", "system", "variant", "coder", "bytes", "accuracy",
                "device", "server");
  for (const double rate : kLinksKbitPerS) append_format(text, " %5g kbit/s", rate);
  text += '\n';
  for (const SystemPoint& point : points) {
    const Latency latency = latency_of(point, full_ms);
    append_format(text, "  %-10.30s %-16.40s %-19.40s %9.1f %7.2f %% %7.1f %7.1f", point.system.c_str(),
                  point.variant.c_str(), point.coder.c_str(), point.bytes, 100 * point.accuracy, latency.device_ms,
                  latency.server_ms);
    for (const double total : latency.total_ms) append_format(text, " %12.1f", total);
    text += '\n';
  }
  return text;
}

}  // namespace sluice::eval
