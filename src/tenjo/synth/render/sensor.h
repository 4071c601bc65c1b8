#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>

#include "tenjo/synth/scene/random.h"

namespace tenjo::synth {

//! What a camera does to light, drawn once a camera.
struct Sensor {
  float exposure = 1;  //!< stops are its log2; applied to auto-exposed radiance
  float warm = 0;      //!< white balance error, -1 blue .. 1 yellow
  float gamma = 1;     //!< on top of sRGB's
  float contrast = 1;
  float saturation = 1;
  float vignette = 0;  //!< share of light lost in the corner
  float focus_blur_px = 0;
  float motion_blur_px = 0;  //!< of the whole camera
  float motion_angle_rad = 0;
  float noise = 0.01F;  //!< standard deviation at mid-grey, 0..1; shot and read noise
  float sharpen = 0;    //!< halo of a camera's own sharpening
  //! The auto-exposure's factor, as MeterLight gives it of the whole picture; 0: of what is
  //! exposed.
  float meter = 0;
  int jpeg_quality = 90;  //!< of the compression inside the camera, 1-100; 0: none
};
Sensor DrawSensor(Random& random);

//! The factor that brings a picture's light to where a camera's meter wants it.
float MeterLight(const cv::Mat& radiance);

//! Linear RGB radiance (CV_32FC3) to an 8-bit BGR picture of the same size: auto-exposure, lens
//! shading, blur, white balance, tone curve, noise smeared by the camera's own denoising,
//! sharpening, compression. Zero radiance (outside an image circle) stays near black. The same bits
//! for the same seed.
cv::Mat Expose(const cv::Mat& radiance, const Sensor& sensor, std::uint64_t seed);

}  // namespace tenjo::synth
