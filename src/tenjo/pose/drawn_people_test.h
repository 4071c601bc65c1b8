#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "tenjo/pose/encoder.h"
#include "tenjo/vision/person.h"

namespace tenjo::testing {

//! A person about `height` px tall, drawn limb by limb from the neck down, limbs swung at random.
//! `turn` in [-1, 1]: 1 faces the camera (left is at the right of the image), -1 has the back to
//! it.
inline Skeleton DrawPerson(std::mt19937* random, float neck_x, float neck_y, float height,
                           float turn) {
  std::uniform_real_distribution<float> unit(-1, 1);
  const auto at = [&](float x, float y) {
    return Keypoint{neck_x + height * x, neck_y + height * y, 1.0F};
  };
  const auto swing = [&](const Keypoint& from, float length, float degrees) {
    const float angle = degrees * unit(*random) * 3.14159265F / 180;
    return Keypoint{from.x + height * length * std::sin(angle),
                    from.y + height * length * std::cos(angle), 1.0F};
  };
  Skeleton s;
  const float nose_x = 0.02F * unit(*random);
  s[kNose] = at(nose_x, -0.11F);
  s[kLeftEye] = at(nose_x + 0.025F * turn, -0.135F);
  s[kRightEye] = at(nose_x - 0.025F * turn, -0.135F);
  s[kLeftEar] = at(nose_x + 0.05F * turn, -0.125F);
  s[kRightEar] = at(nose_x - 0.05F * turn, -0.125F);
  s[kLeftShoulder] = at(0.12F * turn, 0);
  s[kRightShoulder] = at(-0.12F * turn, 0);
  s[kLeftElbow] = swing(s[kLeftShoulder], 0.18F, 70);
  s[kRightElbow] = swing(s[kRightShoulder], 0.18F, 70);
  s[kLeftWrist] = swing(s[kLeftElbow], 0.16F, 110);
  s[kRightWrist] = swing(s[kRightElbow], 0.16F, 110);
  s[kLeftHip] = at(0.08F * turn + 0.02F * unit(*random), 0.3F);
  s[kRightHip] = at(-0.08F * turn + 0.02F * unit(*random), 0.3F);
  s[kLeftKnee] = swing(s[kLeftHip], 0.23F, 40);
  s[kRightKnee] = swing(s[kRightHip], 0.23F, 40);
  s[kLeftAnkle] = swing(s[kLeftKnee], 0.22F, 30);
  s[kRightAnkle] = swing(s[kRightKnee], 0.22F, 30);
  return s;
}

//! `count` people anywhere in an image, over each other and over its borders, some keypoints
//! unknown.
inline std::vector<Skeleton> DrawCrowd(std::mt19937* random, int count, int width, int height) {
  std::uniform_real_distribution<float> unit(0, 1);
  std::vector<Skeleton> people;
  for (int i = 0; i < count; ++i) {
    const float size = static_cast<float>(height) * (0.3F + 0.7F * unit(*random));
    people.push_back(DrawPerson(random, static_cast<float>(width) * unit(*random),
                                static_cast<float>(height) * (0.9F * unit(*random) - 0.05F), size,
                                2 * unit(*random) - 1));
    for (Keypoint& keypoint : people.back()) {
      if (unit(*random) < 0.08F) {
        keypoint.score = 0;
      }
    }
  }
  return people;
}

inline void AddNoise(std::mt19937* random, float sigma, std::vector<float>* values) {
  std::normal_distribution<float> noise(0, sigma);
  for (float& value : *values) {
    value += noise(*random);
  }
}

}  // namespace tenjo::testing
