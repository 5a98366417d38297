// How far two words are apart, to name the one that may have been meant. Pure; safe from any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace sluice {

// Levenshtein's: how many letters to insert, delete or replace.
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace sluice
