// The reader of CIFAR-10's sheets, on sheets of a few pictures that are written here.
#include "native/eval/split/cifar10.hpp"

#include <doctest/doctest.h>

#include <array>
#include <fstream>

#include "tests/native/temporary_folder.hpp"

namespace {

namespace fs = std::filesystem;
using namespace sluice::eval;
using sluice::test::TemporaryFolder;

void put32(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320U : 0);
  }
  return ~crc;
}

void put_chunk(std::string& out, std::string_view kind, std::string_view data) {
  put32(out, static_cast<std::uint32_t>(data.size()));
  const std::string body = std::string(kind) + std::string(data);
  out += body;
  put32(out, crc32(body));
}

// An RGB picture as PNG: no filter, nothing compressed.
void write_png(const fs::path& file, std::uint32_t width, const std::vector<std::string>& rows) {
  std::string raw;
  for (const std::string& row : rows) raw += '\0' + row;
  std::string zlib = "\x78\x01";
  std::uint32_t a = 1;
  std::uint32_t b = 0;
  for (const char c : raw) {
    a = (a + static_cast<std::uint8_t>(c)) % 65521;
    b = (b + a) % 65521;
  }
  for (std::size_t at = 0; at < raw.size(); at += 60'000) {
    const std::string part = raw.substr(at, 60'000);
    const auto size = static_cast<std::uint16_t>(part.size());
    zlib += static_cast<char>(at + part.size() == raw.size() ? 1 : 0);
    for (const std::uint16_t value : {size, static_cast<std::uint16_t>(~size)}) {
      zlib += static_cast<char>(value & 0xFF);
      zlib += static_cast<char>(value >> 8);
    }
    zlib += part;
  }
  put32(zlib, b << 16 | a);
  std::string header;
  put32(header, width);
  put32(header, static_cast<std::uint32_t>(rows.size()));
  header += std::string("\x08\x02\0\0\0", 5);
  std::string out = "\x89PNG\r\n\x1a\n";
  put_chunk(out, "IHDR", header);
  put_chunk(out, "IDAT", zlib);
  put_chunk(out, "IEND", "");
  std::ofstream(file, std::ios::binary) << out;
}

// Picture n of a sheet is of the colour (n, 2n, 3n), but for its second pixel, which is white.
std::vector<std::string> rows(int first, int count, std::size_t pixels = 1024) {
  std::vector<std::string> made;
  for (int n = first; n < first + count; ++n) {
    std::string row;
    for (std::size_t i = 0; i < pixels; ++i) {
      for (const int channel : {1, 2, 3}) row += static_cast<char>(i == 1 ? 255 : n * channel);
    }
    made.push_back(std::move(row));
  }
  return made;
}

void write_package(const fs::path& folder) {
  for (int sheet = 1; sheet <= 5; ++sheet) {
    write_png(folder / ("data_batch_" + std::to_string(sheet) + ".png"), 1024, rows(2 * sheet, 2));
  }
  std::ofstream(folder / "train_lables.json") << "[0,1,2,3,4,5,6,7,8,9]";
}

}  // namespace

TEST_CASE("a row of a sheet is a picture, and labels follow the sheets") {
  TemporaryFolder folder;
  CHECK_FALSE(holds_cifar10(folder.path()));
  write_package(folder.path());
  CHECK(holds_cifar10(folder.path()));
  const auto set = read_cifar10_training(folder.path());
  REQUIRE_MESSAGE(set.has_value(), set.error().message);
  CHECK(set->size() == 10);
  CHECK(set->labels == std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(set->pixels.size() == 10 * 32 * 32 * 3);
  const auto last = set->picture(9).last(32 * 3);  // its lowest row
  CHECK(last[0] == 11);
  CHECK(last[2] == 33);
  CHECK(set->picture(0)[1] == 4);
  CHECK(set->picture(0)[4] == 255);
}

TEST_CASE("a package with something else in it is refused by name") {
  TemporaryFolder folder;
  write_package(folder.path());
  const auto test = read_cifar10_test(folder.path());
  CHECK(test.error().code == sluice::ErrorCode::kNotFound);
  CHECK(test.error().message.find("--cifar10") != std::string::npos);

  std::ofstream(folder.path() / "train_lables.json") << "[0,1,2,3,4,5,6,7,8,10]";
  CHECK(read_cifar10_training(folder.path()).error().message.find("label 9") != std::string::npos);
  std::ofstream(folder.path() / "train_lables.json") << "[0,1,2]";
  CHECK(read_cifar10_training(folder.path()).error().code == sluice::ErrorCode::kMalformedMedia);
  write_png(folder.path() / "data_batch_3.png", 30, rows(0, 2, 30));
  CHECK(read_cifar10_training(folder.path()).error().message.find("data_batch_3.png") != std::string::npos);
}
