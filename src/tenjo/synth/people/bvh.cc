#include "tenjo/synth/people/bvh.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "tenjo/base/error.h"
#include "tenjo/base/text.h"
#include "tenjo/synth/people/motion_skeleton.h"

namespace tenjo::synth {
namespace {

constexpr std::size_t kMaxJoints = 1000;
constexpr std::size_t kMaxNumbers = 200'000'000;

// Words of a text with the lines they stand on.
class Words {
 public:
  Words(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  [[noreturn]] void Fail(const std::string& why) const {
    throw Error(fmt::format("{}, line {}: {}.", name_, line_, why));
  }

  // Empty at the end.
  std::string_view Next() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) {
      line_ += text_[at_] == '\n' ? 1 : 0;
      ++at_;
    }
    const std::size_t start = at_;
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) == 0) {
      ++at_;
    }
    return text_.substr(start, at_ - start);
  }

  void Expect(std::string_view word) {
    const auto found = Next();
    if (found != word) {
      Fail(fmt::format("\"{}\" was expected, not {}", word, Shown(found)));
    }
  }

  float Number(std::string_view what) {
    const auto word = Next();
    const auto value = ParseDouble(word);
    if (!value || !std::isfinite(*value) || std::abs(*value) > 1e9) {
      Fail(fmt::format("a number was expected ({}), not {}", what, Shown(word)));
    }
    return static_cast<float>(*value);
  }

  long long Count(std::string_view what, long long most) {
    const auto word = Next();
    const auto value = ParseInt(word);
    if (!value || *value < 0 || *value > most) {
      Fail(fmt::format("{} must be a whole number of 0 to {}, not {}", what, most, Shown(word)));
    }
    return *value;
  }

  // Bytes that are left: no more numbers than half of them can follow.
  std::size_t Left() const { return text_.size() - at_; }

  static std::string Shown(std::string_view word) {
    if (word.empty()) {
      return "the end of the file";
    }
    std::string shown;
    for (const char c : word.substr(0, 40)) {
      shown.push_back(std::isprint(static_cast<unsigned char>(c)) != 0 ? c : '?');
    }
    return fmt::format("\"{}\"", shown);
  }

 private:
  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;
  int line_ = 1;
};

std::optional<Bvh::Channel> ChannelNamed(std::string_view word) {
  constexpr std::array<std::string_view, 6> kNames = {"Xposition", "Yposition", "Zposition",
                                                      "Xrotation", "Yrotation", "Zrotation"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (std::equal(word.begin(), word.end(), kNames[i].begin(), kNames[i].end(),
                   [](char a, char b) {
                     return std::tolower(static_cast<unsigned char>(a)) ==
                            std::tolower(static_cast<unsigned char>(b));
                   })) {
      return static_cast<Bvh::Channel>(i);
    }
  }
  return std::nullopt;
}

void ReadJoint(Words& words, Bvh& bvh, int parent, std::string name, bool end_site) {
  if (bvh.joints.size() >= kMaxJoints) {
    words.Fail(fmt::format("the skeleton has more than {} joints", kMaxJoints));
  }
  words.Expect("{");
  bvh.joints.push_back({.name = std::move(name),
                        .parent = parent,
                        .offset = Vec3f::Zero(),
                        .channels = {},
                        .first_channel = bvh.num_channels});
  words.Expect("OFFSET");
  for (int axis = 0; axis < 3; ++axis) {
    bvh.joints.back().offset[axis] = words.Number("an offset");
  }
  if (end_site) {
    words.Expect("}");
    return;
  }
  words.Expect("CHANNELS");
  const auto count = words.Count("the number of channels", 6);
  for (long long i = 0; i < count; ++i) {
    const auto word = words.Next();
    const auto channel = ChannelNamed(word);
    if (!channel) {
      words.Fail(
          fmt::format("a channel such as Xrotation was expected, not {}", Words::Shown(word)));
    }
    bvh.joints.back().channels.push_back(*channel);
  }
  bvh.num_channels += static_cast<int>(count);
}

// The tree without recursion, so that no file can exhaust the stack.
void ReadHierarchy(Words& words, Bvh& bvh) {
  words.Expect("HIERARCHY");
  words.Expect("ROOT");
  ReadJoint(words, bvh, -1, std::string(words.Next()), false);
  std::vector<int> open = {0};
  while (!open.empty()) {
    const auto word = words.Next();
    if (word == "}") {
      open.pop_back();
    } else if (word == "JOINT") {
      const auto index = static_cast<int>(bvh.joints.size());
      ReadJoint(words, bvh, open.back(), std::string(words.Next()), false);
      open.push_back(index);
    } else if (word == "End") {
      words.Expect("Site");
      ReadJoint(words, bvh, open.back(),
                bvh.joints[static_cast<std::size_t>(open.back())].name + "End", true);
    } else {
      words.Fail(fmt::format("JOINT, End Site or }} was expected, not {}", Words::Shown(word)));
    }
  }
}

std::string Plain(std::string_view name) {
  const auto colon = name.rfind(':');  // "mixamorig:Hips"
  std::string plain;
  for (const char c : colon == std::string_view::npos ? name : name.substr(colon + 1)) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      plain.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    }
  }
  return plain;
}

// What the same joint is called in the wild; the first that a file has is taken.
struct JointNames {
  std::string_view what;
  std::vector<std::string_view> left;
  std::vector<std::string_view> right;
};

const std::vector<JointNames>& LimbNames() {
  static const std::vector<JointNames> names = {
      {"shoulder",
       {"leftarm", "leftuparm", "leftupperarm", "lshldr", "lshoulder", "lupperarm"},
       {"rightarm", "rightuparm", "rightupperarm", "rshldr", "rshoulder", "rupperarm"}},
      {"elbow",
       {"leftforearm", "leftlowarm", "leftlowerarm", "leftelbow", "lforearm", "lelbow"},
       {"rightforearm", "rightlowarm", "rightlowerarm", "rightelbow", "rforearm", "relbow"}},
      {"wrist",
       {"lefthand", "leftwrist", "lhand", "lwrist"},
       {"righthand", "rightwrist", "rhand", "rwrist"}},
      {"hip",
       {"leftupleg", "leftthigh", "lefthip", "leftupperleg", "lthigh", "lhip"},
       {"rightupleg", "rightthigh", "righthip", "rightupperleg", "rthigh", "rhip"}},
      {"knee",
       {"leftleg", "leftshin", "leftlowleg", "leftlowerleg", "leftknee", "lshin", "lknee"},
       {"rightleg", "rightshin", "rightlowleg", "rightlowerleg", "rightknee", "rshin", "rknee"}},
      {"ankle",
       {"leftfoot", "leftankle", "lfoot", "lankle"},
       {"rightfoot", "rightankle", "rfoot", "rankle"}}};
  return names;
}

struct Human {
  std::array<std::array<int, 2>, 6> limbs;  // shoulder, elbow, wrist, hip, knee, ankle
  std::array<int, 2> toe;
  int head;
  int neck;
};

int Find(const Bvh& bvh, const std::vector<std::string_view>& names) {
  for (const auto name : names) {
    for (std::size_t i = 0; i < bvh.joints.size(); ++i) {
      if (Plain(bvh.joints[i].name) == name) {
        return static_cast<int>(i);
      }
    }
  }
  return -1;
}

int FirstChild(const Bvh& bvh, int joint) {
  for (std::size_t i = 0; i < bvh.joints.size(); ++i) {
    if (bvh.joints[i].parent == joint) {
      return static_cast<int>(i);
    }
  }
  return joint;
}

Human FindHuman(const Bvh& bvh, const std::string& name) {
  Human human{};
  for (std::size_t k = 0; k < LimbNames().size(); ++k) {
    for (std::size_t side = 0; side < 2; ++side) {
      const auto& wanted = side == 0 ? LimbNames()[k].left : LimbNames()[k].right;
      human.limbs[k][side] = Find(bvh, wanted);
      if (human.limbs[k][side] < 0) {
        throw Error(fmt::format(
            "{}: the skeleton has no {} {} (a joint named such as \"{}\"), so its motion "
            "cannot be given to a person.",
            name, side == 0 ? "left" : "right", LimbNames()[k].what, wanted.front()));
      }
    }
  }
  human.toe = {FirstChild(bvh, human.limbs[5][0]), FirstChild(bvh, human.limbs[5][1])};
  human.head = Find(bvh, {"head"});
  if (human.head < 0) {
    throw Error(
        fmt::format("{}: the skeleton has no joint named Head, so its motion cannot be given to a "
                    "person.",
                    name));
  }
  human.neck = bvh.joints[static_cast<std::size_t>(human.head)].parent;
  return human;
}

// CMU's conversions begin with a T-pose, from which the motion jumps off.
bool BeginsWithTPose(const Bvh& bvh) {
  if (bvh.num_frames < 3) {
    return false;
  }
  const auto a = bvh.Places(0);
  const auto b = bvh.Places(1);
  const auto c = bvh.Places(2);
  float leap = 0;
  float move = 0;
  float size = 0;
  for (std::size_t j = 1; j < a.size(); ++j) {
    leap += ((b[j] - b[0]) - (a[j] - a[0])).norm();
    move += ((c[j] - c[0]) - (b[j] - b[0])).norm();
    size += (a[j] - a[0]).norm();
  }
  return leap > 5 * move && leap > 0.08F * size;
}

Vec3f Unit(const Vec3f& v, const Vec3f& fallback) {
  const float length = v.norm();
  return length > 1e-6F ? Vec3f(v / length) : fallback;
}

}  // namespace

std::vector<Vec3f> Bvh::Places(int frame) const {
  TENJO_CHECK(frame >= 0 && frame < num_frames);
  const float* numbers =
      motion.data() + static_cast<std::size_t>(frame) * static_cast<std::size_t>(num_channels);
  std::vector<Vec3f> places(joints.size());
  std::vector<Eigen::Quaternionf> turns(joints.size());
  for (std::size_t j = 0; j < joints.size(); ++j) {
    Vec3f shift = joints[j].offset;
    Eigen::Quaternionf turn = Eigen::Quaternionf::Identity();
    for (std::size_t c = 0; c < joints[j].channels.size(); ++c) {
      const float value = numbers[static_cast<std::size_t>(joints[j].first_channel) + c];
      const auto channel = static_cast<int>(joints[j].channels[c]);
      if (channel < 3) {
        shift[channel] += value;
      } else {
        turn = turn * Eigen::AngleAxisf(value * kDegree, Vec3f::Unit(channel - 3));
      }
    }
    if (joints[j].parent < 0) {
      places[j] = shift;
      turns[j] = turn;
    } else {
      const auto p = static_cast<std::size_t>(joints[j].parent);
      places[j] = places[p] + turns[p] * shift;
      turns[j] = (turns[p] * turn).normalized();
    }
  }
  return places;
}

Bvh ParseBvh(std::string_view text, const std::string& name) {
  Words words(text, name);
  Bvh bvh;
  ReadHierarchy(words, bvh);
  words.Expect("MOTION");
  words.Expect("Frames:");
  bvh.num_frames = static_cast<int>(words.Count("the number of frames", 10'000'000));
  words.Expect("Frame");
  words.Expect("Time:");
  bvh.frame_time_s = words.Number("the seconds of a frame");
  if (bvh.frame_time_s <= 0 || bvh.frame_time_s > 10) {
    words.Fail("the seconds of a frame must be above 0 and at most 10");
  }
  const auto count =
      static_cast<std::size_t>(bvh.num_frames) * static_cast<std::size_t>(bvh.num_channels);
  if (count > kMaxNumbers || count > words.Left()) {
    words.Fail(fmt::format("{} frames of {} channels are promised, and the file ends before",
                           bvh.num_frames, bvh.num_channels));
  }
  bvh.motion.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    bvh.motion.push_back(words.Number("a value of the motion"));
  }
  if (const auto word = words.Next(); !word.empty()) {
    words.Fail(fmt::format("the motion was complete, and {} follows", Words::Shown(word)));
  }
  return bvh;
}

std::shared_ptr<const MotionCapture> MotionCapture::Load(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path)) {
    throw Error(
        fmt::format("The motion capture {} cannot be read; it must be a BVH file.", path.string()));
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return FromBvh(ParseBvh(text, path.string()), path.string());
}

std::shared_ptr<const MotionCapture> MotionCapture::FromBvh(const Bvh& bvh,
                                                            const std::string& name) {
  const Human human = FindHuman(bvh, name);
  const int first = BeginsWithTPose(bvh) ? 1 : 0;
  if (bvh.num_frames - first < 1) {
    throw Error(fmt::format("{}: the capture has no frames.", name));
  }
  // y up, facing +z at rest -> z up, x forward.
  const auto world = [](const Vec3f& v) { return Vec3f(v.z(), v.x(), v.y()); };
  auto capture = std::make_shared<MotionCapture>();
  capture->frame_time_s_ = bvh.frame_time_s;
  float leg = 0;
  std::vector<float> lows;
  std::vector<std::vector<Vec3f>> all;
  for (int f = first; f < bvh.num_frames; ++f) {
    auto places = bvh.Places(f);
    for (Vec3f& place : places) {
      place = world(place);
    }
    const auto at = [&](int joint) { return places[static_cast<std::size_t>(joint)]; };
    if (f == first) {
      const Vec3f hip = at(human.limbs[3][0]);
      const Vec3f knee = at(human.limbs[4][0]);
      const Vec3f ankle = at(human.limbs[5][0]);
      leg = 1.09F * ((hip - knee).norm() + (knee - ankle).norm());  // and the ankle's height
      if (!(leg > 1e-6F)) {
        throw Error(fmt::format("{}: the skeleton's legs have no length.", name));
      }
    }
    const auto sole = [&](std::size_t side) {
      return std::min(at(human.limbs[5][side]).z() - 0.09F * leg,
                      at(human.toe[side]).z() - 0.02F * leg);
    };
    lows.push_back(std::min(sole(0), sole(1)));
    all.push_back(std::move(places));
  }
  // The floor is where feet mostly are: a few frames may be broken, and people jump.
  std::nth_element(lows.begin(), lows.begin() + static_cast<std::ptrdiff_t>(lows.size() / 5),
                   lows.end());
  const float floor = lows[lows.size() / 5];
  Eigen::Quaternionf back = Eigen::Quaternionf::Identity();
  Vec3f start = Vec3f::Zero();
  for (const auto& places : all) {
    const auto at = [&](int joint) { return places[static_cast<std::size_t>(joint)]; };
    const auto limb = [&](std::size_t k, std::size_t side) { return at(human.limbs[k][side]); };
    const Vec3f hips = (limb(3, 0) + limb(3, 1)) / 2;
    Frame frame;
    if (capture->frames_.empty()) {
      const Vec3f across = limb(3, 0) - limb(3, 1);
      back = TurnZ(-std::atan2(-across.x(), across.y()));
      start = Vec3f(hips.x(), hips.y(), 0);
    }
    const auto turned = [&](const Vec3f& v, const Vec3f& fallback) {
      return Unit(back * v, fallback);
    };
    const Vec3f shoulders = (limb(0, 0) + limb(0, 1)) / 2;
    frame.hips = back * (hips - start) / leg;
    frame.hips.z() = (hips.z() - floor) / leg;
    frame.across = turned(limb(3, 0) - limb(3, 1), Vec3f::UnitY());
    frame.up = turned(at(human.neck) - hips, Vec3f::UnitZ());
    frame.chest_across = turned(limb(0, 0) - limb(0, 1), Vec3f::UnitY());
    frame.chest_up = turned(shoulders - hips, Vec3f::UnitZ());
    frame.head = turned(at(FirstChild(bvh, human.head)) - at(human.neck), Vec3f::UnitZ());
    frame.lowest = 1e30F;
    for (std::size_t side = 0; side < 2; ++side) {
      frame.upper_arm[side] = turned(limb(1, side) - limb(0, side), -Vec3f::UnitZ());
      frame.lower_arm[side] = turned(limb(2, side) - limb(1, side), -Vec3f::UnitZ());
      frame.thigh[side] = turned(limb(4, side) - limb(3, side), -Vec3f::UnitZ());
      frame.shank[side] = turned(limb(5, side) - limb(4, side), -Vec3f::UnitZ());
      frame.foot[side] = turned(at(human.toe[side]) - limb(5, side), Vec3f::UnitX());
      frame.lowest = std::min({frame.lowest, (limb(5, side).z() - floor) / leg - 0.09F,
                               (at(human.toe[side]).z() - floor) / leg - 0.02F});
    }
    frame.lowest = std::max(0.0F, frame.lowest);
    capture->frames_.push_back(frame);
  }
  return capture;
}

float MotionCapture::duration_s() const {
  return static_cast<float>(frames_.size()) * frame_time_s_;
}

MotionCapture::Frame MotionCapture::Interpolated(float time_s) const {
  const auto count = static_cast<float>(frames_.size());
  float at = std::isfinite(time_s) ? std::fmod(time_s / frame_time_s_, count) : 0.0F;
  at = at < 0 ? at + count : at;
  const auto i = std::min(static_cast<std::size_t>(at), frames_.size() - 1);
  const Frame& a = frames_[i];
  const Frame& b = frames_[std::min(i + 1, frames_.size() - 1)];
  const float share = at - static_cast<float>(i);
  const auto mix = [share](const Vec3f& x, const Vec3f& y) { return Unit(Mix(x, y, share), x); };
  Frame frame = a;
  frame.hips = Mix(a.hips, b.hips, share);
  frame.across = mix(a.across, b.across);
  frame.up = mix(a.up, b.up);
  frame.chest_across = mix(a.chest_across, b.chest_across);
  frame.chest_up = mix(a.chest_up, b.chest_up);
  frame.head = mix(a.head, b.head);
  for (std::size_t side = 0; side < 2; ++side) {
    frame.upper_arm[side] = mix(a.upper_arm[side], b.upper_arm[side]);
    frame.lower_arm[side] = mix(a.lower_arm[side], b.lower_arm[side]);
    frame.thigh[side] = mix(a.thigh[side], b.thigh[side]);
    frame.shank[side] = mix(a.shank[side], b.shank[side]);
    frame.foot[side] = mix(a.foot[side], b.foot[side]);
  }
  frame.lowest = Mix(a.lowest, b.lowest, share);
  return frame;
}

Vec3f MotionCapture::Travelled(float time_s, float leg_length_m) const {
  const Vec3f hips = Interpolated(time_s).hips;
  return leg_length_m * Vec3f(hips.x(), hips.y(), 0);
}

namespace {

// Yaw, forward pitch and roll of a frame with the given left and up directions.
struct Angles {
  float yaw;
  float pitch;
  float roll;
};
Angles AnglesOf(const Vec3f& across, const Vec3f& up) {
  const Vec3f front = Perpendicular(across.cross(up), up, Vec3f::UnitX());
  const float yaw = std::atan2(front.y(), front.x());
  const Vec3f level = TurnZ(-yaw) * up;
  return {yaw, std::atan2(level.x(), level.z()), -std::asin(std::clamp(level.y(), -1.0F, 1.0F))};
}

}  // namespace

BodyPose MotionCapture::Pose(const BodyAsset& asset, const RestBody& rest, float time_s) const {
  const Frame frame = Interpolated(time_s);
  Skeleton skeleton(asset, rest);
  const float leg = skeleton.leg_length();
  const Angles pelvis = AnglesOf(frame.across, frame.up);
  const Angles chest = AnglesOf(frame.chest_across, frame.chest_up);
  TorsoGoal torso;
  torso.hips = leg * frame.hips;
  torso.pelvis_yaw = pelvis.yaw;
  torso.pelvis_pitch = 0.6F * pelvis.pitch;
  torso.pelvis_roll = std::asin(std::clamp(frame.across.z(), -1.0F, 1.0F));
  torso.spine_twist = std::clamp(WrapAngle(chest.yaw - pelvis.yaw), -45 * kDegree, 45 * kDegree);
  torso.spine_pitch = chest.pitch - torso.pelvis_pitch;
  torso.spine_side = chest.roll - torso.pelvis_roll;
  skeleton.PoseTorso(torso);
  for (int side = 0; side < 2; ++side) {
    const auto s = static_cast<std::size_t>(side);
    const auto& m = skeleton.measures(side);
    FootGoal foot;
    const Vec3f knee = m.thigh * frame.thigh[s];
    const Vec3f ankle = knee + m.shank * frame.shank[s];
    foot.ankle = skeleton.hip(side) + ankle;
    // A bent leg shows where its knee points; a straight one goes by the foot.
    const Vec3f along = Unit(ankle, -Vec3f::UnitZ());
    const Vec3f off = knee - knee.dot(along) * along;
    const Vec3f front = TurnZ(pelvis.yaw) * Vec3f::UnitX();
    foot.knee = off + 0.04F * m.thigh * (front + Vec3f(frame.foot[s].x(), frame.foot[s].y(), 0));
    // A foot that hangs down says nothing of its yaw.
    const Vec3f heading =
        frame.foot[s] + 0.4F * Unit(Vec3f(foot.knee.x(), foot.knee.y(), 0), front);
    foot.yaw = std::atan2(heading.y(), heading.x());
    const float rest_slope = (m.toe_tip - m.ankle).z() / (m.toe_tip - m.ankle).norm();
    foot.pitch =
        std::asin(std::clamp(frame.foot[s].z(), -1.0F, 1.0F)) - std::asin(rest_slope) - 0.1F;
    foot.pitch = std::clamp(foot.pitch, -65 * kDegree, 35 * kDegree);
    skeleton.PoseLeg(side, foot);
  }
  for (int side = 0; side < 2; ++side) {
    const auto s = static_cast<std::size_t>(side);
    const auto& m = skeleton.measures(side);
    const Vec3f elbow = m.upper_arm * frame.upper_arm[s];
    const Vec3f wrist = elbow + m.lower_arm * frame.lower_arm[s];
    ArmGoal arm;
    arm.wrist = skeleton.shoulder(side) + wrist;
    const Vec3f along = Unit(wrist, -Vec3f::UnitZ());
    const Vec3f off = elbow - elbow.dot(along) * along;
    arm.pole = off.norm() > 0.02F * m.upper_arm
                   ? off
                   : Vec3f(TurnZ(chest.yaw) * Vec3f(-1, 0.3F * SideSign(side), -0.2F));
    arm.palm = TurnZ(chest.yaw) * Vec3f(-0.2F, -SideSign(side), 0);
    skeleton.PoseArm(side, arm);
    // The girdle has moved the shoulder: the arm keeps its direction, not its place.
    arm.wrist = skeleton.joint(skeleton.bones(side).upperarm1) + wrist;
    skeleton.PoseArm(side, arm);
  }
  const Vec3f level = TurnZ(-chest.yaw) * frame.head;
  skeleton.PoseHead(
      0, std::clamp(std::atan2(level.x(), level.z()) - chest.pitch - 0.1F, -0.7F, 0.7F), 0);

  // The lower foot keeps the height above the floor that it has in the capture.
  BodyPose pose = skeleton.Finish();
  const auto bones = BoneTransforms(asset, rest, pose);
  float lowest = 1e30F;
  for (int side = 0; side < 2; ++side) {
    const auto& m = skeleton.measures(side);
    const auto& b = skeleton.bones(side);
    const auto& foot = bones[static_cast<std::size_t>(b.foot)];
    const auto& toe = bones[static_cast<std::size_t>(b.toe)];
    lowest = std::min({lowest, (foot * m.heel).z(), (foot * m.ball).z() - m.ball.z(),
                       (toe * m.toe_tip).z() - m.toe_tip.z()});
  }
  pose.root.z() += leg * frame.lowest - lowest;
  return pose;
}

}  // namespace tenjo::synth
