#include "native/train/image/screen_painter.hpp"

#include <algorithm>
#include <array>

namespace sluice::train {
namespace {

using Colour = std::array<float, 3>;

// In shares of the screen's width and height.
struct Area {
  float x = 0;
  float y = 0;
  float width = 1;
  float height = 1;

  Area part(float px, float py, float pw, float ph) const {
    return {x + px * width, y + py * height, pw * width, ph * height};
  }
};

struct Theme {
  Colour paper;
  Colour ink;
  Colour accent;
};

Colour grey_like(float level, Random& random) {
  Colour colour;
  for (float& value : colour) value = std::clamp(level + random.uniform(-14, 14), 0.0F, 255.0F);
  return colour;
}

Theme draw_theme(bool dark, Random& random) {
  Theme theme;
  theme.paper = grey_like(dark ? random.uniform(5, 60) : random.uniform(205, 255), random);
  theme.ink = grey_like(dark ? random.uniform(150, 250) : random.uniform(0, 100), random);
  for (float& value : theme.accent) value = random.uniform(20, 235);
  return theme;
}

class Painter {
 public:
  Painter(eval::RgbImage& image, Random& random) : image_(image), random_(random) {}

  void fill(const Area& area, const Colour& top, const Colour& bottom) {
    const auto [x0, x1] = span(area.x, area.width, image_.width);
    const auto [y0, y1] = span(area.y, area.height, image_.height);
    for (std::uint32_t y = y0; y < y1; ++y) {
      const float t = static_cast<float>(y - y0) / static_cast<float>(y1 - y0);
      Colour colour;
      for (std::size_t c = 0; c < 3; ++c) colour[c] = top[c] * (1 - t) + bottom[c] * t;
      for (std::uint32_t x = x0; x < x1; ++x) put(x, y, colour);
    }
  }
  void fill(const Area& area, const Colour& colour) { fill(area, colour, colour); }

  // One line of words, as high as the area, up to its right edge at most.
  void words(const Area& area, const Colour& colour) {
    const auto [y0, y1] = span(area.y, area.height, image_.height);
    const auto [x0, x1] = span(area.x, area.width, image_.width);
    const std::uint32_t glyph = std::max(2U, (y1 - y0) * 11 / 20);
    std::uint32_t x = x0;
    while (x + glyph < x1) {
      const std::size_t letters = 1 + random_.index(9);
      for (std::size_t i = 0; i < letters && x + glyph < x1; ++i, x += glyph) letter(x, y0, glyph - 1, y1 - y0, colour);
      x += glyph;
    }
  }

  // Lines of words of this height (a share of the screen's) from the top of the area, `density` of them not blank.
  void text(const Area& area, float line, float density, const Theme& theme, bool coloured) {
    for (float y = area.y; y + line < area.y + area.height; y += line * 1.5F) {
      if (!random_.chance(density)) continue;
      const float indent = random_.chance(0.3F) ? random_.uniform(0, 0.2F) : 0;
      const Colour& colour = coloured && random_.chance(0.3F) ? theme.accent : theme.ink;
      words({area.x + indent * area.width, y, area.width * (1 - indent) * random_.uniform(0.3F, 1), line}, colour);
    }
  }

  void bars(const Area& area, const Theme& theme) {
    const std::size_t count = 3 + random_.index(8);
    for (std::size_t i = 0; i < count; ++i) {
      const float high = random_.uniform(0.1F, 1);
      const float step = 1 / static_cast<float>(count);
      fill(area.part(static_cast<float>(i) * step, 1 - high, step * 0.7F, high), theme.accent);
    }
  }

 private:
  static std::array<std::uint32_t, 2> span(float start, float length, std::uint32_t side) {
    const auto at = [&](float share) {
      return static_cast<std::uint32_t>(std::clamp(share, 0.0F, 1.0F) * static_cast<float>(side));
    };
    return {at(start), std::max(at(start + length), at(start))};
  }

  void put(std::uint32_t x, std::uint32_t y, const Colour& colour) {
    auto* pixel = image_.pixels.data() + (std::size_t{y} * image_.width + x) * 3;
    for (std::size_t c = 0; c < 3; ++c) pixel[c] = static_cast<std::uint8_t>(colour[c]);
  }

  // A few strokes on a grid of 3 x 5: no letter of any script, but as much ink.
  void letter(std::uint32_t x0, std::uint32_t y0, std::uint32_t width, std::uint32_t height, const Colour& colour) {
    std::array<bool, 15> on{};
    for (bool& cell : on) cell = random_.chance(0.5F);
    for (std::uint32_t y = 0; y < height; ++y) {
      for (std::uint32_t x = 0; x < width; ++x) {
        if (on[y * 5 / height * 3 + x * 3 / width]) put(x0 + x, y0 + y, colour);
      }
    }
  }

  eval::RgbImage& image_;
  Random& random_;
};

void slide(Painter& painter, const Area& area, Random& random) {
  const Theme theme = draw_theme(random.chance(0.4F), random);
  painter.fill(area, theme.paper);
  if (random.chance(0.4F)) painter.fill(area.part(0, 0, 1, random.uniform(0.08F, 0.2F)), theme.accent);
  const float title = area.height * random.uniform(0.05F, 0.12F);
  painter.words({area.x + 0.06F * area.width, area.y + 0.05F * area.height, 0.8F * area.width, title}, theme.ink);
  const float line = area.height * random.uniform(0.02F, 0.06F);
  const bool chart = random.chance(0.4F);
  painter.text(area.part(0.08F, 0.25F, chart ? 0.4F : 0.8F, 0.7F), line, random.uniform(0.3F, 0.9F), theme, true);
  if (chart) painter.bars(area.part(0.55F, 0.3F, 0.4F, 0.55F), theme);
}

void terminal(Painter& painter, const Area& area, Random& random) {
  const Theme theme = draw_theme(random.chance(0.85F), random);
  painter.fill(area, theme.paper);
  const float filled = random.uniform(0.1F, 1);
  painter.text(area.part(0.01F, 0.02F, 0.97F, 0.96F * filled), random.uniform(0.012F, 0.035F), 0.9F, theme, true);
}

void document(Painter& painter, const Area& area, Random& random) {
  const Theme theme = draw_theme(random.chance(0.3F), random);
  painter.fill(area, theme.paper);
  const float side = random.chance(0.6F) ? random.uniform(0.1F, 0.3F) : 0.02F;
  if (side > 0.05F) {
    const Theme bar = draw_theme(random.chance(0.5F), random);
    painter.fill(area.part(0, 0, side, 1), bar.paper);
    painter.text(area.part(0.01F, 0.05F, side - 0.02F, 0.9F), random.uniform(0.015F, 0.03F), 0.7F, bar, true);
  }
  const float line = random.uniform(0.012F, 0.03F);
  painter.text(area.part(side + 0.03F, 0.06F, 0.94F - side, 0.9F), line, random.uniform(0.5F, 0.95F), theme, true);
}

void content(Painter& painter, const Area& area, Random& random) {
  switch (random.index(3)) {
    case 0: return slide(painter, area, random);
    case 1: return terminal(painter, area, random);
    default: return document(painter, area, random);
  }
}

void desktop(Painter& painter, Random& random) {
  Colour top;
  Colour bottom;
  for (float& value : top) value = random.uniform(0, 255);
  for (float& value : bottom) value = random.uniform(0, 255);
  painter.fill({}, top, random.chance(0.5F) ? top : bottom);
  const std::size_t windows = 1 + random.index(3);
  for (std::size_t i = 0; i < windows; ++i) {
    const float width = random.uniform(0.3F, 0.8F);
    const float height = random.uniform(0.3F, 0.8F);
    const Area window{random.uniform(0, 1 - width), random.uniform(0, 1 - height), width, height};
    content(painter, window, random);
    const Theme title = draw_theme(random.chance(0.5F), random);
    const Area bar{window.x, window.y, window.width, 0.035F};
    painter.fill(bar, title.paper);
    painter.words(bar.part(0.3F, 0.2F, 0.4F, 0.6F), title.ink);
  }
  if (random.chance(0.5F)) painter.fill({0, random.chance(0.5F) ? 0 : 0.95F, 1, 0.05F}, grey_like(40, random));
}

}  // namespace

eval::RgbImage paint_screen(std::uint32_t width, std::uint32_t height, Random& random) {
  eval::RgbImage image{width, height, std::vector<std::uint8_t>(std::size_t{width} * height * 3)};
  Painter painter(image, random);
  if (random.chance(0.45F)) {
    desktop(painter, random);
  } else {
    content(painter, {}, random);
  }
  return image;
}

}  // namespace sluice::train
