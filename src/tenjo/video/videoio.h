#pragma once

namespace tenjo {

//! Sets OpenCV's video backends up, once: no chatter of their own on standard error, RTSP over TCP.
//! What the user has set in the environment (OPENCV_LOG_LEVEL, OPENCV_FFMPEG_LOGLEVEL,
//! OPENCV_FFMPEG_DEBUG, OPENCV_FFMPEG_CAPTURE_OPTIONS) stays. To be called before the first use.
void PrepareVideoio();

}  // namespace tenjo
