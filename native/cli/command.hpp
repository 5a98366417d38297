// One subcommand of `sluice`: it declares its arguments to CLI11 and does its work. A new one is a file with a class, and a
// row in commands.cpp (fit_commands.cpp for what needs LibTorch). Output for people goes to standard output, progress and complaints to standard error.
#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <vector>

#include "core/base/error.hpp"

namespace sluice::cli {

// What the program exits with.
enum ExitCode : int {
  kDone = 0,
  kFailed = 1,  // the work, or a part of it, failed; standard error says what
  kUsage = 2,   // the command line makes no sense
};

class Command {
 public:
  virtual ~Command() = default;
  virtual const char* name() const = 0;
  virtual const char* summary() const = 0;  // one line
  virtual void declare(CLI::App& app) = 0;  // arguments and, as the footer, examples
  virtual int run() = 0;                    // after the arguments were parsed; an ExitCode
};

// All of this program, in the order of the help.
std::vector<std::unique_ptr<Command>> make_commands();

// Prints "sluice: shape_mismatch: ..." and the error table's hint to standard error; returns kFailed.
int complain(const Error& error);

}  // namespace sluice::cli
