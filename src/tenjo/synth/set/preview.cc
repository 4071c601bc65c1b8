#include "tenjo/synth/set/preview.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/dataset/rle.h"
#include "tenjo/synth/scene/random.h"

namespace tenjo::synth {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kTileWidth = 480;
constexpr int kTileHeight = 360;
constexpr int kCropWidth = 150;
constexpr int kCropHeight = 200;
constexpr int kSmallestCrop = 60;  // pixels, the longer side of a person's box

// Ends of limbs among COCO's keypoints, from 0.
constexpr std::array<std::array<int, 2>, 19> kLimbs = {{{15, 13},
                                                        {13, 11},
                                                        {16, 14},
                                                        {14, 12},
                                                        {11, 12},
                                                        {5, 11},
                                                        {6, 12},
                                                        {5, 6},
                                                        {5, 7},
                                                        {7, 9},
                                                        {6, 8},
                                                        {8, 10},
                                                        {1, 2},
                                                        {0, 1},
                                                        {0, 2},
                                                        {1, 3},
                                                        {2, 4},
                                                        {3, 5},
                                                        {4, 6}}};

const cv::Scalar kSeen(80, 230, 80);
const cv::Scalar kHidden(60, 60, 240);
const cv::Scalar kBox(255, 200, 60);
const cv::Scalar kRotated(220, 90, 220);
const cv::Scalar kFloor(0, 220, 255);
const cv::Scalar kOutline(255, 255, 255);

struct SetLabels {
  json images;
  std::vector<std::vector<json>> people;  // of each image
};

SetLabels ReadLabels(const fs::path& out) {
  const fs::path path = out / "annotations.json";
  SetLabels labels;
  try {
    json all = json::parse(ReadFile(path));
    labels.images = std::move(all.at("images"));
    labels.people.resize(labels.images.size());
    std::map<std::int64_t, std::size_t> places;
    for (std::size_t i = 0; i < labels.images.size(); ++i) {
      places[labels.images[i].at("id").get<std::int64_t>()] = i;
    }
    for (json& annotation : all.at("annotations")) {
      labels.people[places.at(annotation.at("image_id").get<std::int64_t>())].push_back(
          std::move(annotation));
    }
  } catch (const json::exception&) {
    throw Error(fmt::format("{} is no COCO file", path.string()));
  } catch (const std::out_of_range&) {
    throw Error(fmt::format("{} labels a picture that it does not list", path.string()));
  }
  return labels;
}

cv::Mat ReadPicture(const fs::path& out, const json& image) {
  const fs::path path = out / "images" / image.at("file_name").get<std::string>();
  cv::Mat picture = cv::imread(path.string(), cv::IMREAD_COLOR);
  if (picture.empty()) {
    throw Error(fmt::format("cannot read the picture {}", path.string()));
  }
  return picture;
}

cv::Mat ReadMask(const json& person) {
  const json& mask = person.at("segmentation");
  return MaskOfRuns(DecodeRuns(mask.at("counts").get<std::string>()), mask.at("size")[1].get<int>(),
                    mask.at("size")[0].get<int>());
}

//! Draws on a picture that was scaled; COCO's coordinates count from the corner of a pixel.
class Pen {
 public:
  Pen(cv::Mat& picture, double scale) : picture_(picture), scale_(scale) {}

  cv::Point At(double x, double y) const {
    return {static_cast<int>(std::lround(x * scale_ - 0.5)),
            static_cast<int>(std::lround(y * scale_ - 0.5))};
  }
  void Line(double x0, double y0, double x1, double y1, const cv::Scalar& colour, int width = 1) {
    cv::line(picture_, At(x0, y0), At(x1, y1), colour, width, cv::LINE_AA);
  }
  void Dot(double x, double y, const cv::Scalar& colour) {
    cv::circle(picture_, At(x, y), 2, colour, cv::FILLED, cv::LINE_AA);
  }
  void Cross(double x, double y, const cv::Scalar& colour) {
    cv::drawMarker(picture_, At(x, y), colour, cv::MARKER_TILTED_CROSS, 9, 1, cv::LINE_AA);
  }
  void Box(const json& box, const cv::Scalar& colour) {
    const auto b = box.get<std::vector<double>>();
    cv::rectangle(picture_, At(b[0], b[1]), At(b[0] + b[2], b[1] + b[3]), colour, 1);
  }
  void Rotated(const json& box, const cv::Scalar& colour) {
    const auto b = box.get<std::vector<double>>();
    const double turn = b[4] * CV_PI / 180;
    std::vector<cv::Point> corners;
    for (const auto& [u, v] : {std::pair{-1, -1}, {1, -1}, {1, 1}, {-1, 1}}) {
      const double x = 0.5 * u * b[2];
      const double y = 0.5 * v * b[3];
      corners.push_back(At(b[0] + std::cos(turn) * x - std::sin(turn) * y,
                           b[1] + std::sin(turn) * x + std::cos(turn) * y));
    }
    cv::polylines(picture_, corners, true, colour, 1, cv::LINE_AA);
  }
  void Outline(const cv::Mat& mask, const cv::Scalar& colour) {
    cv::Mat scaled;
    cv::resize(mask, scaled, {}, scale_, scale_, cv::INTER_NEAREST);
    std::vector<std::vector<cv::Point>> outlines;
    cv::findContours(scaled, outlines, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_NONE);
    cv::drawContours(picture_, outlines, -1, colour, 1);
  }
  void Text(double x, double y, const std::string& text) {
    const cv::Point at = At(x, y) + cv::Point(2, -3);
    cv::putText(picture_, text, at, cv::FONT_HERSHEY_SIMPLEX, 0.38, {0, 0, 0}, 3, cv::LINE_AA);
    cv::putText(picture_, text, at, cv::FONT_HERSHEY_SIMPLEX, 0.38, {255, 255, 255}, 1,
                cv::LINE_AA);
  }

 private:
  cv::Mat& picture_;
  double scale_;
};

void DrawPerson(Pen& pen, const json& person) {
  pen.Outline(ReadMask(person), kOutline);
  pen.Rotated(person.at("rotated_box"), kRotated);
  pen.Box(person.at("bbox"), kBox);
  const auto points = person.at("keypoints").get<std::vector<double>>();
  const auto point = [&](int k) { return points.begin() + 3 * k; };
  for (const auto& [a, b] : kLimbs) {
    const double seen = std::min(point(a)[2], point(b)[2]);
    if (seen > 0) {
      pen.Line(point(a)[0], point(a)[1], point(b)[0], point(b)[1], seen > 1 ? kSeen : kHidden);
    }
  }
  for (int k = 0; k < static_cast<int>(points.size()) / 3; ++k) {
    if (point(k)[2] > 0) {
      pen.Dot(point(k)[0], point(k)[1], point(k)[2] > 1 ? kSeen : kHidden);
    }
  }
  if (person.contains("floor_pixel")) {
    const auto floor = person.at("floor_pixel").get<std::vector<double>>();
    pen.Cross(floor[0], floor[1], kFloor);
  }
  const auto box = person.at("bbox").get<std::vector<double>>();
  pen.Text(box[0], box[1] + 14, std::to_string(person.at("identity").get<std::int64_t>()));
}

cv::Mat Tile(const cv::Mat& picture, int width, int height, double& scale) {
  scale = std::min(static_cast<double>(width) / picture.cols,
                   static_cast<double>(height) / picture.rows);
  cv::Mat scaled;
  cv::resize(picture, scaled, {}, scale, scale, scale < 1 ? cv::INTER_AREA : cv::INTER_CUBIC);
  return scaled;
}

cv::Mat Sheet(const std::vector<cv::Mat>& tiles, int width, int height) {
  const auto count = static_cast<int>(tiles.size());
  const int columns = std::max(
      1,
      static_cast<int>(std::ceil(std::sqrt(1.35 * count * height / static_cast<double>(width)))));
  const int rows = (count + columns - 1) / columns;
  cv::Mat sheet(rows * height, columns * width, CV_8UC3, cv::Scalar(40, 40, 40));
  for (int i = 0; i < count; ++i) {
    const cv::Mat& tile = tiles[static_cast<std::size_t>(i)];
    const cv::Rect at(i % columns * width + (width - tile.cols) / 2,
                      i / columns * height + (height - tile.rows) / 2, tile.cols, tile.rows);
    tile.copyTo(sheet(at));
  }
  return sheet;
}

void WriteJpeg(const fs::path& path, const cv::Mat& image) {
  std::vector<std::uint8_t> jpeg;
  cv::imencode(".jpg", image, jpeg, {cv::IMWRITE_JPEG_QUALITY, 90});
  WriteFile(path, {reinterpret_cast<const char*>(jpeg.data()), jpeg.size()});
}

struct Counts {
  int seen = 0;
  int hidden = 0;
};

Counts CountPoints(const std::vector<json>& people) {
  Counts counts;
  for (const json& person : people) {
    const auto points = person.at("keypoints").get<std::vector<double>>();
    for (std::size_t k = 2; k < points.size(); k += 3) {
      counts.seen += points[k] > 1 ? 1 : 0;
      counts.hidden += points[k] == 1 ? 1 : 0;
    }
  }
  return counts;
}

std::string PageRow(const json& image, const std::vector<json>& people) {
  const json& camera = image.at("camera");
  const Counts counts = CountPoints(people);
  const auto name = image.at("file_name").get<std::string>();
  return fmt::format(
      "<tr><td><a href=\"images/{0}\"><img loading=\"lazy\" src=\"images/{0}\" "
      "alt=\"{0}\"></a></td>"
      "<td>{0}</td><td>{1} x {2}</td><td>{3}</td><td>{4:.2f}</td><td>{5:.0f}</td><td>{6}</td>"
      "<td>{7}</td><td>{8}</td></tr>\n",
      name, image.at("width").get<int>(), image.at("height").get<int>(),
      camera.at("lens").get<std::string>(), camera.at("height_m").get<double>(),
      camera.at("tilt").get<double>(), people.size(), counts.seen, counts.hidden);
}

constexpr const char* kPageHead =
    R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>tenjo synth: preview</title>
<style>
body { font: 15px/1.4 sans-serif; margin: 1.5rem; color: #222; background: #fafafa }
img { max-width: 100% } td img { width: 12rem }
table { border-collapse: collapse } td, th { padding: .3rem .7rem; text-align: left }
tr:nth-child(even) { background: #eee }
</style></head><body>
<h1>Preview</h1>
<p>Green: keypoints and limbs that are seen; red: hidden. White: mask. Blue: box of the mask. Violet: the whole body's
rotated box. Yellow cross: where one stands on the floor. The number is the identity.</p>
<p><a href="preview.jpg"><img src="preview.jpg" alt="all pictures with labels"></a></p>
<table><tr><th></th><th>file</th><th>size</th><th>lens</th><th>height, m</th><th>tilt, degrees</th><th>people</th>
<th>points seen</th><th>hidden</th></tr>
)";

//! Part of the picture about a person, as wide as high as the sheet's tiles.
cv::Mat Crop(const cv::Mat& picture, const json& person) {
  const auto box = person.at("bbox").get<std::vector<double>>();
  const double height = 1.15 * std::max(box[3], box[2] * kCropHeight / kCropWidth);
  const double width = height * kCropWidth / kCropHeight;
  const cv::Point2f middle(static_cast<float>(box[0] + 0.5 * box[2]),
                           static_cast<float>(box[1] + 0.5 * box[3]));
  cv::Mat crop;
  cv::getRectSubPix(picture, {static_cast<int>(width), static_cast<int>(height)}, middle, crop);
  cv::resize(crop, crop, {kCropWidth, kCropHeight}, 0, 0,
             height > kCropHeight ? cv::INTER_AREA : cv::INTER_CUBIC);
  return crop;
}

bool WorthACrop(const json& person) {
  const auto box = person.at("bbox").get<std::vector<double>>();
  const auto points = person.at("keypoints").get<std::vector<double>>();
  int seen = 0;
  for (std::size_t k = 2; k < points.size(); k += 3) {
    seen += points[k] > 1 ? 1 : 0;
  }
  return std::max(box[2], box[3]) >= kSmallestCrop && seen >= 4;
}

}  // namespace

void WritePreview(const fs::path& out, int count) {
  const SetLabels labels = ReadLabels(out);
  std::vector<cv::Mat> tiles;
  std::string page = kPageHead;
  for (std::size_t i = 0;
       i < labels.images.size() && tiles.size() < static_cast<std::size_t>(count); ++i) {
    double scale = 1;
    cv::Mat tile = Tile(ReadPicture(out, labels.images[i]), kTileWidth, kTileHeight, scale);
    Pen pen(tile, scale);
    for (const json& person : labels.people[i]) {
      DrawPerson(pen, person);
    }
    tiles.push_back(tile);
    page += PageRow(labels.images[i], labels.people[i]);
  }
  if (tiles.empty()) {
    throw Error(fmt::format("the set in {} has no picture to look at yet", out.string()));
  }
  WriteJpeg(out / "preview.jpg", Sheet(tiles, kTileWidth, kTileHeight));
  WriteFile(out / "preview.html", page + "</table></body></html>\n");
}

void WriteCrops(const fs::path& out, int count) {
  const SetLabels labels = ReadLabels(out);
  std::vector<std::pair<std::size_t, const json*>> people;
  for (std::size_t i = 0; i < labels.people.size(); ++i) {
    for (const json& person : labels.people[i]) {
      if (WorthACrop(person)) {
        people.emplace_back(i, &person);
      }
    }
  }
  if (people.empty()) {
    throw Error(fmt::format("the set in {} shows no person large enough for a crop", out.string()));
  }
  Random random(people.size());
  for (std::size_t i = people.size(); i > 1; --i) {
    std::swap(people[i - 1], people[static_cast<std::size_t>(random.Index(static_cast<int>(i)))]);
  }
  people.resize(std::min(people.size(), static_cast<std::size_t>(count)));
  std::vector<cv::Mat> tiles;
  tiles.reserve(people.size());
  for (const auto& [image, person] : people) {
    tiles.push_back(Crop(ReadPicture(out, labels.images[image]), *person));
  }
  WriteJpeg(out / "crops.jpg", Sheet(tiles, kCropWidth, kCropHeight));
}

}  // namespace tenjo::synth
