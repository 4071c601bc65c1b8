#pragma once

#include <Eigen/Geometry>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tenjo/synth/people/body.h"

namespace tenjo::synth {

//! A motion capture in Biovision's BVH format: a skeleton and its motion.
struct Bvh {
  enum class Channel : std::uint8_t {
    kXPosition,
    kYPosition,
    kZPosition,
    kXRotation,
    kYRotation,
    kZRotation
  };
  struct Joint {
    std::string name;  //!< of an end site: its parent's and "End"
    int parent = -1;   //!< parents come first
    Vec3f offset = Vec3f::Zero();
    std::vector<Channel> channels;
    int first_channel = 0;
  };
  std::vector<Joint> joints;
  int num_channels = 0;
  int num_frames = 0;
  float frame_time_s = 0;
  std::vector<float> motion;  //!< frames x channels, degrees and the file's units

  //! Place of every joint in a frame, in the file's units and axes (y up).
  std::vector<Vec3f> Places(int frame) const;
};

//! Throws Error with the line of what is wrong; `name` stands in the message.
Bvh ParseBvh(std::string_view text, const std::string& name);

//! A capture made ready for our bodies: directions of limbs in our axes (x forward at the start, z
//! up).
class MotionCapture {
 public:
  //! Throws Error if the file cannot be read, is no BVH file, or has no human skeleton.
  static std::shared_ptr<const MotionCapture> Load(const std::filesystem::path& path);
  static std::shared_ptr<const MotionCapture> FromBvh(const Bvh& bvh, const std::string& name);

  float duration_s() const;
  int num_frames() const { return static_cast<int>(frames_.size()); }
  //! Pose of a body at a time, the capture's start at the origin; times outside run from end to
  //! start.
  BodyPose Pose(const BodyAsset& asset, const RestBody& rest, float time_s) const;
  //! Where the pelvis has gone since the start, in metres of a body with this leg length.
  Vec3f Travelled(float time_s, float leg_length_m) const;

 private:
  struct Frame;
  Frame Interpolated(float time_s) const;

  struct Frame {
    Vec3f hips = Vec3f::Zero();     // leg lengths; z above the floor
    Vec3f across = Vec3f::UnitY();  // of the pelvis, to the left
    Vec3f up = Vec3f::UnitZ();      // pelvis to chest
    Vec3f chest_across = Vec3f::UnitY();
    Vec3f chest_up = Vec3f::UnitZ();
    Vec3f head = Vec3f::UnitZ();
    std::array<Vec3f, 2> upper_arm, lower_arm, thigh, shank, foot;
    float lowest = 0;  // the lower foot above the floor, leg lengths
  };
  std::vector<Frame> frames_;
  float frame_time_s_ = 1.0F / 30;
};

}  // namespace tenjo::synth
