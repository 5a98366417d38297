#include "native/simulate/network/network_trace.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

namespace sluice::simulate {
namespace {

constexpr double kOpportunityBytes = 1504;
constexpr double kBinSeconds = 0.02;        // of a list of opportunities
constexpr double kLongestSeconds = 86'400;  // of a list of opportunities: a day
constexpr std::string_view kSpace = " \t\r,";

std::optional<double> number(std::string_view word) {
  double value = 0;
  const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (problem != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators, bool keep_empty) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(separators), text.size());
    if (end > 0 || keep_empty) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

Failure bad_line(const std::string& name, std::size_t line, std::string_view what) {
  return fail(ErrorCode::kInvalidArgument, {"trace ", name, ", line ", line, ": ", what});
}

using Pieces = std::vector<NetworkTrace::Piece>;

Result<Pieces> opportunities(const std::string& name, const std::vector<std::string_view>& lines) {
  std::vector<double> bins;
  double last = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto words = split(lines[i], kSpace, false);
    if (words.empty()) continue;
    const auto ms = number(words[0]);
    if (words.size() != 1 || !ms || *ms < last || *ms > kLongestSeconds * 1e3)
      return bad_line(name, i + 1, "no milliseconds that grow");
    last = *ms;
    const auto bin = static_cast<std::size_t>(*ms / 1e3 / kBinSeconds);
    if (bins.size() <= bin) bins.resize(bin + 1);
    bins[bin] += kOpportunityBytes;
  }
  Pieces pieces;
  pieces.reserve(bins.size());
  for (const double bytes : bins) pieces.push_back({kBinSeconds, bytes / kBinSeconds});
  return pieces;
}

// A rate holds from its line's time to the next one's.
Result<Pieces> rates(const std::string& name, const std::vector<std::string_view>& lines) {
  Pieces pieces;
  std::optional<double> since;
  double rate = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto words = split(lines[i], kSpace, false);
    if (words.empty()) continue;
    const auto seconds = words.size() == 2 ? number(words[0]) : std::nullopt;
    const auto mbit = words.size() == 2 ? number(words[1]) : std::nullopt;
    if (!seconds || !mbit || !(*mbit >= 0) || (since && !(*seconds >= *since)))
      return bad_line(name, i + 1, "no seconds that grow and Mbit/s");
    if (since && *seconds > *since) pieces.push_back({*seconds - *since, rate});
    since = seconds;
    rate = *mbit * 1e6 / 8;
  }
  if (since) pieces.push_back({1, rate});
  return pieces;
}

Result<Pieces> table(const std::string& name, const std::vector<std::string_view>& lines) {
  const auto header = split(lines.front(), ",\r", true);
  const auto column = std::find(header.begin(), header.end(), "DL_bitrate");
  if (column == header.end()) return bad_line(name, 1, "neither numbers nor a column DL_bitrate");
  const auto place = static_cast<std::size_t>(column - header.begin());
  Pieces pieces;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto words = split(lines[i], ",\r", true);
    if (words.size() <= place) continue;  // an empty or cut line
    const auto kbit = number(words[place]);
    if (kbit && *kbit >= 0) pieces.push_back({1, *kbit * 1e3 / 8});  // "-": not measured
  }
  return pieces;
}

Result<std::string> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(ErrorCode::kIoError, {"cannot open ", path.string()});
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

Result<NetworkTrace> NetworkTrace::create(std::string name, const std::vector<Piece>& pieces) {
  NetworkTrace trace;
  trace.name_ = std::move(name);
  double end = 0;
  double carried = 0;
  for (const Piece& piece : pieces) {
    if (!(piece.seconds > 0) || !(piece.bytes_per_s >= 0)) {
      return fail(ErrorCode::kInvalidArgument,
                  {"trace ", trace.name_, " has a piece of ", piece.seconds, " s and ", piece.bytes_per_s, " bytes/s"});
    }
    end += piece.seconds;
    carried += piece.seconds * piece.bytes_per_s;
    trace.ends_s_.push_back(end);
    trace.carried_.push_back(carried);
  }
  if (!(carried > 0) || !std::isfinite(end) || !std::isfinite(carried)) {
    return fail(ErrorCode::kInvalidArgument, {"trace ", trace.name_, " carries nothing, or without end"});
  }
  return trace;
}

Result<NetworkTrace> NetworkTrace::parse(std::string name, std::string_view text) {
  const auto lines = split(text, "\n", true);
  const auto first = std::find_if(lines.begin(), lines.end(),
                                  [](std::string_view line) { return !split(line, kSpace, false).empty(); });
  if (first == lines.end()) return fail(ErrorCode::kInvalidArgument, {"trace ", name, " is empty"});
  const auto words = split(*first, kSpace, false);
  auto pieces = !number(words[0])   ? table(name, lines)
                : words.size() == 1 ? opportunities(name, lines)
                                    : rates(name, lines);
  if (!pieces) return fail(pieces.error());
  return create(std::move(name), *pieces);
}

double NetworkTrace::carried_until(double at_s) const {
  const auto after = std::upper_bound(ends_s_.begin(), ends_s_.end(), at_s);
  if (after == ends_s_.end()) return carried_.back();
  const auto i = static_cast<std::size_t>(after - ends_s_.begin());
  const double begin = i == 0 ? 0 : ends_s_[i - 1];
  const double before = i == 0 ? 0 : carried_[i - 1];
  return before + (carried_[i] - before) * (at_s - begin) / (ends_s_[i] - begin);
}

double NetworkTrace::carried_at(double at_s, double bytes) const {
  at_s = std::max(at_s, 0.0);
  const double round_s = std::floor(at_s / seconds()) * seconds();
  double wanted = carried_until(at_s - round_s) + bytes;
  const double rounds = std::floor(wanted / carried_.back());
  wanted -= rounds * carried_.back();
  const double begin = round_s + rounds * seconds();
  if (wanted <= 0) return std::max(begin, at_s);
  const auto at = std::lower_bound(carried_.begin(), carried_.end(), wanted);
  const auto i = std::min(static_cast<std::size_t>(at - carried_.begin()), carried_.size() - 1);
  const double before = i == 0 ? 0 : carried_[i - 1];
  const double piece_begin = i == 0 ? 0 : ends_s_[i - 1];
  const double share = (wanted - before) / (carried_[i] - before);
  return std::max(begin + piece_begin + share * (ends_s_[i] - piece_begin), at_s);
}

Result<TraceFolder> read_traces(const std::string& path, std::size_t most) {
  std::error_code problem;
  if (!std::filesystem::is_directory(path, problem)) {
    const auto text = read_file(path);
    if (!text) return fail(text.error());
    auto trace = NetworkTrace::parse(std::filesystem::path(path).filename().string(), *text);
    if (!trace) return fail(trace.error());
    TraceFolder one;
    one.traces.push_back(*std::move(trace));
    return one;
  }
  std::vector<std::filesystem::path> files;
  for (auto at = std::filesystem::recursive_directory_iterator(path, problem);
       !problem && at != std::filesystem::recursive_directory_iterator(); at.increment(problem)) {
    if (at->is_regular_file(problem)) files.push_back(at->path());
  }
  std::sort(files.begin(), files.end());
  TraceFolder folder;
  const std::size_t taken = std::min(most, files.size());
  for (std::size_t i = 0; i < taken; ++i) {
    const auto& file = files[i * files.size() / taken];
    const auto text = read_file(file);
    auto trace = text ? NetworkTrace::parse(file.filename().string(), *text) : Result<NetworkTrace>(fail(text.error()));
    if (trace) folder.traces.push_back(*std::move(trace));
    else ++folder.skipped;
  }
  if (folder.traces.empty()) return fail(ErrorCode::kNotFound, {"no network trace in ", path});
  return folder;
}

}  // namespace sluice::simulate
