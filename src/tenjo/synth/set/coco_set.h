#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tenjo/camera/camera.h"
#include "tenjo/synth/render/render.h"
#include "tenjo/synth/scene/scene.h"

namespace tenjo::synth {

//! What is true of one picture, in COCO's form and fields of our own (docs/formats.md).
struct PictureLabel {
  std::int64_t id = 0;    //!< from 1
  std::string file_name;  //!< below the images folder
  Camera camera;
  double time_s = 0;      //!< since the sequence began; 0 for single pictures
  int camera_index = -1;  //!< of a sequence's cameras; -1: there is only one
  struct Person {
    int identity = 0;
    int track = 0;
    Vec3f floor = Vec3f::Zero();
    float yaw_rad = 0;
    float height_m = 0;
    PersonView view;
    double visibility = -1;  //!< share of the body's own pixels that is seen; -1: not counted
    std::string counts;  //!< COCO's compressed run lengths of the mask; empty if nothing is seen
  };
  std::vector<Person>
      people;  //!< all of the scene's; those of whom nothing is seen are not written
};

//! Joins a scene's truth with what a camera sees of it.
PictureLabel MakeLabel(std::int64_t id, std::string file_name, const Scene& scene,
                       const Camera& camera, const Rendering& rendering,
                       const std::vector<PersonView>& views);

//! One line, `{"image":{...},"annotations":[...]}`, without a newline: what annotations.json is put
//! together from. Annotations are numbered 1000 * image + k, so parts of a set never collide.
std::string LabelLine(const PictureLabel& label);

//! Puts lines (one each in the file `lines`, all of them whole) together to COCO's
//! annotations.json, atomically; memory does not grow with the set. Throws Error if a line is
//! damaged or the disk is full.
void WriteCocoFile(const std::filesystem::path& lines, const std::filesystem::path& json,
                   const std::string& description);

//! Name of a lens in files: pinhole, equidistant, equisolid, stereographic.
std::string LensName(LensKind kind);
//! The camera as JSON. Pixels count from the corner of the first one, as everything in COCO's
//! files.
std::string CameraJson(const Camera& camera);

}  // namespace tenjo::synth
