// The decoder against the slow reference, on drawn maps and on maps of a real network.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <opencv2/core/utility.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>
#include <openvino/openvino.hpp>
#include <random>
#include <string>
#include <vector>

#include "tenjo/pose/decoder.h"
#include "tenjo/pose/drawn_people_test.h"
#include "tenjo/pose/reference_decoder_test.h"
#include "tenjo/testing/paths.h"

namespace tenjo {
namespace {

using testing::ReferencePerson;

constexpr const char* kNetwork = "omz/human-pose-estimation-0001/human-pose-estimation-0001.xml";
constexpr const char* kVideo = "video/one-by-one-person-detection.mp4";
constexpr const char* kImages = "coco-person/val";

// Places of COCO's keypoints among the published decoder's.
constexpr int kCoco[18] = {0, -1, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3};

void ExpectSamePerson(const ReferencePerson& expected, const Person& person) {
  EXPECT_NEAR(person.score, std::min(1.0, std::sqrt(expected.coco_score / (1.4 * 35 * 17))), 1e-5);
  for (int k = 0; k < 18; ++k) {
    if (kCoco[k] < 0) {
      continue;
    }
    const Keypoint& keypoint = person.keypoints[kCoco[k]];
    const ReferencePerson::Point& point = expected.points[k];
    ASSERT_EQ(keypoint.score > 0, point.found) << "keypoint " << k;
    if (point.found) {
      EXPECT_LE(std::hypot(keypoint.x - point.x, keypoint.y - point.y), 0.5) << "keypoint " << k;
      EXPECT_NEAR(keypoint.score, std::min(point.value, 1.0), 1e-5) << "keypoint " << k;
    }
  }
}

// How many people both found.
int ExpectSamePeople(const PoseMaps& maps, const std::string& what) {
  SCOPED_TRACE(what);
  const std::vector<ReferencePerson> expected = testing::ReferenceDecode(maps);
  const std::vector<Person> people = PoseDecoder().Decode(maps);
  EXPECT_EQ(people.size(), expected.size());
  for (std::size_t i = 0; i < std::min(people.size(), expected.size()); ++i) {
    SCOPED_TRACE("person " + std::to_string(i));
    ExpectSamePerson(expected[i], people[i]);
  }
  return static_cast<int>(people.size());
}

bool HasRealData() {
  const auto has = [](const char* path) {
    return std::filesystem::exists(testing::SharedData(path));
  };
  return has(kNetwork) && has(kVideo) && has(kImages);
}

class Network {
 public:
  Network() {
    ov::Core core;
    auto model = core.read_model(testing::SharedData(kNetwork).string());
    model->reshape(ov::PartialShape{1, 3, -1, -1});
    compiled_ = core.compile_model(model, "CPU", ov::inference_num_threads(1));
    request_ = compiled_.create_infer_request();
  }

  // Of an 8-bit BGR image whose sides are multiples of 8. Holds until the next call.
  PoseMaps Run(const cv::Mat& image) {
    ov::Tensor input(ov::element::f32, {1, 3, static_cast<std::size_t>(image.rows),
                                        static_cast<std::size_t>(image.cols)});
    std::vector<cv::Mat> planes;
    for (int c = 0; c < 3; ++c) {
      planes.emplace_back(image.size(), CV_32F, input.data<float>() + c * image.total());
    }
    cv::Mat floats;
    image.convertTo(floats, CV_32F);
    cv::split(floats, planes);
    request_.set_input_tensor(input);
    request_.infer();
    pafs_ = request_.get_tensor("Mconv7_stage2_L1");
    heatmaps_ = request_.get_tensor("Mconv7_stage2_L2");
    const ov::Shape shape = heatmaps_.get_shape();
    return {heatmaps_.data<float>(), pafs_.data<float>(), static_cast<int>(shape[3]),
            static_cast<int>(shape[2]), 8};
  }

 private:
  ov::CompiledModel compiled_;
  ov::InferRequest request_;
  ov::Tensor heatmaps_;
  ov::Tensor pafs_;
};

cv::Mat Fit(const cv::Mat& image, int width, int height) {
  cv::Mat result;
  cv::resize(image, result, {width / 8 * 8, height / 8 * 8});
  return result;
}

TEST(DecoderParity, DrawnFrames) {
  const int frames = HasRealData() ? 300 : 500;
  int people = 0;
  for (int i = 0; i < frames; ++i) {
    std::mt19937 random(i);
    std::uniform_int_distribution<int> width(8, 64);
    std::uniform_int_distribution<int> height(8, 40);
    std::uniform_int_distribution<int> count(0, 20);
    const int w = 8 * (i % 3 == 0 ? 57 : width(random));
    const int h = 8 * (i % 3 == 0 ? 32 : height(random));
    PoseTargets targets = EncodePose(testing::DrawCrowd(&random, count(random), w, h), w, h);
    // Noise breaks ties, which a network's maps do not have: where neighbours are exactly equal,
    // the last bit decides what a maximum is.
    constexpr float kNoise[] = {0.001F, 0.01F, 0.02F, 0.03F};
    testing::AddNoise(&random, kNoise[i % 4], &targets.heatmaps);
    testing::AddNoise(&random, kNoise[i % 4], &targets.pafs);
    people += ExpectSamePeople(targets.Maps(), "drawn frame " + std::to_string(i));
  }
  EXPECT_GT(people, 5 * frames);
}

TEST(DecoderParity, VideoFrames) {
  TENJO_NEEDS_SHARED(kNetwork);
  TENJO_NEEDS_SHARED(kVideo);
  Network network;
  cv::VideoCapture video(testing::SharedData(kVideo).string());
  int frames = 0;
  int people = 0;
  cv::Mat image;
  for (int number = 0; frames < 130 && video.read(image); ++number) {
    if (number % 10 == 0) {
      people +=
          ExpectSamePeople(network.Run(Fit(image, 456, 256)), "frame " + std::to_string(number));
      ++frames;
    }
  }
  EXPECT_EQ(frames, 130);
  EXPECT_GT(people, 60);
}

TEST(DecoderParity, CocoImages) {
  TENJO_NEEDS_SHARED(kNetwork);
  TENJO_NEEDS_SHARED(kImages);
  Network network;
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(testing::SharedData(kImages))) {
    files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  int people = 0;
  for (std::size_t i = 0; i < files.size(); i += 4) {
    const cv::Mat image = cv::imread(files[i]);
    ASSERT_FALSE(image.empty()) << files[i];
    people += ExpectSamePeople(network.Run(Fit(image, image.cols, image.rows)), files[i]);
  }
  EXPECT_GT(people, 100);
}

// People of the video at the table, who turn their backs to the camera: the left of the body is at
// the left of the image. A channel out of order would put some joint elsewhere.
TEST(RealNetwork, JointsAreWhereTheirNamesSay) {
  TENJO_NEEDS_SHARED(kNetwork);
  TENJO_NEEDS_SHARED(kVideo);
  Network network;
  cv::VideoCapture video(testing::SharedData(kVideo).string());
  cv::Mat image;
  for (int number = 0; number <= 1280 && video.read(image); ++number) {
    if (number != 330 && number != 820 && number != 1280) {
      continue;
    }
    SCOPED_TRACE("frame " + std::to_string(number));
    const std::vector<Person> people = PoseDecoder().Decode(network.Run(Fit(image, 456, 256)));
    ASSERT_EQ(people.size(), 1U);
    const Skeleton& s = people[0].keypoints;
    for (const int k : {kLeftShoulder, kRightShoulder, kLeftHip, kRightHip, kLeftKnee, kRightKnee,
                        kLeftAnkle, kRightAnkle}) {
      ASSERT_GT(s[k].score, 0) << kKeypointNames[k];
    }
    for (const int k : {kNose, kLeftEye, kRightEye, kLeftEar, kRightEar}) {
      if (s[k].score > 0) {
        EXPECT_LT(s[k].y, s[kLeftShoulder].y) << kKeypointNames[k];
      }
    }
    EXPECT_LT(s[kLeftShoulder].x, s[kRightShoulder].x);
    EXPECT_LT(s[kLeftHip].x, s[kRightHip].x);
    for (const auto& [shoulder, hip, knee, ankle] :
         {std::array{kLeftShoulder, kLeftHip, kLeftKnee, kLeftAnkle},
          std::array{kRightShoulder, kRightHip, kRightKnee, kRightAnkle}}) {
      EXPECT_LT(s[shoulder].y, s[hip].y);
      EXPECT_LT(s[hip].y, s[knee].y);
      EXPECT_LT(s[knee].y, s[ankle].y);
    }
    for (const auto& [elbow, other] : {std::array{kLeftElbow, kRightElbow}}) {
      if (s[elbow].score > 0 && s[other].score > 0) {
        EXPECT_LT(s[elbow].x, s[other].x);
      }
    }
  }
}

}  // namespace
}  // namespace tenjo
