// Counts calls of the global operator new, which counting_new.cpp replaces in this test program.
#pragma once

#include <cstddef>

namespace sluice::test {

std::size_t allocation_count();

}  // namespace sluice::test
