#include "native/cli/fit_program.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

namespace sluice::cli {

void FitProgram::declare(CLI::App& app) {
  app_ = &app;
  app.prefix_command();  // every argument is the other program's, --help too
  app.set_help_flag();
}

int FitProgram::run() {
  std::error_code unknown;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", unknown);
  if (unknown) return complain({ErrorCode::kIoError, "/proc/self/exe: " + unknown.message()});
  const std::string program = own.parent_path() / "sluice-fit";
  std::vector<std::string> arguments = app_->remaining();
  arguments.insert(arguments.begin(), {program, name()});
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  ::execv(program.c_str(), pointers.data());
  const int why = errno;
  if (std::error_code none; why != ENOENT || std::filesystem::exists(program, none)) {
    return complain({ErrorCode::kIoError, program + ": " + std::strerror(why)});
  }
  return complain({ErrorCode::kEngineUnavailable,
                   program + " is not there: training needs LibTorch, and a build after `./dev setup --trainer`"});
}

}  // namespace sluice::cli
