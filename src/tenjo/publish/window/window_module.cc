#include <cstddef>
#include <opencv2/core/mat.hpp>
#include <opencv2/highgui.hpp>

//! Shows an 8-bit BGR picture in a window; 0 on success. Called through dlsym by WindowSink.
extern "C" int tenjo_window_show(const char* title, const unsigned char* bgr, int width, int height,
                                 std::size_t step) {
  try {
    const cv::Mat image(height, width, CV_8UC3, const_cast<unsigned char*>(bgr), step);
    cv::imshow(title, image);
    cv::waitKey(1);
    return 0;
  } catch (const cv::Exception&) {
    return 1;
  }
}
