// The lines that PieSlicer's authors fitted for three phones and two networks: constant data, from the released Android code
// (ImageConverter.java of the repository that goes with Ogden et al., "PieSlicer: Dynamically Improving Response Time for Cloud-Based
// CNN Inference", ICPE 2021). Their networks also stand for others, as lines to begin with.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/adapt/placement/pieslicer.hpp"

namespace sluice::adapt {

enum class PublishedPhone : std::uint8_t { kNexus5, kMotoX4, kPixel2 };
enum class PublishedNetwork : std::uint8_t { kCampus, kHome };

inline constexpr std::array kPublishedPhones = {PublishedPhone::kNexus5, PublishedPhone::kMotoX4,
                                                PublishedPhone::kPixel2};
inline constexpr std::array kPublishedNetworks = {PublishedNetwork::kCampus, PublishedNetwork::kHome};

std::string_view name_of(PublishedPhone phone);
std::string_view name_of(PublishedNetwork network);

// Of a shrunk picture, as the released code means it (and casts it to 0), and as the paper's pictures came to.
inline constexpr double kStatedShrunkMb = 0.127;
inline constexpr double kMeanShrunkMb = 0.054;

PieSlicerLines published_lines(PublishedPhone phone, PublishedNetwork network);

}  // namespace sluice::adapt
