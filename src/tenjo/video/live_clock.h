#pragma once

namespace tenjo {

//! Times of a live source's frames: the spacing that the stream says, held to the clock, through
//! interruptions, always growing.
class LiveClock {
 public:
  //! `wall_s`: when the frame came; `stream_s`: the stream's own time, which may begin anywhere or
  //! be nonsense. `connection` changes when the stream was opened anew. Returns seconds since the
  //! first frame.
  double Next(double wall_s, double stream_s, int connection);

 private:
  bool started_ = false;
  int connection_ = 0;
  double first_wall_s_ = 0;
  double stream_s_ = 0;  // of the frame before
  double offset_s_ = 0;  // time = stream_s + offset_s_
  double last_s_ = 0;
};

}  // namespace tenjo
