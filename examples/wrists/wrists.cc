// Reads a video and prints the ids and wrists of the people in it.
#include <cstdio>
#include <exception>

#include "tenjo/pipeline/pipeline.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: wrists VIDEO MODEL\n");
    return 2;
  }
  try {
    tenjo::PipelineOptions options;
    options.source.input = argv[1];
    options.model = argv[2];
    options.tracker = tenjo::TrackerOptions{};

    tenjo::Pipeline pipeline(options);
    pipeline.Run([](tenjo::FrameResult& result) {
      for (const tenjo::Person& person : result.people) {
        const tenjo::Keypoint& left = person.keypoints[tenjo::kLeftWrist];
        const tenjo::Keypoint& right = person.keypoints[tenjo::kRightWrist];
        std::printf("%.2f s: person %lld, left wrist %.0f,%.0f right wrist %.0f,%.0f\n",
                    result.frame.time_s, static_cast<long long>(*person.id), left.x, left.y,
                    right.x, right.y);
      }
      return true;  // go on
    });
  } catch (const std::exception& error) {
    std::fprintf(stderr, "wrists: %s\n", error.what());
    return 1;
  }
  return 0;
}
