#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tenjo/base/atomic_file.h"
#include "tenjo/synth/set/sequence_stage.h"
#include "tenjo/video/writer.h"

// The files of a sequence. Internal to this room.
namespace tenjo::synth {

//! What one camera filmed: video, labels, MOT ground truth and, if wanted, pictures. Without Finish
//! nothing is left but pictures.
class FilmFiles {
 public:
  FilmFiles(const SequenceOptions& options, int camera);
  ~FilmFiles();
  FilmFiles(const FilmFiles&) = delete;
  FilmFiles& operator=(const FilmFiles&) = delete;

  void Write(const Shot& shot);
  void Finish();

 private:
  std::string name_;  // cam1
  std::filesystem::path out_;
  double fps_;
  bool images_;
  bool masks_;
  std::filesystem::path lines_path_;
  std::unique_ptr<VideoWriter> video_;
  std::unique_ptr<AtomicFile> lines_;
  std::unique_ptr<AtomicFile> truth_;
};

//! A MOTChallenge ground truth line of a person, with line end:
//! frame,track,x,y,w,h,counts,1,visibility. The box is the amodal one, pixels counted from 1 as
//! there; `counts` is 0 if nothing of the person is seen; visibility is the
//! person's (PictureLabel::Person). Empty if the box is out of the picture.
std::string MotTruthLine(std::int64_t frame, const PictureLabel::Person& person, int width,
                         int height);

//! truth.json: what is true of the whole sequence, of which `frames` were filmed.
std::string TruthJson(const SequenceOptions& options, const Stage& stage, std::int64_t frames);

}  // namespace tenjo::synth
