#include "native/cli/usage.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/edit_distance.hpp"
#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "native/cli/command.hpp"
#include "native/cli/printable.hpp"

namespace sluice::cli {
namespace {

// The subcommand that was reached, or the program.
const CLI::App& reached(const CLI::App& program) {
  const auto commands = program.get_subcommands();
  return commands.empty() ? program : *commands.back();
}

std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return (parent == nullptr ? "" : full_name(*parent) + " ") + command.get_name();
}

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

std::string explain_usage(const CLI::App& program, const CLI::ParseError& error) {
  const CLI::App& command = reached(program);
  // What fitted nowhere explains the most, even where a missing argument was noticed first.
  const auto left = command.remaining();
  if (!left.empty()) return unexpected(left.front(), command);
  if (&command == &program && error.get_name() == "RequiredError") return "a command is missing";
  const std::string what = error.what();
  // "Could not convert: --epochs = many"
  constexpr std::string_view kNoConversion = "Could not convert: ";
  if (const std::size_t equals = what.find(" = "); what.starts_with(kNoConversion) && equals != std::string::npos) {
    const std::string name = what.substr(kNoConversion.size(), equals - kNoConversion.size());
    return join_text({name, ": '", what.substr(equals + 3), "' is not a number that it takes"});
  }
  return what;
}

int refuse_usage(const CLI::App& program, const CLI::ParseError& error) {
  const Error refused{ErrorCode::kInvalidArgument, explain_usage(program, error)};
  std::fprintf(stderr, "sluice: %s\n", printable(describe(refused)).c_str());
  std::fprintf(stderr, "        `%s --help` tells what there is\n", full_name(reached(program)).c_str());
  return kUsage;
}

}  // namespace sluice::cli
