#include "native/arguments/explain_usage.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/edit_distance.hpp"
#include "core/base/text.hpp"

namespace sluice::arguments {
namespace {

// The names that could have been meant, as they are typed.
std::vector<std::string> names_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  for (const CLI::App* below : command.get_subcommands(nullptr)) names.push_back(below->get_name());
  return names;
}

std::string nearest_to(const std::string& word, const CLI::App& command) {
  constexpr std::size_t kMostEdits = 3;  // beyond that it is another word
  std::size_t least = std::min(kMostEdits + 1, word.size());
  std::string nearest;
  for (const std::string& name : names_of(command)) {
    const std::size_t distance = edit_distance(word.substr(0, word.find('=')), name);
    if (distance < least) {
      least = distance;
      nearest = name;
    }
  }
  return nearest;
}

std::string unexpected(const std::string& word, const CLI::App& command) {
  const bool is_option = word.starts_with("-");
  const bool takes_commands = !command.get_subcommands(nullptr).empty();
  const std::string nearest = nearest_to(word, command);
  std::string text = join_text({"'", word, "' is no ",
                                is_option        ? "option"
                                : takes_commands ? "command"
                                                 : "argument",
                                " of `", full_name(command), "`"});
  if (!nearest.empty()) return text + "; the nearest is " + nearest;
  if (!is_option && !takes_commands) return text;
  const char* between = "; there are ";
  for (const std::string& name : names_of(command)) {
    if (name.starts_with("-") == is_option) append_text(text, {std::exchange(between, ", "), name});
  }
  return text;
}

}  // namespace

const CLI::App& reached(const CLI::App& program) {
  const auto commands = program.get_subcommands();
  return commands.empty() ? program : reached(*commands.back());  // commands have commands of their own
}

std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return (parent == nullptr ? "" : full_name(*parent) + " ") + command.get_name();
}

std::string explain_usage(const CLI::App& program, const CLI::ParseError& error) {
  const CLI::App& command = reached(program);
  // What fitted nowhere explains the most, even where a missing argument was noticed first.
  const auto left = command.remaining();
  if (!left.empty()) return unexpected(left.front(), command);
  if (error.get_name() == "RequiredError" && !command.get_subcommands(nullptr).empty()) return "a command is missing";
  const std::string what = error.what();
  constexpr std::string_view kNoSetting = "INI was not able to parse ";
  if (what.starts_with(kNoSetting)) {
    const std::string name = what.substr(kNoSetting.size());
    const std::string nearest = nearest_to("--" + name, command);
    return join_text({"'", name, "' in the file of --config is no setting", nearest.empty() ? "" : "; the nearest is ",
                      nearest.empty() ? "" : nearest.substr(2)});
  }
  // "Could not convert: --epochs = many"
  constexpr std::string_view kNoConversion = "Could not convert: ";
  if (const std::size_t equals = what.find(" = "); what.starts_with(kNoConversion) && equals != std::string::npos) {
    const std::string name = what.substr(kNoConversion.size(), equals - kNoConversion.size());
    return join_text({name, ": '", what.substr(equals + 3), "' is not a value that it takes"});
  }
  return what;
}

}  // namespace sluice::arguments
