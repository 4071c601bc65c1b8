#include "tenjo/synth/people/bvh.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string>

#include "tenjo/base/error.h"
#include "tenjo/synth/people/motion.h"
#include "tenjo/synth/people/motion_skeleton.h"
#include "tenjo/testing/paths.h"

namespace tenjo::synth {
namespace {

const BodyAsset& Asset() {
  static const auto asset = BodyAsset::Load(testing::SourceDir() / "assets" / "body.bin");
  return *asset;
}

constexpr const char* kArm = R"(HIERARCHY
ROOT Hips
{
  OFFSET 1 2 3
  CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation
  JOINT Arm
  {
    OFFSET 0 10 0
    CHANNELS 3 Xrotation Zrotation yrotation
    End Site
    {
      OFFSET 0 5 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.04
0 0 0 0 0 0 0 0 0
1 0 -1 90 0 0 0 90 0
)";

std::string ErrorOf(const std::string& text) {
  try {
    ParseBvh(text, "x.bvh");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(Bvh, PlacesJoints) {
  const Bvh bvh = ParseBvh(kArm, "x.bvh");
  ASSERT_EQ(bvh.joints.size(), 3U);
  EXPECT_EQ(bvh.num_channels, 9);
  EXPECT_EQ(bvh.num_frames, 2);
  EXPECT_FLOAT_EQ(bvh.frame_time_s, 0.04F);
  EXPECT_EQ(bvh.joints[2].name, "ArmEnd");
  const auto rest = bvh.Places(0);
  EXPECT_LT((rest[0] - Vec3f(1, 2, 3)).norm(), 1e-5F);
  EXPECT_LT((rest[2] - Vec3f(1, 17, 3)).norm(), 1e-5F);
  // A quarter turn about z at the hips lays the upper arm along -x, one more about the arm's own z
  // points it down.
  const auto turned = bvh.Places(1);
  EXPECT_LT((turned[0] - Vec3f(2, 2, 2)).norm(), 1e-5F);
  EXPECT_LT((turned[1] - Vec3f(-8, 2, 2)).norm(), 1e-4F);
  EXPECT_LT((turned[2] - Vec3f(-8, -3, 2)).norm(), 1e-4F);
}

TEST(Bvh, TurnsInTheOrderOfItsChannels) {
  // Rx then Ry in the file means Rx * Ry: a point on z goes to x by Ry, and Rx leaves x alone.
  const Bvh bvh = ParseBvh(
      "HIERARCHY\nROOT A\n{\nOFFSET 0 0 0\nCHANNELS 2 Xrotation Yrotation\nEnd Site\n{\nOFFSET 0 0 "
      "1\n}\n}\n"
      "MOTION\nFrames: 1\nFrame Time: 0.1\n90 90\n",
      "x.bvh");
  EXPECT_LT((bvh.Places(0)[1] - Vec3f(1, 0, 0)).norm(), 1e-5F);
}

TEST(Bvh, SaysWhatIsWrongAndWhere) {
  EXPECT_NE(ErrorOf("").find("x.bvh, line 1: \"HIERARCHY\" was expected, not the end of the file."),
            std::string::npos);
  EXPECT_NE(ErrorOf(Replaced(kArm, "OFFSET 0 10 0", "OFFSET 0 ten 0"))
                .find("line 8: a number was expected"),
            std::string::npos);
  EXPECT_NE(
      ErrorOf(Replaced(kArm, "yrotation", "Wrotation")).find("line 9: a channel such as Xrotation"),
      std::string::npos);
  EXPECT_NE(
      ErrorOf(Replaced(kArm, "CHANNELS 3", "CHANNELS 7")).find("line 9: the number of channels"),
      std::string::npos);
  EXPECT_NE(ErrorOf(Replaced(kArm, "End Site", "Ende Site")).find("line 10: JOINT, End Site or }"),
            std::string::npos);
  EXPECT_NE(
      ErrorOf(Replaced(kArm, "Frames: 2", "Frames: -2")).find("line 17: the number of frames"),
      std::string::npos);
  EXPECT_NE(ErrorOf(Replaced(kArm, "Frames: 2", "Frames: 3")).find("a number was expected"),
            std::string::npos);
  EXPECT_NE(ErrorOf(Replaced(kArm, "Frames: 2", "Frames: 1"))
                .find("the motion was complete, and \"1\" follows"),
            std::string::npos);
  EXPECT_NE(ErrorOf(Replaced(kArm, "Frames: 2", "Frames: 9999999")).find("the file ends before"),
            std::string::npos);
  EXPECT_NE(ErrorOf(Replaced(kArm, "0.04", "0")).find("seconds of a frame"), std::string::npos);
  EXPECT_NE(ErrorOf(Replaced(kArm, "1 0 -1", "1 nan -1")).find("line 20: a number was expected"),
            std::string::npos);
}

TEST(Bvh, SurvivesAnyText) {
  Random random(1);
  const std::string good = kArm;
  int refused = 0;
  for (int round = 0; round < 2000; ++round) {
    std::string bad = good;
    if (round % 3 == 0) {
      bad.resize(static_cast<std::size_t>(random.Index(static_cast<int>(bad.size()))));
    }
    for (int k = random.Index(4); k >= 0 && !bad.empty(); --k) {
      const auto at = static_cast<std::size_t>(random.Index(static_cast<int>(bad.size())));
      switch (random.Index(3)) {
        case 0:
          bad[at] = static_cast<char>(random.Next());
          break;
        case 1:
          bad.erase(at, static_cast<std::size_t>(1 + random.Index(8)));
          break;
        default:
          bad.insert(
              at, good.substr(static_cast<std::size_t>(random.Index(static_cast<int>(good.size()))),
                              12));
      }
    }
    try {
      const Bvh bvh = ParseBvh(bad, "x.bvh");
      for (int f = 0; f < std::min(bvh.num_frames, 3); ++f) {
        bvh.Places(f);
      }
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("x.bvh, line "), std::string::npos);
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
      ++refused;
    }
  }
  EXPECT_GT(refused, 700);
}

TEST(Bvh, DeepTreesDoNotExhaustTheStack) {
  std::string text = "HIERARCHY\nROOT A\n{\nOFFSET 0 0 0\nCHANNELS 0\n";
  for (int i = 0; i < 100000; ++i) {
    text += "JOINT B\n{\nOFFSET 0 0 0\nCHANNELS 0\n";
  }
  EXPECT_NE(ErrorOf(text).find("more than 1000 joints"), std::string::npos);
}

TEST(MotionCapture, RefusesWhatIsNoHuman) {
  const testing::TempDir dir;
  std::ofstream(dir / "arm.bvh") << kArm;
  try {
    MotionCapture::Load(dir / "arm.bvh");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("no left shoulder"), std::string::npos)
        << error.what();
  }
  EXPECT_THROW(MotionCapture::Load(dir / "absent.bvh"), Error);
  EXPECT_THROW(MotionCapture::Load(dir.path()), Error);
}

// A person of sticks, 1.7 units tall, whose arms and legs turn by given angles (degrees).
std::string StickMan(const std::string& frames, int count) {
  const auto limb = [](const std::string& names, const std::string& offsets,
                       const std::string& end) {
    std::string text;
    std::string close;
    std::size_t from = 0;
    std::size_t at = 0;
    for (int k = 0; k < 3; ++k) {
      const auto name_end = names.find(' ', from);
      const auto offset_end = offsets.find(';', at);
      text += "JOINT " + names.substr(from, name_end - from) + " { OFFSET " +
              offsets.substr(at, offset_end - at) + " CHANNELS 3 Zrotation Yrotation Xrotation ";
      close += "} ";
      from = name_end + 1;
      at = offset_end + 1;
    }
    return text + "End Site { OFFSET " + end + " } " + close;
  };
  return "HIERARCHY ROOT Hips { OFFSET 0 0 0 CHANNELS 6 Xposition Yposition Zposition Zrotation "
         "Yrotation Xrotation " +
         limb("LeftUpLeg LeftLeg LeftFoot", "0.1 0 0;0 -0.42 0;0 -0.42 0;", "0 -0.05 0.15") +
         limb("RightUpLeg RightLeg RightFoot", "-0.1 0 0;0 -0.42 0;0 -0.42 0;", "0 -0.05 0.15") +
         limb("Spine Neck Head", "0 0.1 0;0 0.4 0;0 0.1 0;", "0 0.15 0") +
         limb("LeftArm LeftForeArm LeftHand", "0.18 0.45 0;0 -0.28 0;0 -0.25 0;", "0 -0.1 0") +
         limb("RightArm RightForeArm RightHand", "-0.18 0.45 0;0 -0.28 0;0 -0.25 0;", "0 -0.1 0") +
         "} MOTION Frames: " + std::to_string(count) + " Frame Time: 0.1 " + frames;
}

TEST(MotionCapture, TakesOverLimbsAndTravel) {
  // Hips, then legs, trunk and arms: the left upper arm is raised to the front, the right knee
  // bent.
  const auto frame = [](float z) {
    std::string text = "0 0.91 " + std::to_string(z) + " 0 0 0 ";
    text += "0 0 0 0 0 0 0 0 0 ";     // left leg
    text += "0 0 -60 0 0 80 0 0 0 ";  // right leg
    text += "0 0 0 0 0 0 0 0 0 ";     // trunk
    text += "0 0 -90 0 0 -5 0 0 0 ";  // left arm
    text += "0 0 10 0 0 -5 0 0 0 ";   // right arm
    return text;
  };
  const Bvh bvh = ParseBvh(StickMan(frame(0) + frame(1.83F), 2), "man.bvh");
  const auto capture = MotionCapture::FromBvh(bvh, "man.bvh");
  EXPECT_EQ(capture->num_frames(), 2);
  EXPECT_NEAR(capture->duration_s(), 0.2F, 1e-6);
  Random random(2);
  const RestBody rest = ShapeBody(Asset(), DrawBodyShape(Asset(), random));
  const PosedBody body = PoseBody(Asset(), rest, capture->Pose(Asset(), rest, 0));
  const auto& k = body.keypoints;
  const Vec3f left_arm = (k[7] - k[5]).normalized();
  EXPECT_GT(left_arm.x(), 0.97F) << "the left arm points forward";
  EXPECT_GT((k[13] - k[11]).normalized().dot(-Vec3f::UnitZ()), 0.99F) << "the left leg stands";
  EXPECT_NEAR(std::acos((k[14] - k[12]).normalized().dot(-Vec3f::UnitZ())), 60 * kDegree,
              4 * kDegree);
  EXPECT_LT((k[16] - k[14]).normalized().x(), -0.2F) << "the right shank hangs back";
  float low = 9;
  for (const Vec3f& p : body.positions) {
    low = std::min(low, p.z());
  }
  EXPECT_NEAR(low, 0, 0.012);
  // Two leg lengths of the capture are two of the body.
  const float leg = Skeleton(Asset(), rest).leg_length();
  EXPECT_NEAR(capture->Travelled(0.1F, leg).x(), 1.83F / 0.9156F * leg, 0.02F);
  EXPECT_NEAR(capture->Travelled(0, leg).norm(), 0, 1e-5);
}

TEST(MotionCapture, PlaysTheCapturesOfCmu) {
  TENJO_NEEDS_SHARED("cmu-mocap-30fps.tar.xz");
  const testing::TempDir dir;
  const std::string command = "tar -xJf '" +
                              testing::SharedData("cmu-mocap-30fps.tar.xz").string() + "' -C '" +
                              dir.path().string() + "'";
  ASSERT_EQ(std::system(command.c_str()), 0);
  Random random(3);
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir.path())) {
    if (entry.path().extension() != ".bvh") {
      continue;
    }
    const auto capture = MotionCapture::Load(entry.path());
    ++files;
    if (files % 12 != 0) {
      continue;
    }
    MotionState state;
    state.activity = Activity::kCapture;
    state.capture = capture;
    const RestBody rest = ShapeBody(Asset(), DrawBodyShape(Asset(), random));
    for (int i = 0; i < 5; ++i) {
      state.capture_s = capture->duration_s() * static_cast<float>(i) / 5;
      const PosedBody body = PoseBody(Asset(), rest, MakePose(Asset(), rest, MotionStyle{}, state));
      float low = 9;
      for (const Vec3f& p : body.positions) {
        ASSERT_TRUE(p.allFinite());
        low = std::min(low, p.z());
      }
      EXPECT_GT(low, -0.03F) << entry.path();
      EXPECT_LT(low, 1.0F) << entry.path();  // dancers leap
    }
  }
  EXPECT_GT(files, 100);
}

}  // namespace
}  // namespace tenjo::synth
