#include "native/simulate/choice/answer_table.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace sluice::simulate {
namespace {

using Words = std::vector<std::string_view>;

Words split_words(std::string_view line, char between) {
  Words words;
  for (;;) {
    const auto end = line.find(between);
    words.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return words;
    line.remove_prefix(end + 1);
  }
}

template <typename Number>
std::optional<Number> read_number(std::string_view word) {
  Number value{};
  const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (problem != std::errc{} || end != word.data() + word.size() || !(value >= 0)) return std::nullopt;
  return value;
}

std::optional<AnswerCell> read_cell(std::string_view word) {
  AnswerCell cell;
  if (word.ends_with('!')) {
    cell.agrees = false;
    word.remove_suffix(1);
  }
  const auto slash = word.find('/');
  const auto first = word.substr(0, slash);
  const auto index = first.empty() ? std::optional(0U) : read_number<std::uint32_t>(first);
  const auto bytes =
      slash == std::string_view::npos ? std::optional(0U) : read_number<std::uint32_t>(word.substr(slash + 1));
  if (!index || !bytes) return std::nullopt;
  cell.index = *index;
  cell.bytes = *bytes;
  return cell;
}

class TableReader {
 public:
  // False where the line says nothing that a table has.
  bool read(const Words& words) {
    if (words[0] == "gate-cost") return has_gate_cost_ = words.size() == 2 && read_into(words[1], table_.gate_kmac);
    if (words[0] == "gate") return read_gate(words);
    if (words[0] == "frame") return read_frame(words);
    if (words[0] == "option") return read_option(words);
    if (words[0] == "cost") return read_cost(words);
    return words[0] == "picture" && read_picture(words);
  }
  AnswerTable take() { return std::move(table_); }
  const AnswerTable& table() const { return table_; }
  // The first column that there is nothing to reckon by; empty: none.
  std::string missing() const {
    if (!has_gate_cost_) return "gate-cost";
    for (const AnswerColumn& column : table_.columns) {
      if (column.costs.empty()) return "cost," + column.name;
    }
    return table_.frames.empty() ? "frame" : std::string();
  }

 private:
  static bool read_into(std::string_view word, double& value) {
    const auto number = read_number<double>(word);
    if (number) value = *number;
    return number.has_value();
  }
  bool read_gate(const Words& words) {
    for (std::size_t i = 1; i < words.size(); ++i) {
      double target = 0;
      if (!read_into(words[i], target)) return false;
      table_.gate_targets.push_back(target);
    }
    return std::ranges::is_sorted(table_.gate_targets);
  }
  bool read_frame(const Words& words) {
    if (words.size() != 3 || words[2].size() != table_.gate_targets.size()) return false;
    if (words[2].find_first_not_of("-srSR") != std::string_view::npos) return false;
    if (table_.find_frames(words[1]) == nullptr) table_.frames.push_back({std::string(words[1]), {}});
    for (GateFrames& set : table_.frames) {
      if (set.set == words[1]) set.letters.emplace_back(words[2]);
    }
    return true;
  }
  bool read_option(const Words& words) {
    if (words.size() != 4 || !parse_answer_kind(words[2])) return false;
    const auto setting = read_number<std::uint32_t>(words[3]);
    if (setting) table_.columns.push_back({std::string(words[1]), std::string(words[2]), *setting, {}, {}});
    return setting.has_value();
  }
  bool read_cost(const Words& words) {
    if (words.size() != 7 || table_.columns.empty()) return false;
    AnswerColumn& column = table_.columns.back();
    const auto index = read_number<std::size_t>(words[2]);
    AnswerCost cost;
    if (column.name != words[1] || index != column.costs.size() || !read_into(words[3], cost.device_kmac) ||
        !read_into(words[4], cost.server_kmac) || !read_into(words[5], cost.device_us) ||
        !read_into(words[6], cost.server_us)) {
      return false;
    }
    column.costs.push_back(cost);
    return true;
  }
  bool read_picture(const Words& words) {
    if (words.size() != table_.columns.size() + 2) return false;
    const auto guess = read_number<std::uint32_t>(words[1]);
    if (!guess || *guess > 100) return false;
    for (std::size_t i = 0; i < table_.columns.size(); ++i) {
      const auto cell = read_cell(words[i + 2]);
      if (!cell || cell->index >= table_.columns[i].costs.size()) return false;
      table_.columns[i].cells.push_back(*cell);
    }
    table_.guess_percent.push_back(*guess);
    return true;
  }

  AnswerTable table_;
  bool has_gate_cost_ = false;
};

}  // namespace

const GateFrames* AnswerTable::find_frames(std::string_view set) const {
  const auto found = std::ranges::find(frames, set, &GateFrames::set);
  return found == frames.end() ? nullptr : &*found;
}

Result<adapt::AnswerKind> parse_answer_kind(std::string_view name) {
  using enum adapt::AnswerKind;
  for (const adapt::AnswerKind kind : {kSkip, kReuse, kExit, kSplit, kSendSmall, kSendWhole, kRunHere, kSendFile}) {
    if (adapt::answer_kind_name(kind) == name) return kind;
  }
  return fail(ErrorCode::kInvalidArgument, {"'", name, "' is no kind of answer"});
}

Result<AnswerTable> parse_answer_table(std::string_view text) {
  TableReader reader;
  std::size_t number = 0;
  for (const std::string_view line : split_words(text, '\n')) {
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    const Words words = split_words(line, ',');
    if (words[0] == "picture" && !reader.missing().empty()) {
      return fail(ErrorCode::kInvalidArgument, {"a table of answers, line ", number, ": pictures come, and no line '",
                                                reader.missing(), "' came before; bench_choice_answers writes all"});
    }
    if (!reader.read(words))
      return fail(ErrorCode::kInvalidArgument, {"a table of answers, line ", number, ": '", line.substr(0, 60), "'"});
  }
  const AnswerTable& table = reader.table();
  if (table.guess_percent.size() < 2 || table.columns.empty() || table.gate_targets.empty()) {
    return fail(ErrorCode::kInvalidArgument, {"a table of answers has ", table.columns.size(), " options, ",
                                              table.guess_percent.size(), " pictures and ", table.gate_targets.size(),
                                              " targets of a gate; there are at least one, two and one"});
  }
  return reader.take();
}

}  // namespace sluice::simulate
