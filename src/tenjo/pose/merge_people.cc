#include "tenjo/pose/merge_people.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace tenjo {
namespace {

constexpr double kLeastHeld = 0.6;  // of a skeleton's keypoints, by score
constexpr double kMargin = 0.1;     // of the sides, about a box
constexpr double kExplained = 0.5;  // of a box, by a person who is surer
// A skeleton in somebody's box with a lower score is a second guess at that person: on validation
// pictures none of 45 was somebody else.
constexpr double kWeak = 0.15;

struct Pair {
  double likeness = 0;
  std::size_t skeleton = 0;
  std::size_t box = 0;
};

// How well a skeleton fits a box; 0 where they do not belong together, else the share of its
// keypoints that lie in the box and how much of the box they span.
double Likeness(const Skeleton& skeleton, const RotatedBox& box) {
  double all = 0;
  double held = 0;
  double low_u = box.w;
  double high_u = -box.w;
  double low_v = box.h;
  double high_v = -box.h;
  for (const Keypoint& point : skeleton) {
    if (!(point.score > 0)) {
      continue;
    }
    const auto score = static_cast<double>(point.score);
    const BoxPoint at = ToBoxAxes(box, static_cast<double>(point.x), static_cast<double>(point.y));
    all += score;
    if (std::abs(at.u) <= (0.5 + kMargin) * box.w && std::abs(at.v) <= (0.5 + kMargin) * box.h) {
      held += score;
    }
    low_u = std::min(low_u, at.u);
    high_u = std::max(high_u, at.u);
    low_v = std::min(low_v, at.v);
    high_v = std::max(high_v, at.v);
  }
  if (!(all > 0) || held < kLeastHeld * all) {
    return 0;
  }
  const Box span = {low_u, low_v, high_u - low_u, high_v - low_v};
  return held / all + 0.5 * IoU(span, {-box.w / 2, -box.h / 2, box.w, box.h});
}

std::vector<Pair> Pairs(const std::vector<Person>& skeletons, std::span<const FoundBox> boxes) {
  std::vector<Pair> pairs;
  for (std::size_t s = 0; s < skeletons.size(); ++s) {
    for (std::size_t b = 0; b < boxes.size(); ++b) {
      // Of a person's own box and a weak one beside it the former is meant.
      const double likeness =
          Likeness(skeletons[s].keypoints, boxes[b].box) * std::sqrt(boxes[b].score);
      if (likeness > 0) {
        pairs.push_back({likeness, s, b});
      }
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const Pair& a, const Pair& b) { return a.likeness > b.likeness; });
  return pairs;
}

RotatedBox BoxOf(const Person& person) { return person.rotated_box.value_or(Unturned(person.box)); }

// A second box about somebody whose skeleton was found.
bool IsExplained(const FoundBox& box, std::span<const Person> skeletons) {
  return std::any_of(skeletons.begin(), skeletons.end(), [&](const Person& person) {
    return person.score >= box.score &&
           RotatedOverlap(box.box, BoxOf(person)) > kExplained * box.box.area();
  });
}

bool ShareJoints(const Skeleton& a, const Skeleton& b) {
  for (int k = 0; k < kNumKeypoints; ++k) {
    if (a[k].score > 0 && b[k].score > 0) {
      return true;
    }
  }
  return false;
}

// Whether `piece` can be a part of a person that was grouped by itself: in the person's box, of
// joints that the person lacks, or weak.
bool IsPiece(const Person& piece, const Person& person) {
  return (piece.score < kWeak || !ShareJoints(piece.keypoints, person.keypoints)) &&
         Likeness(piece.keypoints, *person.rotated_box) > 0;
}

// The surest person with a box that `piece` can be a part of, or null.
Person* FindWhole(const Person& piece, std::vector<Person>* skeletons,
                  const std::vector<bool>& has_box) {
  Person* best = nullptr;
  for (std::size_t p = 0; p < skeletons->size(); ++p) {
    Person& person = (*skeletons)[p];
    if (has_box[p] && person.score >= piece.score &&
        (best == nullptr || person.score > best->score) && IsPiece(piece, person)) {
      best = &person;
    }
  }
  return best;
}

// Skeletons without a box that are pieces of surer people become parts of them.
void JoinPieces(std::vector<Person>* skeletons, const std::vector<bool>& has_box) {
  std::vector<bool> joined(skeletons->size(), false);
  for (std::size_t s = 0; s < skeletons->size(); ++s) {
    const Person& piece = (*skeletons)[s];
    Person* whole = has_box[s] ? nullptr : FindWhole(piece, skeletons, has_box);
    if (whole == nullptr) {
      continue;
    }
    joined[s] = true;
    for (int k = 0; k < kNumKeypoints; ++k) {
      if (piece.keypoints[k].score > 0 && !(whole->keypoints[k].score > 0)) {
        whole->keypoints[k] = piece.keypoints[k];
      }
    }
  }
  std::size_t kept = 0;
  for (std::size_t s = 0; s < skeletons->size(); ++s) {
    if (!joined[s]) {
      (*skeletons)[kept++] = (*skeletons)[s];
    }
  }
  skeletons->resize(kept);
}

}  // namespace

std::vector<Person> MergePeople(std::vector<Person> skeletons, std::span<const FoundBox> boxes) {
  std::vector<bool> has_box(skeletons.size(), false);
  std::vector<bool> taken(boxes.size(), false);
  for (const Pair& pair : Pairs(skeletons, boxes)) {
    if (has_box[pair.skeleton] || taken[pair.box]) {
      continue;
    }
    has_box[pair.skeleton] = true;
    taken[pair.box] = true;
    Person& person = skeletons[pair.skeleton];
    person.rotated_box = boxes[pair.box].box;
    person.box = UprightBox(*person.rotated_box);
    person.score = 1 - (1 - person.score) * (1 - boxes[pair.box].score);
  }
  JoinPieces(&skeletons, has_box);
  std::vector<Person> people = skeletons;
  for (std::size_t b = 0; b < boxes.size(); ++b) {
    if (!taken[b] && !IsExplained(boxes[b], skeletons)) {
      Person person;
      person.score = boxes[b].score;
      person.rotated_box = boxes[b].box;
      person.box = UprightBox(boxes[b].box);
      people.push_back(person);
    }
  }
  std::stable_sort(people.begin(), people.end(),
                   [](const Person& a, const Person& b) { return a.score > b.score; });
  return people;
}

}  // namespace tenjo
