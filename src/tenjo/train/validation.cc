#include "tenjo/train/validation.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <opencv2/core.hpp>

#include "tenjo/base/error.h"
#include "tenjo/evaluate/coco_eval.h"
#include "tenjo/evaluate/detect_eval.h"
#include "tenjo/pose/decoder.h"
#include "tenjo/pose/merge_people.h"
#include "tenjo/pose/openpose18.h"
#include "tenjo/pose/person_encoder.h"
#include "tenjo/publish/overlay.h"
#include "tenjo/train/trainer.h"

namespace tenjo {
namespace {

constexpr double kMostAspect = 4;  // of a picture, beyond which it is scaled down further

// The picture's size at a height, widths rounded up to the stride as `tenjo run` does.
cv::Size InputSize(const LabelledImage& image, int height, int stride) {
  const int rows = (height + stride - 1) / stride * stride;
  const double width = static_cast<double>(rows) * image.width / image.height;
  const int columns =
      static_cast<int>(std::ceil(std::min(width, kMostAspect * rows) / stride)) * stride;
  return {columns, rows};
}

constexpr float kLeastBoxScore = 0.02F;  // far enough down for average precision
constexpr double kCorner = 0.5;          // COCO's pixels less OpenCV's

void AddTruth(const LabelledImage& image, CocoTruth* truth) {
  CocoImage named;
  named.id = image.id;
  named.width = image.width;
  named.height = image.height;
  truth->images.push_back(named);
  for (const LabelledPerson& person : image.people) {
    CocoPerson asked;
    asked.id = static_cast<std::int64_t>(truth->people.size()) + 1;
    asked.image_id = image.id;
    asked.num_keypoints = person.num_keypoints;
    asked.box = {person.box.x + kCorner, person.box.y + kCorner, person.box.w, person.box.h};
    asked.area = person.area;
    asked.crowd = person.crowd;
    asked.ignore = person.crowd;
    if (person.rotated_box) {
      asked.rotated = person.rotated_box;
      asked.rotated->cx += kCorner;
      asked.rotated->cy += kCorner;
    }
    for (int k = 0; k < kNumKeypoints; ++k) {
      if (person.visibility[k] != kNotLabelled) {
        asked.points[k] = {person.keypoints[k].x + kCorner, person.keypoints[k].y + kCorner,
                           static_cast<double>(person.visibility[k])};
      }
    }
    truth->people.push_back(asked);
  }
}

CocoResult ResultOfBox(std::int64_t image, const FoundBox& found) {
  CocoResult result;
  result.image_id = image;
  result.score = found.score;
  result.rotated = found.box;
  result.rotated->cx += kCorner;
  result.rotated->cy += kCorner;
  const Box upright = UprightBox(*result.rotated);
  result.box = {upright.x, upright.y, upright.w, upright.h};
  result.area = upright.area();
  result.has_box = true;
  return result;
}

bool HasRotatedBoxes(const CocoTruth& truth) {
  return std::any_of(truth.people.begin(), truth.people.end(),
                     [](const CocoPerson& person) { return person.rotated.has_value(); });
}

double LossOf(const std::map<std::string, torch::Tensor>& maps, const Targets& targets,
              const RecipeTrain& train) {
  std::map<std::string, std::vector<torch::Tensor>> answers;
  for (const auto& [role, map] : maps) {
    answers[role] = {map};
  }
  StageLosses losses = PoseLosses(answers, targets, train, 0);
  if (maps.contains("boxes")) {
    AddPersonLosses(answers, targets, train, &losses);
  }
  return losses.total.item<double>();
}

// What is trained as not there is not asked for either.
void LeaveHiddenOut(LabelledImage* image) {
  for (LabelledPerson& person : image->people) {
    for (int k = 0; k < kNumKeypoints; ++k) {
      if (person.visibility[k] == kHidden) {
        person.visibility[k] = kNotLabelled;
        person.keypoints[k] = {};
        --person.num_keypoints;
      }
    }
  }
}

}  // namespace

struct Validation::Answer {
  std::vector<Person> people;   // picture pixels, by their skeletons
  std::vector<FoundBox> boxes;  // picture pixels
  cv::Mat crop;
  std::vector<Person> in_crop;  // merged with the boxes that are likely
  double loss = 0;
};

Validation::Validation(const RecipeData& data, const Recipe& recipe)
    : source_(ReadSource(data)), train_(recipe.train), height_(recipe.validation.height) {
  options_.encoder = recipe.train.encoder;
  options_.mask = recipe.train.mask;
  std::sort(source_.set.images.begin(), source_.set.images.end(),
            [](const LabelledImage& a, const LabelledImage& b) { return a.id < b.id; });
  images_ = source_.set.images.size();
  if (recipe.validation.images > 0) {
    images_ = std::min(images_, static_cast<std::size_t>(recipe.validation.images));
  }
  if (source_.hidden != HiddenKeypoints::kLearn) {
    for (LabelledImage& image : source_.set.images) {
      LeaveHiddenOut(&image);
    }
  }
}

// From the crop's pixels; the crop is a picture that was neither turned nor mirrored.
void Validation::ToPicture(const Placement& placement, Answer* answer) {
  const double scale = placement.scale();
  const double x0 = placement.crop_from_image(0, 2);
  const double y0 = placement.crop_from_image(1, 2);
  for (Person& person : answer->people) {
    for (Keypoint& keypoint : person.keypoints) {
      if (keypoint.score > 0) {
        keypoint.x = static_cast<float>((keypoint.x - x0) / scale);
        keypoint.y = static_cast<float>((keypoint.y - y0) / scale);
      }
    }
    person.box = {(person.box.x - x0) / scale, (person.box.y - y0) / scale, person.box.w / scale,
                  person.box.h / scale};
  }
  for (FoundBox& found : answer->boxes) {
    RotatedBox& box = found.box;
    box = {(box.cx - x0) / scale, (box.cy - y0) / scale, box.w / scale, box.h / scale, box.degrees};
  }
}

Validation::Answer Validation::Ask(std::size_t number, NetworkModule* network,
                                   torch::Device device) {
  const LabelledImage& image = source_.set.images[number];
  options_.crop = InputSize(image, height_, options_.encoder.stride);
  const Placement placement = FitWhole({image.width, image.height}, options_.crop);
  const int map_width = options_.crop.width / options_.encoder.stride;
  const int map_height = options_.crop.height / options_.encoder.stride;
  const auto floats = [&](std::int64_t planes) {
    return torch::empty({1, planes, map_height, map_width}, torch::kFloat32);
  };
  torch::Tensor pixels =
      torch::empty({1, options_.crop.height, options_.crop.width, 3}, torch::kUInt8);
  Targets targets;
  targets.heatmaps = floats(kNumHeatmaps);
  targets.pafs = floats(kNumPafs);
  targets.mask = floats(1);
  targets.people = floats(kNumPersonPlanes);
  Random random(0);
  MakeSample(source_, image, placement, options_, &random,
             {pixels.data_ptr<std::uint8_t>(), targets.heatmaps.data_ptr<float>(),
              targets.pafs.data_ptr<float>(), targets.mask.data_ptr<float>(),
              targets.people.data_ptr<float>()});
  const torch::NoGradGuard no_grad;
  std::map<std::string, torch::Tensor> maps;
  for (const auto& [role, stages] : network->forward(pixels.to(device).permute({0, 3, 1, 2}))) {
    maps[role] = stages.back().to(torch::kCPU, torch::kFloat32).contiguous();
  }
  Answer answer;
  answer.loss = LossOf(maps, targets, train_);
  const int stride = options_.encoder.stride;
  const PoseMaps poses{maps.at("heatmaps").data_ptr<float>(), maps.at("pafs").data_ptr<float>(),
                       map_width, map_height, stride};
  answer.people = PoseDecoder().Decode(poses);
  answer.in_crop = answer.people;
  if (maps.contains("boxes")) {
    const PersonMaps people{maps.at("centres").data_ptr<float>(),
                            maps.at("boxes").data_ptr<float>(), map_width, map_height, stride};
    answer.in_crop = MergePeople(answer.in_crop, DecodePeople(people));
    answer.boxes = DecodePeople(people, {.threshold = kLeastBoxScore});
  }
  answer.crop = cv::Mat(options_.crop, CV_8UC3, pixels.data_ptr<std::uint8_t>()).clone();
  ToPicture(placement, &answer);
  return answer;
}

ValidationMetrics Validation::Run(NetworkModule* network, torch::Device device,
                                  const std::atomic<bool>* stop) {
  network->eval();
  ValidationMetrics metrics;
  metrics.set = source_.name;
  CocoTruth truth;
  std::vector<CocoResult> results;
  std::vector<CocoResult> boxes;
  bool heads = false;
  for (const NetworkOutput& output : network->network().outputs) {
    heads = heads || output.role == "boxes";
  }
  double loss = 0;
  for (std::size_t i = 0; i < images_ && !(stop != nullptr && *stop); ++i) {
    try {
      const Answer answer = Ask(i, network, device);
      loss += answer.loss;
      ++metrics.images;
      AddTruth(source_.set.images[i], &truth);
      for (const Person& person : answer.people) {
        results.push_back(ResultOfPerson(source_.set.images[i].id, person));
      }
      for (const FoundBox& found : answer.boxes) {
        boxes.push_back(ResultOfBox(source_.set.images[i].id, found));
      }
    } catch (const Error& error) {
      spdlog::warn("{} It is left out of the validation.", error.what());
    }
  }
  if (stop != nullptr && *stop) {
    return metrics;  // asked to leave; nobody looks at it
  }
  if (metrics.images == 0) {
    throw Error(fmt::format("None of the pictures of {} could be read.", source_.name));
  }
  metrics.loss = loss / metrics.images;
  const CocoSummary summary = EvaluateKeypoints(truth, results);
  metrics.ap = summary.ap();
  metrics.ap50 = summary.ap50();
  if (heads) {
    const CocoSummary found =
        HasRotatedBoxes(truth) ? EvaluateRotatedBoxes(truth, boxes) : EvaluateBoxes(truth, boxes);
    metrics.box_ap = found.ap();
    metrics.box_ap50 = found.ap50();
  }
  return metrics;
}

std::vector<std::pair<std::string, cv::Mat>> Validation::Samples(NetworkModule* network,
                                                                 torch::Device device, int count) {
  network->eval();
  std::vector<std::pair<std::string, cv::Mat>> samples;
  const std::size_t step = std::max<std::size_t>(1, images_ / static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < images_ && samples.size() < static_cast<std::size_t>(count);
       i += step) {
    try {
      Answer answer = Ask(i, network, device);
      Overlay().Draw(answer.in_crop, 0, answer.crop);
      samples.emplace_back(source_.set.images[i].file.filename().string(), answer.crop);
    } catch (const Error&) {
      continue;  // it was said while validating
    }
  }
  return samples;
}

}  // namespace tenjo
