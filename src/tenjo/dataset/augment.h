#pragma once

#include <opencv2/core/mat.hpp>
#include <opencv2/core/matx.hpp>

#include "tenjo/base/random.h"
#include "tenjo/dataset/coco.h"
#include "tenjo/vision/person_crop.h"

namespace tenjo {

//! How a crop is cut from a picture and changed. Lengths that are shares are of the crop's longer
//! side; chances are in [0, 1].
struct AugmentOptions {
  float rotation_deg = 180;  //!< turned by up to this, either way
  //! A crop is cut about a person whose box's longer side becomes this share, drawn evenly in the
  //! logarithm ...
  float person_min = 0.25F;
  float person_max = 0.95F;
  //! ... or, with this chance, so that the picture's longer side becomes this share.
  float whole = 0.3F;
  float whole_min = 0.8F;
  float whole_max = 1.6F;
  float person_scale = 0.25F;      //!< of crops of one person: larger or smaller by up to this
  float nobody = 0;                //!< ... and the chance of one without anybody
  float shift = 0.25F;             //!< the person is moved off the crop's middle by up to this
  float largest_enlargement = 2;   //!< crop pixels per picture pixel, at most
  float flip = 0.5F;               //!< chance of a mirrored crop, left and right swapped
  float brightness = 0.2F;         //!< up to this share of 255 brighter or darker
  float contrast = 0.3F;           //!< changed by up to this share
  float saturation = 0.5F;         //!< changed by up to this share
  float tint = 0.1F;               //!< each channel is changed by up to this share
  float grey = 0.05F;              //!< chance of no colour at all, as cameras see at night
  float gamma = 0.3F;              //!< exponent up to 1 + this, or 1 / (1 + this)
  float blur = 0.2F;               //!< chance of a Gaussian blur ...
  float blur_sigma = 1.5F;         //!< ... of up to this many pixels
  float noise = 0.3F;              //!< chance of noise ...
  float noise_sigma = 12;          //!< ... of up to this deviation, grey levels
  float compression = 0.3F;        //!< chance of JPEG compression ...
  float compression_quality = 30;  //!< ... of this quality at the least

  //! Throws Error, naming the option, for what makes no sense.
  void Check() const;
};

//! Nothing is drawn: the whole picture in the crop's middle, colours as they are.
AugmentOptions NoAugmentation();

//! Where a crop lies in its picture.
struct Placement {
  cv::Matx23d crop_from_image = {};  //!< OpenCV's pixels to OpenCV's pixels
  bool mirrored = false;

  //! Crop pixels per picture pixel.
  double scale() const;
};

//! Draws where the crop lies. `image` says its size and people.
Placement DrawPlacement(const LabelledImage& image, cv::Size crop, const AugmentOptions& options,
                        Random* random);
//! Draws a crop about one of the image's people, head up as CropOf says, with the margin of
//! kPointsMargin: the person is off by up to `shift` of the crop, larger or smaller by up to
//! `person_scale`, turned by up to `rotation_deg`; with the chance `nobody` about a place without
//! people. `*person` says who: its place in `image.people`, -1 for nobody.
Placement DrawPersonPlacement(const LabelledImage& image, cv::Size crop,
                              const AugmentOptions& options, Random* random, int* person);
//! Where a crop of that person lies that nothing is off in.
Placement PlacementOf(const PersonCrop& person, cv::Size crop);

//! The whole picture in the middle of the crop, as large as fits.
Placement FitWhole(cv::Size image, cv::Size crop);

//! A box of the picture in the crop.
RotatedBox PlaceBox(const RotatedBox& box, const Placement& placement);

//! Keypoints and boxes in the crop; a mirrored person's left and right are swapped.
LabelledPerson PlacePerson(const LabelledPerson& person, const Placement& placement);

//! How much smaller (1, 2, 4 or 8 times) a picture may be decoded without loss to the crop.
int ReductionFor(const Placement& placement);

//! Cuts the crop from a picture that was decoded `reduction` times smaller, in one warp; what lies
//! outside the picture gets the colour `fill`. `crop` has its size already.
void CutCrop(const cv::Mat& picture, int reduction, const Placement& placement,
             const cv::Scalar& fill, cv::Mat crop);

//! Changes colours, sharpness, noise and compression of a crop (CV_8UC3), in place.
void ChangeLook(const AugmentOptions& options, Random* random, cv::Mat crop);

}  // namespace tenjo
