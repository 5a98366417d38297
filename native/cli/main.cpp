// The `sluice` command: parses the command line and hands over to a subcommand.
#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>
#include <new>

#include "native/cli/command.hpp"
#include "native/cli/usage.hpp"
#include "native/media/frame_source.hpp"

namespace {

constexpr const char* kAbout =
    "Sluice puts a learned gate in front of a neural network: frames in which nothing matters are skipped on this "
    "machine,\n"
    "the others run on a server (or here).";

constexpr const char* kCommandExamples =
    "Examples:\n"
    "  sluice run --bundle faces --server ws://127.0.0.1:8080 talk.mp4\n"
    "  sluice run --bundle faces --place local --save-boxes boxes.jsonl pictures/\n"
    "  sluice inspect model.onnx\n"
    "\n"
    "`sluice COMMAND --help` tells what a command takes. Exit status: 0 done, 1 something failed, 2 wrong usage.";

int run(int argc, char** argv) {
  CLI::App app(kAbout, "sluice");
  app.footer(kCommandExamples);
  app.require_subcommand(1);
  app.set_version_flag("--version", SLUICE_VERSION);
  auto commands = sluice::cli::make_commands();
  sluice::cli::Command* chosen = nullptr;
  for (const auto& command : commands) {
    CLI::App* subcommand = app.add_subcommand(command->name(), command->summary());
    command->declare(*subcommand);
    subcommand->callback([&chosen, &command] { chosen = command.get(); });
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& stopped) {
    if (stopped.get_exit_code() == 0) return app.exit(stopped);  // help or the version was asked for
    return sluice::cli::refuse_usage(app, stopped);
  }
  sluice::media::silence_libav();
  return chosen->run();
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of its writing, and not the end of the run
  try {
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    return sluice::cli::complain({sluice::ErrorCode::kOutOfMemory, "there is not enough memory for this run"});
  } catch (const std::exception& broken) {
    // Sluice reports errors as values; what arrives here comes from a library.
    return sluice::cli::complain({sluice::ErrorCode::kInternal, broken.what()});
  }
}
