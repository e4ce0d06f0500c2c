#include "scenes/codes/codes_block.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "scenes/codes/codes_artwork.h"
#include "scenes/codes/codes_texture.h"

namespace focus::scenes {
namespace {

/// Each module as a square of `scale` pixels, or as a dot.
cv::Mat drawn_modules(const cv::Mat& modules, int scale, bool dots) {
  cv::Mat ink;
  cv::resize(modules, ink, {}, scale, scale, cv::INTER_NEAREST);
  if (!dots) return ink;
  ink.setTo(0);
  const int radius = std::max(1, scale * 9 / 20);
  for (int y = 0; y < modules.rows; ++y) {
    for (int x = 0; x < modules.cols; ++x) {
      if (modules.at<uint8_t>(y, x) == 0) continue;
      cv::circle(ink, {x * scale + scale / 2, y * scale + scale / 2}, radius, cv::Scalar::all(255),
                 cv::FILLED, cv::LINE_AA);
    }
  }
  return ink;
}

/// Makes ink spread beyond its modules, or not reach their edges.
void spread_ink(cv::Mat& ink, int scale, Rng& random) {
  const double sigma = 0.35 * scale, threshold = 128 + random.uniform(-70, 60);
  cv::GaussianBlur(ink, ink, {}, sigma);
  ink.convertTo(ink, -1, 4, -4 * threshold + 128);
}

void add_emblem(cv::Mat& ink, Rng& random) {
  const double share = random.uniform(0.14, 0.28);
  const int side = static_cast<int>(share * ink.cols);
  const cv::Rect middle((ink.cols - side) / 2, (ink.rows - side) / 2, side, side);
  const cv::Point centre(ink.cols / 2, ink.rows / 2);
  const bool round = random.chance(0.5);
  if (round) {
    cv::circle(ink, centre, side / 2, cv::Scalar::all(0), cv::FILLED, cv::LINE_AA);
    cv::circle(ink, centre, side * 2 / 5, cv::Scalar::all(random.uniform(60, 255)), cv::FILLED, cv::LINE_AA);
  } else {
    cv::rectangle(ink, middle, cv::Scalar::all(0), cv::FILLED);
    draw_text_line(ink, {middle.x + side / 8, middle.y + side / 4, side * 3 / 4, side / 2},
                   random_word(random), cv::Scalar::all(255), random);
  }
}

/// Removes ink: rubbed off, scratched, or missing because of a worn print head.
void wear(cv::Mat& ink, Rng& random) {
  const double kind = random.uniform();
  if (kind < 0.5) {
    const double cell = random.uniform(2, 0.3 * ink.cols + 4);
    cv::Mat rubbed = cloud(ink.size(), {cell, cell}, 3, random), kept;
    const double share = random.uniform(0.1, 0.36);
    rubbed.convertTo(kept, CV_8U, 255 * 4, -255 * 4 * share + 200);
    cv::min(ink, kept, ink);
  } else if (kind < 0.75) {
    for (int64_t left = random.integer(1, 8); left > 0; --left) {
      const cv::Rect all({0, 0}, ink.size());
      const cv::Point from = point_in(all, random), to = point_in(all, random);
      cv::line(ink, from, to, cv::Scalar::all(0), 1 + static_cast<int>(random.integer(0, ink.cols / 80)),
               cv::LINE_AA);
    }
  } else {
    for (int64_t left = random.integer(1, 5); left > 0; --left) {
      const cv::Point at = point_in({{0, 0}, ink.size()}, random);
      ink.row(at.y) *= random.uniform(0, 0.6);
      if (at.y + 1 < ink.rows) ink.row(at.y + 1) *= random.uniform(0, 0.6);
    }
  }
}

/// Adds the human-readable line below the bars; digits of retail codes are placed between the guards.
void add_line_of_text(CodeBlock& block, const std::string& text, bool retail, Rng& random) {
  const int bars_height = block.ink.rows, width = block.ink.cols;
  const int height = std::max(6, static_cast<int>(width * random.uniform(0.06, 0.11)));
  const int gap = retail ? -height / 3 : std::max(1, height / 5);
  const int total = bars_height + std::max(0, gap) + height;
  cv::Mat ink = cv::Mat::zeros(total, width, CV_8U), symbol = ink.clone();
  block.ink.copyTo(ink.rowRange(0, bars_height));
  block.symbol.copyTo(symbol.rowRange(0, bars_height));
  const double inset = retail ? 0.04 : random.uniform(0, 0.25);
  const cv::Rect line(static_cast<int>(width * inset), bars_height + gap + height / 8,
                      static_cast<int>(width * (1 - 2 * inset)), height * 3 / 4);
  draw_text_line(ink, line, text, cv::Scalar::all(255), random);
  block.ink = ink;
  block.symbol = symbol;
}

/// Adds a frame around a code, at times with a call to scan it below.
void add_frame(CodeBlock& block, Rng& random) {
  const int border = block.ink.cols / 8 + 2, below = random.chance(0.6) ? block.ink.cols / 5 : 0;
  cv::copyMakeBorder(block.ink, block.ink, border, border + below, border, border, cv::BORDER_CONSTANT, 0);
  cv::copyMakeBorder(block.symbol, block.symbol, border, border + below, border, border, cv::BORDER_CONSTANT,
                     0);
  const int thickness = std::max(1, border / 5);
  cv::rectangle(block.ink,
                {thickness / 2, thickness / 2, block.ink.cols - thickness, block.ink.rows - thickness},
                cv::Scalar::all(255), thickness);
  if (below > 0) {
    draw_text_line(block.ink, {border, block.ink.rows - below, block.ink.cols - 2 * border, below * 3 / 5},
                   "SCAN " + random_word(random), cv::Scalar::all(255), random);
  }
}

}  // namespace

CodeBlock make_block(const CodeSymbol& symbol, int side, Rng& random) {
  const int longer = std::max(symbol.modules.cols, symbol.modules.rows);
  const bool retail = symbol.linear() && symbol.symbology <= Symbology::kUpcE;
  const bool square = symbol.label() == 1 || symbol.label() == 3;
  const bool dots = (symbol.label() == 1 || symbol.label() == 2) && random.chance(0.12);
  // Fine enough for text and for ink that spreads; the block is scaled to its final size afterwards.
  const int scale = std::clamp((side + longer - 1) / longer, symbol.linear() ? 2 : 4, 16);

  CodeBlock block{
      .label = symbol.label(), .ink = drawn_modules(symbol.modules, scale, dots), .symbol = {}, .quiet = 0};
  if (!dots && random.chance(0.5)) spread_ink(block.ink, scale, random);
  if (symbol.label() == 1 && symbol.modules.cols > 24 && random.chance(0.18)) add_emblem(block.ink, random);
  block.symbol = cv::Mat(block.ink.size(), CV_8U, cv::Scalar::all(255));
  if (symbol.linear() && random.chance(0.75)) add_line_of_text(block, symbol.text, retail, random);
  if (square && random.chance(0.08)) add_frame(block, random);
  if (random.chance(0.15)) wear(block.ink, random);

  const double factor = static_cast<double>(side) / (longer * scale);
  const cv::Size size(std::max(2, cvRound(block.ink.cols * factor)),
                      std::max(2, cvRound(block.ink.rows * factor)));
  cv::resize(block.ink, block.ink, size, 0, 0, factor < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
  cv::resize(block.symbol, block.symbol, size, 0, 0, cv::INTER_NEAREST);
  block.quiet = std::max(1, cvRound(symbol.quiet * scale * factor));
  if (random.chance(0.3)) {
    const int turn =
        static_cast<int>(random.integer(cv::ROTATE_90_CLOCKWISE, cv::ROTATE_90_COUNTERCLOCKWISE));
    cv::rotate(block.ink, block.ink, turn);
    cv::rotate(block.symbol, block.symbol, turn);
  }
  return block;
}

}  // namespace focus::scenes
