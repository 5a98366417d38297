// bench_model_files: what it would save to map the files of models instead of reading them. Each measurement loads one model in a process
// of its own, files warm in the page cache: its bytes read into memory, or a private mapping of the file; checked by their hash, as every
// load is; given to the engine; and let go where the engine has made its own of them. Why the server reads: server/models/file_bytes.hpp.
//
//   bench_model_files [--repeats 9] [--engine onnxruntime] MODEL.onnx...
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <optional>
#include <vector>

#include "server/bench/bench_setting.hpp"
#include "server/clock.hpp"
#include "server/engine/engine_choice.hpp"
#include "server/metrics/resident_bytes.hpp"
#include "server/models/file_bytes.hpp"
#include "server/models/sha256.hpp"

using namespace sluice;
using namespace sluice::server;

namespace {

constexpr double kMegabyte = 1'000'000;
constexpr std::size_t kMostBytes = std::size_t{1} << 31U;

struct Measured {
  double ms = 0;
  double own_mb = 0;   // afterwards, beside what the process had before: memory that is no file's
  double all_mb = 0;   // with pages of mapped files
  double peak_mb = 0;  // at most on the way
};

// A file's bytes, in one of two ways.
class FileBytes {
 public:
  static std::optional<FileBytes> open(const std::string& path, bool mapped) {
    FileBytes file;
    if (!mapped) {
      auto read = read_file(path, kMostBytes);
      if (!read) return std::nullopt;
      file.read_ = *std::move(read);
      return file;
    }
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return std::nullopt;
    file.size_ = static_cast<std::size_t>(::lseek(descriptor, 0, SEEK_END));
    file.map_ = ::mmap(nullptr, file.size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
    ::close(descriptor);
    if (file.map_ == MAP_FAILED) return std::nullopt;
    return file;
  }
  Bytes bytes() const { return map_ == nullptr ? as_bytes(read_) : Bytes(static_cast<const std::byte*>(map_), size_); }
  void let_go() {
    if (map_ != nullptr) ::munmap(map_, size_);
    read_ = {};
  }

 private:
  std::string read_;
  void* map_ = nullptr;
  std::size_t size_ = 0;
};

double peak_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "VmHWM:") continue;
    double kilobytes = 0;
    status >> kilobytes;
    return kilobytes * 1024 / kMegabyte;
  }
  return 0;
}

std::optional<Measured> load_once(const std::string& engine_name, const std::string& path, bool mapped) {
  auto engine = choose_engine(engine_name, "", 1);
  if (!engine) return std::nullopt;
  std::ofstream("/proc/self/clear_refs") << "5";  // the peak begins here
  const double own = static_cast<double>(own_bytes()) / kMegabyte;
  const double all = static_cast<double>(resident_bytes()) / kMegabyte;
  const auto start = now();
  auto file = FileBytes::open(path, mapped);
  if (!file) return std::nullopt;
  if (!sha256_hex(file->bytes())) return std::nullopt;
  auto model = (*engine)->load(file->bytes());
  if (!model) return std::nullopt;
  auto stage = (*model)->make_stage();
  if (!stage) return std::nullopt;
  if (!(*engine)->borrows_models()) file->let_go();
  Measured measured;
  measured.ms = std::chrono::duration<double, std::milli>(now() - start).count();
  measured.own_mb = static_cast<double>(own_bytes()) / kMegabyte - own;
  measured.all_mb = static_cast<double>(resident_bytes()) / kMegabyte - all;
  measured.peak_mb = peak_mb() - all;
  return measured;
}

// In a child, whose memory nothing else has touched.
std::optional<Measured> measure(const std::string& engine, const std::string& path, bool mapped) {
  int ends[2];
  if (::pipe(ends) != 0) return std::nullopt;
  const pid_t child = ::fork();
  if (child == 0) {
    const auto measured = load_once(engine, path, mapped);
    const bool told = measured && ::write(ends[1], &*measured, sizeof *measured) == ssize_t{sizeof *measured};
    std::_Exit(told ? 0 : 1);
  }
  ::close(ends[1]);
  Measured measured;
  const bool told = ::read(ends[0], &measured, sizeof measured) == ssize_t{sizeof measured};
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!told) return std::nullopt;
  return measured;
}

Measured median_of(const std::vector<Measured>& all) {
  const auto of = [&](double Measured::* figure) {
    std::vector<double> values;
    for (const auto& one : all) values.push_back(one.*figure);
    return median(values);
  };
  return {of(&Measured::ms), of(&Measured::own_mb), of(&Measured::all_mb), of(&Measured::peak_mb)};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("What mapping the files of models would save over reading them", "bench_model_files");
  int repeats = 9;
  std::string engine = "onnxruntime";
  std::vector<std::string> models;
  app.add_option("--repeats", repeats, "loads of each, interleaved")->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--engine", engine, "onnxruntime or xnnpack")->capture_default_str();
  app.add_option("models", models, "ONNX files")->required();
  CLI11_PARSE(app, argc, argv);
  std::printf("with %s, medians of %d\n", engine.c_str(), repeats);
  for (const auto& path : models) {
    std::vector<Measured> read;
    std::vector<Measured> mapped;
    for (int i = 0; i <= repeats; ++i) {
      for (const bool map : {false, true}) {
        const auto one = measure(engine, path, map);
        if (!one) {
          std::fprintf(stderr, "bench_model_files: %s can't be loaded\n", path.c_str());
          return 1;
        }
        if (i > 0) (map ? mapped : read).push_back(*one);
      }
    }
    for (const auto& [how, all] : {std::pair("read", &read), std::pair("mapped", &mapped)}) {
      const Measured each = median_of(*all);
      std::printf("%-8s %-50s %7.1f ms, own %7.1f MB, with files %7.1f MB, peak %7.1f MB\n", how, path.c_str(), each.ms,
                  each.own_mb, each.all_mb, each.peak_mb);
    }
  }
  return 0;
}
