#include "tenjo/publish/drawn_video.h"

namespace tenjo {

void DrawnVideoSink::Write(const Frame& frame, const std::vector<Person>& people) {
  cv::Mat drawn = frame.image.clone();  // other sinks see the picture without drawings
  overlay_.Draw(people, frame.time_s, drawn);
  writer_->Write(drawn);
}

}  // namespace tenjo
