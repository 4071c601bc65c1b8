#pragma once

#include <cstdint>
#include <ctime>
#include <utility>

#include "tenjo/synth/set/picture.h"

// What kinds of blocks share. Internal to this room.
namespace tenjo::synth {

//! The time of this thread.
class ThreadWatch {
 public:
  ThreadWatch() : start_(Now()) {}
  double Lap() {
    const double now = Now();
    return now - std::exchange(start_, now);
  }

 private:
  static double Now() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
  }
  double start_;
};

//! A seed for the `number`-th thing of a stream.
inline std::uint64_t SeedOf(std::uint64_t seed, std::uint64_t stream, std::uint64_t number) {
  return Random(Random(seed, stream).Fork(), number).Fork();
}

//! The room that a block of pictures is made in.
Place DrawBlockPlace(const Assets& assets, const PictureOptions& options, Random& random);

//! The scene of a room without people; its meshes, lights and textures leave the place for it.
Scene TakeScene(Place* place);

}  // namespace tenjo::synth
