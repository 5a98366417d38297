#include "native/train/record_store.hpp"

#include <doctest/doctest.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "tests/native/temporary_folder.hpp"

using namespace sluice;
using sluice::test::TemporaryFolder;
using sluice::train::NamedView;
using sluice::train::RecordStore;

namespace {

RecordStore open(const std::filesystem::path& file, std::string_view key = "k") {
  auto store = RecordStore::open(file, key);
  REQUIRE(store);
  return std::move(*store);
}

void append(RecordStore& store, std::int32_t label, std::size_t samples) {
  const std::array<std::int32_t, 1> labels{label};
  const std::vector<float> signal(samples, static_cast<float>(label));
  const std::array<NamedView, 2> tensors{
      {{"label", *view_of(std::span<const std::int32_t>(labels), Shape{1})},
       {"signal", *view_of(std::span<const float>(signal), Shape{2, static_cast<std::int64_t>(samples / 2)})}}};
  REQUIRE(store.append(tensors));
}

}  // namespace

TEST_CASE("records of tensors come back as they were, also in another run, and sizes may differ") {
  TemporaryFolder folder;
  const auto file = folder.path() / "deep" / "records";
  {
    RecordStore store = open(file);
    append(store, 7, 4);
    append(store, 8, 10);
    append(store, 9, 0);
  }
  const RecordStore store = open(file);
  REQUIRE(store.size() == 3);
  const auto record = store.read(1);
  REQUIRE(record);
  const auto label = train::field(*record, "label");
  const auto signal = train::field(*record, "signal");
  REQUIRE((label && signal));
  CHECK(label->as<std::int32_t>()[0] == 8);
  CHECK(signal->shape == Shape{2, 5});
  CHECK(signal->as<float>()[9] == 8.0F);
  CHECK(train::field(*store.read(2), "signal")->shape == Shape{2, 0});
  CHECK(train::field(*record, "image").error().code == ErrorCode::kNotFound);
}

TEST_CASE("tensors are read by name, in the order asked for") {
  TemporaryFolder folder;
  RecordStore store = open(folder.path() / "records");
  append(store, 3, 6);
  const std::array<std::string_view, 2> both{"signal", "label"};
  const auto record = store.read(0, both);
  REQUIRE(record);
  CHECK((*record)[0].name == "signal");
  CHECK((*record)[1].name == "label");
  const std::array<std::string_view, 1> missing{"image"};
  CHECK(store.read(0, missing).error().code == ErrorCode::kIoError);
  CHECK(store.read(1).error().code == ErrorCode::kIoError);
}

TEST_CASE("a record that a kill cut off is written again, whatever was left of it") {
  TemporaryFolder folder;
  const auto file = folder.path() / "records";
  std::uintmax_t first = 0;
  std::uintmax_t whole = 0;
  {
    RecordStore store = open(file);
    append(store, 1, 8);
    first = std::filesystem::file_size(file);
    append(store, 2, 8);
    whole = std::filesystem::file_size(file);
  }
  for (std::uintmax_t left = whole - 1; left > first; --left) {
    const auto cut = folder.path() / "cut";
    std::filesystem::copy_file(file, cut, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(cut, left);
    RecordStore store = open(cut);
    REQUIRE(store.size() == 1);
    append(store, 5, 2);
    const RecordStore again = open(cut);
    REQUIRE(again.size() == 2);
    CHECK(train::field(*again.read(0), "label")->as<std::int32_t>()[0] == 1);
    CHECK(train::field(*again.read(1), "label")->as<std::int32_t>()[0] == 5);
  }
}

TEST_CASE("bytes without their header, which is written last, are no record") {
  TemporaryFolder folder;
  const auto file = folder.path() / "records";
  std::uintmax_t first = 0;
  {
    RecordStore store = open(file);
    append(store, 1, 8);
    first = std::filesystem::file_size(file);
    append(store, 2, 8);
  }
  std::fstream bytes(file, std::ios::binary | std::ios::in | std::ios::out);
  bytes.seekp(static_cast<std::streamoff>(first));
  bytes.write("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
  bytes.close();
  CHECK(open(file).size() == 1);
}

TEST_CASE("another key empties the store") {
  TemporaryFolder folder;
  const auto file = folder.path() / "records";
  {
    RecordStore store = open(file);
    append(store, 1, 2);
  }
  CHECK(open(file, "other").size() == 0);
  CHECK(open(file).size() == 0);
}

TEST_CASE("a record has tensors, and not too many") {
  TemporaryFolder folder;
  RecordStore store = open(folder.path() / "records");
  CHECK(store.append({}).error().code == ErrorCode::kInvalidArgument);
  const std::array<float, 1> value{1};
  const std::vector<NamedView> many(RecordStore::kMaxFields + 1,
                                    {"x", *view_of(std::span<const float>(value), Shape{1})});
  CHECK(store.append(many).error().code == ErrorCode::kInvalidArgument);
  CHECK(store.size() == 0);
}
