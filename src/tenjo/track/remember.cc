#include "tenjo/track/remember.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

// Odd pictures of a gallery that may be near by chance.
constexpr int kNearest = 3;
// A newcomer's track is some frames old when it is first reported; who left in those is not it.
constexpr std::int64_t kFramesBefore = 5;
// Reports of a visit at which a person not known again is looked for once more.
constexpr int kLaterLooks[] = {8, 20, 50};
// The later looks hold more pictures against more pictures, and change what was said: they must be
// surer.
constexpr double kLaterShare = 0.75;
constexpr std::size_t kMostPeople = 1000;
constexpr int kGallery = 40;

}  // namespace

RememberingTracker::RememberingTracker(const TrackerOptions& options,
                                       std::unique_ptr<Tracker> inner)
    : options_(options), inner_(std::move(inner)) {}

std::vector<TrackedBox> RememberingTracker::Track(const TrackerFrame& frame) {
  if (frame.embedder == nullptr) {
    throw Error(
        "people who come back are known by their embeddings, and there are none: give a network "
        "or a file of them");
  }
  ++frames_;
  Advance(frame.time_s);
  embeddings_.Begin(frame.embedder, frame.detections.size());
  const Embedder shared = [&](std::span<const int> detections) {
    embeddings_.Want(detections);
    std::vector<Embedding> copies;
    copies.reserve(detections.size());
    for (const int detection : detections) {
      copies.push_back(embeddings_.Get(detection));
    }
    return copies;
  };
  std::vector<TrackedBox> answer = inner_->Track({.detections = frame.detections,
                                                  .time_s = frame.time_s,
                                                  .embedder = &shared,
                                                  .image_width = frame.image_width,
                                                  .image_height = frame.image_height});

  TakeInnerCorrections();
  std::vector<Newcomer> newcomers;
  std::vector<int> wanted;
  for (std::size_t i = 0; i < answer.size(); ++i) {
    const auto name = names_.find(answer[i].id);
    if (name == names_.end()) {
      newcomers.push_back({.answer = i});
      wanted.push_back(answer[i].detection);
    }
  }
  if (!wanted.empty()) {
    embeddings_.Want(wanted);
  }
  for (Newcomer& newcomer : newcomers) {
    newcomer.embedding = &embeddings_.Get(answer[newcomer.answer].detection);
  }
  // Those in view are marked before anybody is looked for.
  for (Person& person : people_) {
    for (const TrackedBox& box : answer) {
      if (box.id == person.inner) {
        person.last_frame = frames_;
        person.last_s = clock_s_;
        ++person.reports;
      }
    }
  }
  Recognise(answer, newcomers);
  Look(answer);
  for (TrackedBox& box : answer) {
    box.id = names_.at(box.id);
  }
  Forget();
  std::sort(answer.begin(), answer.end(),
            [](const TrackedBox& a, const TrackedBox& b) { return a.id < b.id; });
  return answer;
}

void RememberingTracker::Skip(std::int64_t frames) {
  inner_->Skip(frames);
  frames_ += frames;
  clock_s_ += static_cast<double>(frames) / options_.fps;
  Forget();
}

void RememberingTracker::Advance(std::optional<double> time_s) {
  if (time_s && *time_s > clock_s_) {
    clock_s_ = *time_s;
  } else if (!time_s) {
    clock_s_ += 1 / options_.fps;
  }
}

void RememberingTracker::Forget() {
  const double longest_s = 60 * options_.remember_min;
  const auto forget = [&](const Person& person) {
    if (clock_s_ - person.last_s <= longest_s || person.last_frame == frames_) {
      return false;
    }
    return true;
  };
  std::erase_if(people_, forget);
  while (people_.size() > kMostPeople) {
    people_.erase(std::min_element(
        people_.begin(), people_.end(),
        [](const Person& a, const Person& b) { return a.last_frame < b.last_frame; }));
  }
  // A name is needed as long as the track may come back: as long as its person is there.
  std::erase_if(names_, [&](const auto& name) {
    return std::none_of(people_.begin(), people_.end(),
                        [&](const Person& person) { return person.inner == name.first; });
  });
}

bool RememberingTracker::WasAway(const Person& person, std::int64_t first_frame) const {
  return person.last_frame + kFramesBefore < first_frame;
}

void RememberingTracker::Begin(Person& person, std::int64_t inner) {
  person.inner = inner;
  person.first_frame = frames_;
  person.last_frame = frames_;
  person.last_s = clock_s_;
  person.reports = 1;
  names_[inner] = person.id;
}

void RememberingTracker::Recognise(std::vector<TrackedBox>& answer,
                                   std::vector<Newcomer>& newcomers) {
  // Nearest pairs first, each newcomer and each person once.
  struct Pair {
    double distance;
    std::size_t newcomer;
    std::size_t person;
  };
  std::vector<Pair> pairs;
  for (std::size_t n = 0; n < newcomers.size(); ++n) {
    if (newcomers[n].embedding->empty()) {
      continue;
    }
    for (std::size_t p = 0; p < people_.size(); ++p) {
      if (WasAway(people_[p], frames_)) {
        const double distance =
            people_[p].gallery.KthCosineDistance(*newcomers[n].embedding, kNearest);
        if (distance <= options_.remember_distance) {
          pairs.push_back({distance, n, p});
        }
      }
    }
  }
  std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) {
    return std::tie(a.distance, a.newcomer, a.person) < std::tie(b.distance, b.newcomer, b.person);
  });
  std::vector<char> named(newcomers.size(), 0);
  std::vector<char> taken(people_.size(), 0);
  for (const Pair& pair : pairs) {
    if (named[pair.newcomer] == 0 && taken[pair.person] == 0) {
      named[pair.newcomer] = 1;
      taken[pair.person] = 1;
      people_[pair.person].known = true;
      Begin(people_[pair.person], answer[newcomers[pair.newcomer].answer].id);
    }
  }
  for (std::size_t n = 0; n < newcomers.size(); ++n) {
    if (named[n] == 0) {
      people_.push_back({.id = ++last_id_, .gallery = Gallery(kGallery)});
      Begin(people_.back(), answer[newcomers[n].answer].id);
    }
  }
}

// At first ever more rarely, then every other second.
bool RememberingTracker::LooksDue(const Person& person) const {
  const int every = std::max(1, static_cast<int>(std::lround(2 * options_.fps)));
  const int n = person.reports;
  return n == 1 || n == 3 || n == 8 || n == 20 || n == 50 || (n > 50 && n % every == 0);
}

void RememberingTracker::Look(std::vector<TrackedBox>& answer) {
  std::vector<std::pair<std::int64_t, int>> due;  // person's inner id, detection
  std::vector<int> wanted;
  for (const TrackedBox& box : answer) {
    for (const Person& person : people_) {
      if (person.inner == box.id && LooksDue(person)) {
        due.emplace_back(box.id, box.detection);
        wanted.push_back(box.detection);
      }
    }
  }
  if (wanted.empty()) {
    return;
  }
  embeddings_.Want(wanted);
  for (const auto& [inner, detection] : due) {
    const Embedding& embedding = embeddings_.Get(detection);
    if (embedding.empty()) {
      continue;
    }
    const auto person = std::find_if(people_.begin(), people_.end(),
                                     [&, key = inner](const Person& p) { return p.inner == key; });
    person->gallery.Add(embedding);
    const bool later = std::find(std::begin(kLaterLooks), std::end(kLaterLooks), person->reports) !=
                       std::end(kLaterLooks);
    if (person->known || !later) {
      continue;
    }
    if (Person* old = FindLater(*person)) {
      corrections_.push_back({.kind = Correction::Kind::kMerge,
                              .id = old->id,
                              .other_id = person->id,
                              .first_frame = person->first_frame,
                              .last_frame = frames_ - 1});
      old->known = true;
      for (int i = 0; i < person->gallery.size(); ++i) {
        old->gallery.Add(person->gallery[i]);
      }
      const int reports = person->reports;
      const std::int64_t first = person->first_frame;
      Begin(*old, inner);
      old->reports = reports;
      old->first_frame = first;
      people_.erase(person);
    }
  }
}

RememberingTracker::Person* RememberingTracker::FindLater(const Person& newcomer) {
  Person* nearest = nullptr;
  double least = kLaterShare * options_.remember_distance;
  for (Person& person : people_) {
    if (&person != &newcomer && WasAway(person, newcomer.first_frame)) {
      const double distance = MeanDistance(newcomer.gallery, person.gallery);
      if (distance <= least) {
        least = distance;
        nearest = &person;
      }
    }
  }
  return nearest;
}

void RememberingTracker::TakeInnerCorrections() {
  for (Correction correction : inner_->TakeCorrections()) {
    const auto id = names_.find(correction.id);
    const auto other = names_.find(correction.other_id);
    if (id == names_.end() || other == names_.end() || id->second == other->second) {
      continue;
    }
    correction.id = id->second;
    correction.other_id = other->second;
    corrections_.push_back(correction);
    if (correction.kind == Correction::Kind::kMerge) {
      std::erase_if(people_,
                    [&](const Person& person) { return person.id == correction.other_id; });
    }
  }
}

}  // namespace tenjo
