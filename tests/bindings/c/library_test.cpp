#include "bindings/c/sluice.h"

#include <cstdint>
#include <cstring>
#include <string>

#include <doctest/doctest.h>

#include "tests/bindings/c/tiny_onnx.hpp"

extern "C" int use_from_c(void);

TEST_CASE("a caller in C finds what the header says") { CHECK(use_from_c() == 0); }

TEST_CASE("allocated bytes are aligned for tensors and may be read past their end as XNNPACK does") {
  auto* bytes = static_cast<unsigned char*>(sluice_allocate(1000));
  REQUIRE(bytes != nullptr);
  CHECK(reinterpret_cast<std::uintptr_t>(bytes) % 64 == 0);
  std::memset(bytes, 1, 1000 + 128);
  sluice_free(bytes);
  CHECK(sluice_allocate(SIZE_MAX) == nullptr);
  CHECK(sluice_allocate(SIZE_MAX - 100) == nullptr);
}

TEST_CASE("error records of every size are respected") {
  const std::string wrong = "no manifest";
  sluice_bundle* bundle = nullptr;
  const auto check = [&](sluice_error* error) {
    return sluice_bundle_open(wrong.data(), wrong.size(), &bundle, error);
  };
  CHECK(check(nullptr) == SLUICE_MALFORMED_MANIFEST);

  SUBCASE("one that is full is told what went wrong") {
    sluice_error error{};
    error.struct_size = sizeof(error);
    CHECK(check(&error) == SLUICE_MALFORMED_MANIFEST);
    CHECK(error.status == SLUICE_MALFORMED_MANIFEST);
    CHECK(error.text_length > 0);
    CHECK(error.text_length <= SLUICE_ERROR_TEXT_BYTES);
    const std::string good = sluice::c::test::bright_manifest();
    CHECK(sluice_bundle_open(good.data(), good.size(), &bundle, &error) == SLUICE_OK);
    sluice_bundle_destroy(bundle);
    CHECK(error.status == SLUICE_OK);
    CHECK(error.text_length == 0);
  }
  SUBCASE("one with room for a few letters gets those") {
    sluice_error error{};
    std::memset(error.text, '#', sizeof(error.text));
    error.struct_size = 12 + 4;
    CHECK(check(&error) == SLUICE_MALFORMED_MANIFEST);
    CHECK(error.text_length == 4);
    CHECK(error.text[4] == '#');
  }
  SUBCASE("one that never was set up stays as it is") {
    sluice_error error{};
    CHECK(check(&error) == SLUICE_MALFORMED_MANIFEST);
    CHECK(error.status == 0);
  }
}

TEST_CASE("null where something is needed is an invalid argument") {
  sluice_error error{};
  error.struct_size = sizeof(error);
  sluice_bundle* bundle = nullptr;
  CHECK(sluice_bundle_open(nullptr, 10, &bundle, &error) == SLUICE_INVALID_ARGUMENT);
  CHECK(std::string(error.text, error.text_length).find("json") != std::string::npos);
  CHECK(sluice_memory(nullptr, &error) == SLUICE_INVALID_ARGUMENT);
}

TEST_CASE("memory is counted into a record of the right size only") {
  sluice_memory_use use{};
  CHECK(sluice_memory(&use, nullptr) == SLUICE_INVALID_ARGUMENT);
  use.struct_size = sizeof(use);
  CHECK(sluice_memory(&use, nullptr) == SLUICE_OK);
  CHECK(use.struct_size == sizeof(use));
}
