#include "native/simulate/residency/invocation_counts.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace sluice::simulate {
namespace {

constexpr std::uint32_t kMinutesADay = 1440;
constexpr std::uint32_t kMostADayMinute = 10'000'000;  // a count beyond it is damage

struct Header {
  std::size_t function = 0;
  std::optional<std::size_t> trigger;
  std::vector<std::optional<std::uint32_t>> minutes;  // of each column, from 0
};

std::vector<std::string_view> fields(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  std::vector<std::string_view> found;
  for (std::size_t begin = 0; begin <= line.size();) {
    const std::size_t end = std::min(line.find(',', begin), line.size());
    found.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  return found;
}

// Whole numbers, also written as "3.0"; nothing is zero.
std::optional<std::uint32_t> whole(std::string_view text, std::uint32_t most) {
  if (text.empty()) return 0;
  if (text.ends_with(".0")) text.remove_suffix(2);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > most) return std::nullopt;
  return value;
}

std::optional<std::uint32_t> minute_of(std::string_view name) {
  if (name.ends_with("_minute")) name.remove_suffix(7);
  const auto minute = name.empty() ? std::nullopt : whole(name, kMinutesADay);
  return minute && *minute > 0 ? std::optional(*minute - 1) : std::nullopt;
}

std::optional<Header> read_header(std::string_view line) {
  Header header;
  bool names_functions = false;
  bool has_minutes = false;
  for (const std::string_view name : fields(line)) {
    const std::size_t column = header.minutes.size();
    header.minutes.push_back(minute_of(name));
    has_minutes = has_minutes || header.minutes.back();
    if (name == "Trigger") header.trigger = column;
    if (name == "HashFunction") {
      header.function = column;
      names_functions = true;
    }
  }
  return names_functions && has_minutes ? std::optional(header) : std::nullopt;
}

class Reader {
 public:
  // `days`: read before this file.
  Result<void> read(const std::filesystem::path& path, std::uint32_t days);
  InvocationCounts take() { return std::move(counts_); }

 private:
  std::optional<std::string> add_row(std::string_view line, const Header& header, std::uint32_t days);

  InvocationCounts counts_;
  std::unordered_map<std::string, std::size_t> functions_;
};

// What is wrong with it.
std::optional<std::string> Reader::add_row(std::string_view line, const Header& header, std::uint32_t days) {
  const auto row = fields(line);
  if (row.size() != header.minutes.size()) {
    return join_text({"has ", row.size(), " fields, its head ", header.minutes.size()});
  }
  if (header.trigger && row[*header.trigger] != "http") return std::nullopt;
  const auto [function, is_new] = functions_.try_emplace(std::string(row[header.function]), counts_.size());
  if (is_new) counts_.emplace_back();
  auto& minutes = counts_[function->second];
  for (std::size_t column = 0; column < row.size(); ++column) {
    if (!header.minutes[column]) continue;
    const auto count = whole(row[column], kMostADayMinute);
    if (!count)
      return join_text({"has '", row[column], "' in column ", column + 1, ", which is no number of invocations"});
    if (*count > 0) minutes.push_back({days * kMinutesADay + *header.minutes[column], *count});
  }
  return std::nullopt;
}

Result<void> Reader::read(const std::filesystem::path& path, std::uint32_t days) {
  std::ifstream file(path);
  if (!file) return fail(ErrorCode::kIoError, {path.string(), " can't be read"});
  std::string line;
  std::getline(file, line);
  const auto header = read_header(line);
  if (!header) {
    return fail(ErrorCode::kMalformedMedia,
                {path.string(), " is no file of invocations: its first line names no HashFunction and minutes"});
  }
  for (std::size_t number = 2; std::getline(file, line); ++number) {
    if (line.empty()) continue;
    if (const auto wrong = add_row(line, *header, days)) {
      return fail(ErrorCode::kMalformedMedia, {path.string(), ": line ", number, " ", *wrong});
    }
  }
  if (file.bad()) return fail(ErrorCode::kIoError, {path.string(), " can't be read to its end"});
  return {};
}

bool counts_invocations(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  return std::getline(file, line) && read_header(line);
}

Result<std::vector<std::filesystem::path>> days_in(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return std::vector{path};
  std::vector<std::filesystem::path> days;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    if (entry.is_regular_file() && entry.path().extension() == ".csv" && counts_invocations(entry.path())) {
      days.push_back(entry.path());
    }
  }
  if (error) return fail(ErrorCode::kIoError, {path.string(), ": ", error.message()});
  if (days.empty()) return fail(ErrorCode::kIoError, {path.string(), " holds no .csv file of invocations"});
  std::sort(days.begin(), days.end());
  return days;
}

}  // namespace

Result<InvocationCounts> read_invocation_counts(const std::filesystem::path& path) {
  const auto days = days_in(path);
  if (!days) return fail(days.error());
  Reader reader;
  for (std::uint32_t day = 0; day < days->size(); ++day) {
    if (auto read = reader.read((*days)[day], day); !read) return fail(read.error());
  }
  return reader.take();
}

}  // namespace sluice::simulate
