#include "tenjo/camera/calibrate.h"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

using Eigen::MatrixXd;
using Eigen::Vector2d;
using Eigen::Vector3d;
using Eigen::VectorXd;

constexpr double kDegree = std::numbers::pi / 180;
// Stands for the distance of a pixel that the camera does not see.
constexpr double kUnseen_px = 1e4;

//! Residuals of parameters.
using Residuals = std::function<VectorXd(const VectorXd&)>;

struct Solution {
  VectorXd parameters;
  double cost = std::numeric_limits<double>::infinity();
};

//! Levenberg and Marquardt's method with numeric derivatives, for a handful of parameters.
Solution Minimise(const Residuals& residuals, VectorXd x) {
  VectorXd r = residuals(x);
  double cost = r.squaredNorm();
  double damping = 1e-3;
  for (int round = 0; round < 200; ++round) {
    MatrixXd jacobian(r.size(), x.size());
    for (Eigen::Index k = 0; k < x.size(); ++k) {
      const double step = 1e-6 * std::max(1.0, std::abs(x[k]));
      VectorXd forth = x;
      VectorXd back = x;
      forth[k] += step;
      back[k] -= step;
      jacobian.col(k) = (residuals(forth) - residuals(back)) / (2 * step);
    }
    const MatrixXd normal = jacobian.transpose() * jacobian;
    const VectorXd gradient = jacobian.transpose() * r;
    bool better = false;
    double gain = 0;
    for (int tries = 0; tries < 12 && !better; ++tries) {
      MatrixXd damped = normal;
      damped.diagonal() += damping * normal.diagonal() + VectorXd::Constant(x.size(), 1e-12);
      const VectorXd next = x - damped.ldlt().solve(gradient);
      const VectorXd next_r = next.allFinite() ? residuals(next) : r;
      const double next_cost = next_r.squaredNorm();
      better = next.allFinite() && next_cost < cost;
      if (better) {
        gain = cost - next_cost;
        x = next;
        r = next_r;
        cost = next_cost;
        damping = std::max(1e-12, damping / 5);
      } else {
        damping *= 4;
      }
    }
    if (!better || gain < 1e-14 * (1 + cost)) {
      break;
    }
  }
  return {x, cost};
}

void NeedFinite(bool finite) {
  if (!finite) {
    throw Error("calibration takes finite numbers only, and one of those given is not");
  }
}

Lens WithFocal(Lens lens, double log_scale) {
  lens.fx *= std::exp(log_scale);
  lens.fy *= std::exp(log_scale);
  return lens;
}

//! Pan, tilt, roll, place in metres and, if asked for, the logarithm of the focal length's factor.
Camera CameraOf(const Lens& lens, const VectorXd& x) {
  Camera camera;
  camera.lens = x.size() > 6 ? WithFocal(lens, x[6]) : lens;
  camera.world_from_camera = LookDown(x[0], x[1], x[2]);
  camera.centre = {x[3], x[4], x[5]};
  return camera;
}

void CheckMarks(std::span<const FloorMark> marks) {
  if (marks.size() < 4) {
    throw Error(fmt::format("there are {} floor points: a camera's place takes at least four",
                            marks.size()));
  }
  Vector2d middle = Vector2d::Zero();
  for (const FloorMark& mark : marks) {
    NeedFinite(mark.pixel.allFinite() && mark.floor.allFinite());
    middle += mark.floor / static_cast<double>(marks.size());
  }
  Eigen::Matrix2d spread = Eigen::Matrix2d::Zero();
  for (const FloorMark& mark : marks) {
    spread += (mark.floor - middle) * (mark.floor - middle).transpose();
  }
  const Eigen::Vector2d sides =
      Eigen::SelfAdjointEigenSolver<Eigen::Matrix2d>(spread).eigenvalues().cwiseMax(0).cwiseSqrt();
  if (!(sides[1] > 1e-6)) {
    throw Error("the floor points are all in one place: give four that span an area");
  }
  if (sides[0] < 0.02 * sides[1]) {
    throw Error("the floor points lie on a line: give four of which no three are on one");
  }
}

//! No three of the four widest apart on a line: else one degree of freedom is left open.
void CheckTriples(std::span<const FloorMark> marks) {
  if (marks.size() > 4) {
    return;
  }
  for (std::size_t left = 0; left < 4; ++left) {
    std::vector<Vector2d> p;
    for (std::size_t i = 0; i < 4; ++i) {
      if (i != left) {
        p.push_back(marks[i].floor);
      }
    }
    const Vector2d a = p[1] - p[0];
    const Vector2d b = p[2] - p[0];
    const double area = std::abs(a.x() * b.y() - a.y() * b.x());
    const double side = std::max({a.norm(), b.norm(), (b - a).norm()});
    if (area < 0.01 * side * side) {
      throw Error(
          "three of the four floor points lie on a line: give four of which no three are on one");
    }
  }
}

double Rms(double cost, std::size_t points) {
  return std::sqrt(cost / static_cast<double>(std::max<std::size_t>(1, points)));
}

double Huber(double distance) {
  constexpr double kNear_px = 6;
  // Its square grows as the distance itself does beyond kNear_px.
  return distance <= kNear_px ? distance : std::sqrt(kNear_px * (2 * distance - kNear_px));
}

}  // namespace

Calibration CalibrateFromFloor(const Lens& lens, std::span<const FloorMark> marks, bool find_focal,
                               double most_error_px) {
  Validate(lens);
  CheckMarks(marks);
  CheckTriples(marks);
  Vector2d middle = Vector2d::Zero();
  double reach = 0;
  for (const FloorMark& mark : marks) {
    middle += mark.floor / static_cast<double>(marks.size());
  }
  for (const FloorMark& mark : marks) {
    reach = std::max(reach, (mark.floor - middle).norm());
  }
  const Residuals residuals = [&](const VectorXd& x) {
    const Camera camera = CameraOf(lens, x);
    VectorXd r(2 * static_cast<Eigen::Index>(marks.size()));
    for (std::size_t i = 0; i < marks.size(); ++i) {
      const Vector2d& floor = marks[i].floor;
      const auto pixel =
          camera.centre.z() > 0 ? camera.Project({floor.x(), floor.y(), 0}) : std::nullopt;
      r.segment<2>(2 * static_cast<Eigen::Index>(i)) =
          pixel ? Vector2d(*pixel - marks[i].pixel) : Vector2d(kUnseen_px, kUnseen_px);
    }
    return r;
  };
  Solution best;
  for (int pan = 0; pan < 360; pan += 45) {
    for (const double tilt : {2.0, 35.0, 60.0}) {
      for (const double height : {1.0, 3.0}) {
        const double up = height * std::max(reach, 0.5);
        const double back = up * std::tan(tilt * kDegree);
        VectorXd x(find_focal ? 7 : 6);
        x.head(6) << pan * kDegree, tilt * kDegree, 0, middle.x() - back * std::cos(pan * kDegree),
            middle.y() - back * std::sin(pan * kDegree), up;
        if (find_focal) {
          x[6] = 0;
        }
        const Solution found = Minimise(residuals, x);
        if (found.cost < best.cost) {
          best = found;
        }
      }
    }
  }
  Calibration answer;
  answer.error_px = Rms(best.cost, marks.size());
  answer.used = static_cast<int>(marks.size());
  if (!(answer.error_px <= most_error_px)) {
    throw Error(
        fmt::format("no camera above the floor sees the floor points at these pixels: "
                    "{:.1f} px are left of each; check their order, the lens and the metres",
                    answer.error_px));
  }
  answer.camera = CameraOf(lens, best.parameters);
  Validate(answer.camera);
  return answer;
}

Calibration CalibrateFromPeople(const Lens& lens, std::span<const UprightPerson> people,
                                bool find_focal) {
  Validate(lens);
  constexpr std::size_t kLeast = 8;
  if (people.size() < kLeast) {
    throw Error(fmt::format("there are {} upright people: a camera's place takes at least {}",
                            people.size(), kLeast));
  }
  Vector2d low = people[0].feet;
  Vector2d high = low;
  for (const UprightPerson& person : people) {
    NeedFinite(person.head.allFinite() && person.feet.allFinite());
    if (!(person.feet_m >= 0 && person.head_m >= person.feet_m + 0.3 && person.head_m <= 2.5)) {
      throw Error(
          fmt::format("a person reaches from {} to {} m: it must be from 0 up, by 0.3 m at "
                      "least, to 2.5 m at most",
                      person.feet_m, person.head_m));
    }
    low = low.cwiseMin(person.feet);
    high = high.cwiseMax(person.feet);
  }
  if (!((high - low).norm() > 0.1 * std::max(lens.width, lens.height))) {
    throw Error("the people are all in one place: they must walk through the picture");
  }
  // Tilt, roll, height; the world turns with the camera, so there is no pan and no place.
  const auto camera_of = [&](const VectorXd& x) {
    VectorXd all(x.size() > 3 ? 7 : 6);
    all.head(6) << 0, x[0], x[1], 0, 0, std::exp(x[2]);
    if (x.size() > 3) {
      all[6] = x[3];
    }
    return CameraOf(lens, all);
  };
  const auto miss_of = [&](const Camera& camera, const UprightPerson& person) {
    const auto floor = camera.ToPlane(person.feet, person.feet_m);
    const auto head =
        floor ? camera.Project({floor->x(), floor->y(), person.head_m}) : std::nullopt;
    return head ? (*head - person.head).norm() : kUnseen_px;
  };
  const Residuals residuals = [&](const VectorXd& x) {
    const Camera camera = camera_of(x);
    VectorXd r(static_cast<Eigen::Index>(people.size()));
    for (std::size_t i = 0; i < people.size(); ++i) {
      r[static_cast<Eigen::Index>(i)] = Huber(miss_of(camera, people[i]));
    }
    return r;
  };
  Solution best;
  for (const double tilt : {1.0, 25.0, 50.0, 70.0}) {
    for (const double roll : {-15.0, 0.0, 15.0}) {
      for (const double height : {2.5, 4.0}) {
        VectorXd x(find_focal ? 4 : 3);
        x.head(3) << tilt * kDegree, roll * kDegree, std::log(height);
        if (find_focal) {
          x[3] = 0;
        }
        const Solution found = Minimise(residuals, x);
        if (found.cost < best.cost) {
          best = found;
        }
      }
    }
  }
  Calibration answer;
  answer.camera = camera_of(best.parameters);
  Validate(answer.camera);
  std::vector<double> misses;
  for (const UprightPerson& person : people) {
    misses.push_back(miss_of(answer.camera, person));
  }
  std::sort(misses.begin(), misses.end());
  const double median = misses[misses.size() / 2];
  const double limit = 3 * std::max(1.0, median);
  double squares = 0;
  for (const double miss : misses) {
    if (miss <= limit) {
      squares += miss * miss;
      ++answer.used;
    }
  }
  answer.error_px = Rms(squares, static_cast<std::size_t>(answer.used));
  if (median > 0.03 * std::max(lens.width, lens.height) || answer.camera.centre.z() > 50) {
    throw Error(
        fmt::format("no camera sees people of this height like this: heads are {:.1f} px "
                    "off; check the lens, and that heads and feet are those of people who "
                    "stand",
                    median));
  }
  return answer;
}

}  // namespace tenjo
