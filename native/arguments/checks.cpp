#include "native/arguments/checks.hpp"

#include <charconv>
#include <cmath>
#include <optional>

#include "core/base/text.hpp"

namespace sluice::arguments {
namespace {

template <typename Number>
std::optional<Number> read(const std::string& text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <typename Allowed>
CLI::Validator number(std::string allowed, Allowed is_allowed) {
  // The description is what the help shows behind the option, whose own text says it better.
  return {[allowed = std::move(allowed), is_allowed](std::string& text) -> std::string {
            const auto value = read<double>(text);
            if (value && std::isfinite(*value) && is_allowed(*value)) return {};
            return join_text({"'", text, "' is not a number ", allowed});
          },
          ""};
}

}  // namespace

CLI::Validator number_between(double low, double high) {
  return number(join_text({"above ", low, " and below ", high}), [=](double x) { return x > low && x < high; });
}

CLI::Validator number_above(double low, double high) {
  return number(join_text({"above ", low, " and at most ", high}), [=](double x) { return x > low && x <= high; });
}

CLI::Validator number_from(double low, double high) {
  return number(join_text({"from ", low, " to ", high}), [=](double x) { return x >= low && x <= high; });
}

CLI::Validator whole_number(std::uint64_t low, std::uint64_t high) {
  return {[=](std::string& text) -> std::string {
            const bool octal = text.size() > 1 && text.front() == '0';  // to CLI11, which converts it afterwards
            const auto value = read<std::uint64_t>(text);
            if (value && !octal && *value >= low && *value <= high) return {};
            return join_text({"'", text, "' is not a whole number from ", low, " to ", high});
          },
          ""};
}

CLI::Validator one_of(std::vector<std::pair<std::string, int>> names) {
  return {[names = std::move(names)](std::string& text) -> std::string {
            std::string all;
            for (const auto& [name, number] : names) {
              if (text == name) return text = std::to_string(number), std::string();
              all += (all.empty() ? "" : ", ") + name;
            }
            return join_text({"'", text, "' is none of ", all});
          },
          ""};
}

}  // namespace sluice::arguments
