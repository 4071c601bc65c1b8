#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "tenjo/base/error.h"
#include "tenjo/pose/merge_people.h"
#include "tenjo/pose/person_decoder.h"
#include "tenjo/pose/person_encoder.h"

namespace tenjo {
namespace {

constexpr int kStride = 8;

// What a perfect network answers to targets: the logit of the heat, and the boxes.
struct Answer {
  std::vector<float> centres;
  std::vector<float> boxes;
  int width = 0;
  int height = 0;

  PersonMaps Maps() const { return {centres.data(), boxes.data(), width, height, kStride}; }
};

Answer Perfect(const std::vector<PersonLabel>& people, int width, int height) {
  Answer answer;
  answer.width = width / kStride;
  answer.height = height / kStride;
  const auto size = static_cast<std::size_t>(answer.width * answer.height);
  std::vector<float> planes(kNumPersonPlanes * size);
  EncodePeople(people, width, height, kStride, planes.data());
  for (std::size_t i = 0; i < size; ++i) {
    const float heat = std::clamp(planes[kPersonHeat * size + i], 1e-4F, 1 - 1e-4F);
    answer.centres.push_back(std::log(heat / (1 - heat)));
  }
  answer.boxes.assign(planes.begin() + kPersonDx * static_cast<std::ptrdiff_t>(size),
                      planes.begin() + kPersonPlaceWeight * static_cast<std::ptrdiff_t>(size));
  return answer;
}

PersonLabel Label(const RotatedBox& box) { return {.box = box, .x = box.cx, .y = box.cy}; }

// People whose middles are far enough apart to be told apart.
std::vector<PersonLabel> DrawPeople(std::mt19937* random, int width, int height, int count) {
  std::uniform_real_distribution<double> unit(0, 1);
  std::vector<PersonLabel> people;
  while (static_cast<int>(people.size()) < count) {
    const double h = 25 * std::pow(8.0, unit(*random));
    const RotatedBox box = {width * unit(*random), height * unit(*random),
                            h * (0.3 + 0.7 * unit(*random)), h, 180 * unit(*random) - 90};
    const bool free = std::all_of(people.begin(), people.end(), [&](const PersonLabel& other) {
      return std::hypot(other.box.cx - box.cx, other.box.cy - box.cy) > 4 * kStride &&
             RotatedIoU(other.box, box) < 0.4;
    });
    if (free && box.cx > 0 && box.cy > 0 && box.cx < width - 1 && box.cy < height - 1) {
      people.push_back(Label(box));
    }
  }
  return people;
}

TEST(PersonHeads, DecodeWhatWasEncoded) {
  std::mt19937 random(5);
  for (int round = 0; round < 60; ++round) {
    const std::vector<PersonLabel> people = DrawPeople(&random, 480, 320, 1 + round % 8);
    const Answer answer = Perfect(people, 480, 320);
    const std::vector<FoundBox> found = DecodePeople(answer.Maps());
    ASSERT_EQ(found.size(), people.size()) << round;
    for (const PersonLabel& person : people) {
      const auto best =
          std::max_element(found.begin(), found.end(), [&](const FoundBox& a, const FoundBox& b) {
            return RotatedIoU(a.box, person.box) < RotatedIoU(b.box, person.box);
          });
      EXPECT_NEAR(best->box.cx, person.box.cx, 1e-3);
      EXPECT_NEAR(best->box.cy, person.box.cy, 1e-3);
      EXPECT_NEAR(best->box.w, person.box.w, 1e-3 * person.box.w);
      EXPECT_NEAR(best->box.h, person.box.h, 1e-3 * person.box.h);
      EXPECT_NEAR(HalfTurn(best->box.degrees - person.box.degrees), 0, 0.01);
      EXPECT_GT(best->score, 0.99);
    }
  }
}

TEST(PersonHeads, WeightsOfAPersonAreOneTogether) {
  std::mt19937 random(6);
  for (int round = 0; round < 20; ++round) {
    std::vector<PersonLabel> people = DrawPeople(&random, 256, 256, 4);
    people[1].shape = false;
    std::vector<float> planes(kNumPersonPlanes * 32 * 32);
    EncodePeople(people, 256, 256, kStride, planes.data());
    double place = 0;
    double shape = 0;
    int peaks = 0;
    for (std::size_t i = 0; i < 1024; ++i) {
      place += static_cast<double>(planes[kPersonPlaceWeight * 1024 + i]);
      shape += static_cast<double>(planes[kPersonShapeWeight * 1024 + i]);
      peaks += planes[kPersonHeat * 1024 + i] == 1 ? 1 : 0;
      EXPECT_EQ(planes[kPersonHeatWeight * 1024 + i], 1);
    }
    EXPECT_NEAR(place, 4, 1e-4);
    EXPECT_NEAR(shape, 3, 1e-4);
    EXPECT_EQ(peaks, 4);
  }
}

TEST(PersonHeads, IgnoredPeopleCountNowhereButAboutOthers) {
  PersonLabel ignored = Label({100, 100, 80, 120, 30});
  ignored.ignored = true;
  const PersonLabel person = Label({110, 110, 20, 40, 0});
  std::vector<float> planes(kNumPersonPlanes * 32 * 32);
  EncodePeople(std::vector<PersonLabel>{ignored, person}, 256, 256, kStride, planes.data());
  const auto at = [&](PersonPlane plane, int x, int y) {
    return planes[static_cast<std::size_t>(plane * 1024 + y * 32 + x)];
  };
  EXPECT_EQ(at(kPersonHeatWeight, 9, 9), 0);
  EXPECT_EQ(at(kPersonHeat, 13, 13), 1);
  EXPECT_EQ(at(kPersonHeatWeight, 13, 13), 1);
  EXPECT_EQ(at(kPersonHeatWeight, 30, 2), 1);
  EXPECT_EQ(at(kPersonPlaceWeight, 9, 9), 0);
}

TEST(PersonHeads, AMiddleOutOfViewIsReachedFromTheBorder) {
  PersonLabel person = Label({-20, 100, 60, 90, 10});
  person.x = -0.5;
  const Answer answer = Perfect({person}, 256, 256);
  const std::vector<FoundBox> found = DecodePeople(answer.Maps());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NEAR(found[0].box.cx, -20, 1e-3);
  EXPECT_NEAR(found[0].box.cy, 100, 1e-3);
}

// Errors of single pixels mean out, others' boxes have no vote.
TEST(PersonDecoder, PixelsVoteOnABox) {
  const RotatedBox box = {100, 100, 60, 140, 80};
  Answer answer = Perfect({Label(box), Label({230, 100, 60, 140, 80})}, 320, 256);
  const auto size = static_cast<std::size_t>(answer.width * answer.height);
  std::mt19937 random(9);
  std::normal_distribution<float> noise(0, 0.1F);
  const auto error = [&](const RotatedBox& found) {
    return std::hypot(std::log(found.w / box.w), std::log(found.h / box.h),
                      HalfTurn(found.degrees - box.degrees) / 90);
  };
  double voted = 0;
  double alone = 0;
  for (int round = 0; round < 200; ++round) {
    Answer noisy = answer;
    for (std::size_t i = 2 * size; i < 6 * size; ++i) {
      noisy.boxes[i] += noise(random);
    }
    const auto boxes = [&](const std::vector<float>& centres) {
      noisy.centres = centres;
      std::vector<FoundBox> found = DecodePeople(noisy.Maps());
      std::erase_if(found, [](const FoundBox& one) { return one.box.cx > 165; });
      return found;
    };
    const auto with = boxes(answer.centres);
    ASSERT_EQ(with.size(), 1U);
    voted += error(with[0].box);
    std::vector<float> peaks = answer.centres;  // nobody else has anything to say
    for (float& logit : peaks) {
      logit = logit > 5 ? logit : -10;
    }
    alone += error(boxes(peaks).at(0).box);
  }
  EXPECT_LT(voted, 0.7 * alone);
  // Their mean by scores, exactly: 100 and 108 pixels wide, one with half the score.
  Answer two{std::vector<float>(2, 0), std::vector<float>(12, 0), 2, 1};
  two.centres = {0, std::log(1 / 3.0F)};
  two.boxes = {
      0, -1, 0, 0, std::log(100 / 8.0F), std::log(108 / 8.0F), std::log(10.0F), std::log(10.0F),
      1, 1,  0, 0};
  EXPECT_NEAR(DecodePeople(two.Maps()).at(0).box.w, 100 * std::pow(1.08, 1 / 3.0), 1e-3);
}

TEST(PersonDecoder, TakesAnyMaps) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal(0, 3);
  const std::vector<float> strange = {std::numeric_limits<float>::quiet_NaN(),
                                      std::numeric_limits<float>::infinity(),
                                      -std::numeric_limits<float>::infinity(),
                                      1e30F,
                                      -1e30F,
                                      0};
  for (int round = 0; round < 50; ++round) {
    Answer answer;
    answer.width = 1 + static_cast<int>(random() % 20);
    answer.height = 1 + static_cast<int>(random() % 20);
    const auto fill = [&](int planes, std::vector<float>* values) {
      values->resize(static_cast<std::size_t>(planes * answer.width * answer.height));
      for (float& value : *values) {
        value = random() % 10 == 0 ? strange[random() % strange.size()] : normal(random);
      }
    };
    fill(1, &answer.centres);
    fill(6, &answer.boxes);
    const std::vector<FoundBox> found = DecodePeople(answer.Maps());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_TRUE(std::isfinite(found[i].box.cx) && std::isfinite(found[i].box.w));
      EXPECT_GT(found[i].box.w, 0);
      EXPECT_GE(found[i].score, 0.3 - 1e-6);
      EXPECT_LE(found[i].score, 1);
      EXPECT_TRUE(i == 0 || found[i].score <= found[i - 1].score);
      for (std::size_t j = 0; j < i; ++j) {
        EXPECT_LE(RotatedIoU(found[i].box, found[j].box), 0.5);
      }
    }
  }
  // A plain has one peak, its first pixel.
  Answer flat{std::vector<float>(12, 1), std::vector<float>(72, 0), 4, 3};
  EXPECT_EQ(DecodePeople(flat.Maps()).size(), 1U);
  EXPECT_EQ(DecodePeople({}).size(), 0U);
  EXPECT_THROW(DecodePeople(flat.Maps(), {.threshold = 0}), Error);
  EXPECT_THROW(DecodePeople(flat.Maps(), {.overlap = 1.5}), Error);
  EXPECT_THROW(DecodePeople(flat.Maps(), {.max_people = 0}), Error);
}

Person SkeletonAt(double x, double y, double w, double h, double score) {
  Person person;
  person.score = score;
  person.box = {x - w / 2, y - h / 2, w, h};
  for (int k = 0; k < kNumKeypoints; ++k) {
    const double along = k / 16.0 - 0.5;
    const double across = k % 2 == 0 ? -0.4 : 0.4;
    person.keypoints[static_cast<std::size_t>(k)] = {static_cast<float>(x + across * w),
                                                     static_cast<float>(y + along * h), 0.8F};
  }
  return person;
}

TEST(MergePeople, OneBoxAndOneSkeletonAreOnePerson) {
  const std::vector<FoundBox> boxes = {{{100, 100, 40, 100, 5}, 0.9}, {{300, 100, 60, 60, 0}, 0.6}};
  const std::vector<Person> people =
      MergePeople({SkeletonAt(100, 100, 36, 90, 0.5), SkeletonAt(500, 100, 30, 80, 0.4)}, boxes);
  ASSERT_EQ(people.size(), 3U);
  EXPECT_NEAR(people[0].score, 0.95, 1e-9);
  EXPECT_TRUE(HasSkeleton(people[0]));
  EXPECT_EQ(people[0].rotated_box->degrees, 5);
  EXPECT_NEAR(people[0].box.x, UprightBox(boxes[0].box).x, 1e-9);
  EXPECT_FALSE(HasSkeleton(people[1]));
  EXPECT_EQ(people[1].score, 0.6);
  EXPECT_EQ(people[1].rotated_box->cx, 300);
  EXPECT_FALSE(people[2].rotated_box);
  EXPECT_EQ(people[2].score, 0.4);
  EXPECT_EQ(people[2].box.w, 30);
}

TEST(MergePeople, TwoSkeletonsInOneBoxStayTwo) {
  const std::vector<FoundBox> boxes = {{{100, 100, 80, 120, 0}, 0.8}};
  const std::vector<Person> people =
      MergePeople({SkeletonAt(90, 100, 20, 40, 0.7), SkeletonAt(100, 100, 76, 116, 0.5)}, boxes);
  ASSERT_EQ(people.size(), 2U);
  // The larger one fills the box.
  EXPECT_NEAR(people[0].score, 0.9, 1e-9);
  EXPECT_TRUE(people[0].rotated_box);
  EXPECT_FALSE(people[1].rotated_box);
}

TEST(MergePeople, APieceInAPersonsBoxIsPartOfThePerson) {
  const std::vector<FoundBox> boxes = {{{100, 100, 50, 110, 0}, 0.9}};
  Person whole = SkeletonAt(100, 100, 36, 90, 0.5);
  Person leg;
  leg.score = 0.3;
  leg.box = {110, 130, 10, 15};
  for (const int k : {kLeftKnee, kLeftAnkle}) {
    std::swap(leg.keypoints[k], whole.keypoints[k]);
  }
  const Keypoint knee = leg.keypoints[kLeftKnee];
  std::vector<Person> people = MergePeople({leg, whole}, boxes);
  ASSERT_EQ(people.size(), 1U);
  EXPECT_EQ(people[0].keypoints[kLeftKnee].x, knee.x);
  EXPECT_EQ(people[0].keypoints[kLeftKnee].score, knee.score);
  EXPECT_NEAR(people[0].score, 0.95, 1e-9);

  // Not if the person has such a knee, nor outside the box, nor of somebody surer.
  Person other = whole;
  other.keypoints[kLeftKnee] = knee;
  EXPECT_EQ(MergePeople({leg, other}, boxes).size(), 2U);
  // But a weak guess at somebody's knee is no second person, and changes nothing of the first.
  Person weak = leg;
  weak.score = 0.1;
  weak.keypoints[kLeftKnee].x += 3;
  people = MergePeople({weak, other}, boxes);
  ASSERT_EQ(people.size(), 1U);
  EXPECT_EQ(people[0].keypoints[kLeftKnee].x, knee.x);
  Person far = leg;
  for (const int k : {kLeftKnee, kLeftAnkle}) {
    far.keypoints[k].x += 60;
  }
  EXPECT_EQ(MergePeople({far, whole}, boxes).size(), 2U);
  Person sure = leg;
  sure.score = 0.99;
  EXPECT_EQ(MergePeople({sure, whole}, boxes).size(), 2U);
}

TEST(MergePeople, AWeakBoxBesideAPersonsOwnGetsNothing) {
  const std::vector<FoundBox> boxes = {{{100, 100, 50, 110, 0}, 0.9},
                                       {{101, 101, 37, 92, 0}, 0.05}};
  const std::vector<Person> people = MergePeople({SkeletonAt(100, 100, 36, 90, 0.5)}, boxes);
  ASSERT_EQ(people.size(), 1U);
  EXPECT_EQ(people[0].rotated_box->w, 50);
}

TEST(MergePeople, ASecondBoxOfAPersonIsNobodyButOneBesideIs) {
  const std::vector<FoundBox> boxes = {{{100, 100, 40, 100, 0}, 0.9},
                                       {{100, 140, 40, 90, 0}, 0.4},    // 0.61 of it
                                       {{100, 165, 40, 90, 0}, 0.4},    // 0.33 of it
                                       {{110, 140, 40, 90, 0}, 0.99}};  // surer than the skeleton
  const std::vector<Person> people = MergePeople({SkeletonAt(100, 100, 36, 90, 0.3)}, boxes);
  ASSERT_EQ(people.size(), 3U);
  EXPECT_EQ(people[0].rotated_box->cx, 110);
  EXPECT_TRUE(HasSkeleton(people[1]));
  EXPECT_EQ(people[2].rotated_box->cy, 165);
}

TEST(MergePeople, KeepsEverybodyOnceAndNoSecondBoxes) {
  std::mt19937 random(8);
  std::uniform_real_distribution<double> unit(0, 1);
  for (int round = 0; round < 100; ++round) {
    std::vector<Person> skeletons(random() % 6);
    for (Person& person : skeletons) {
      person = SkeletonAt(200 * unit(random), 200 * unit(random), 10 + 40 * unit(random),
                          20 + 90 * unit(random), unit(random));
    }
    std::vector<FoundBox> boxes(random() % 6);
    for (FoundBox& box : boxes) {
      box = {{200 * unit(random), 200 * unit(random), 10 + 40 * unit(random),
              20 + 90 * unit(random), 180 * unit(random) - 90},
             unit(random)};
    }
    const std::vector<Person> people = MergePeople(skeletons, boxes);
    std::size_t with_skeleton = 0;
    for (std::size_t i = 0; i < people.size(); ++i) {
      with_skeleton += HasSkeleton(people[i]) ? 1 : 0;
      EXPECT_TRUE(i == 0 || people[i].score <= people[i - 1].score);
    }
    EXPECT_EQ(with_skeleton, skeletons.size());
    for (const FoundBox& box : boxes) {
      const auto times = std::count_if(people.begin(), people.end(), [&](const Person& person) {
        return person.rotated_box && person.rotated_box->cx == box.box.cx;
      });
      const bool explained = std::any_of(people.begin(), people.end(), [&](const Person& person) {
        const RotatedBox by = person.rotated_box.value_or(Unturned(person.box));
        return HasSkeleton(person) && person.score >= box.score &&
               RotatedOverlap(box.box, by) > 0.5 * box.box.area();
      });
      EXPECT_TRUE(times == 1 || (times == 0 && explained));
    }
  }
  EXPECT_TRUE(MergePeople({}, {}).empty());
}

}  // namespace
}  // namespace tenjo
