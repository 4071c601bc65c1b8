#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <opencv2/core/types.hpp>
#include <string>
#include <vector>

#include "tenjo/dataset/augment.h"
#include "tenjo/dataset/loader.h"
#include "tenjo/dataset/loss_mask.h"
#include "tenjo/model/network.h"
#include "tenjo/train/job/identity_loader.h"

namespace tenjo {

//! `[[data]]` and `[[validation.data]]` of a recipe: one set.
struct RecipeData {
  std::string name;                   //!< in messages; the path if left out
  std::filesystem::path annotations;  //!< COCO file, or a folder with one or with its shards
  std::filesystem::path images;       //!< folder of the pictures; `images` beside the annotations
  double weight = 1;
  bool unlabelled = false;  //!< a folder of pictures, `images`, that only a teacher explains
  bool taught = true;       //!< the teacher, where there is one, has a say in its loss
  HiddenKeypoints hidden = HiddenKeypoints::kLearn;
  AugmentOptions augment = {};
  //! Options of `tenjo synth`: the set is rendered before training, into the output folder.
  std::map<std::string, std::string> synth = {};
};

struct RecipeNetwork {
  //! The network to start from: .onnx of Tenjo or an .xml that `tenjo import` takes. Empty: a new
  //! one of `pose`.
  std::filesystem::path start;
  bool random = false;  //!< only the layers of `start`, not its weights
  bool build = false;  //!< a network of `pose` all the same; layers that fit take `start`'s weights
  int stages = -1;     //!< refinement stages to keep of `start`; -1: all
  double narrow = 1;   //!< `start` is cut to this share of its channels (model/narrow.h)
  double hints = 0;    //!< weight of what layers of `start` give (train/hints.h); 0: none
  //! Of a new network; `person_heads` also of one that starts from another.
  PoseNetworkOptions pose;
  //! Folded batch norm is put back where such networks are published with it.
  bool insert_batch_norm = false;
  std::vector<std::string> freeze = {};  //!< layers whose names begin so do not learn
  std::vector<std::string> learn = {};   //!< where given, only layers whose names begin so learn
  std::string training_data = {};        //!< facts of the network file
  std::string licence = {};
};

enum class Optimizer { kAdam, kAdamW };
enum class Schedule { kConstant, kCosine, kStep };
enum class TrainPrecision { kAuto, kFp32, kBf16, kFp16 };

struct RecipeTrain {
  std::int64_t steps = 10000;
  int batch = 16;  //!< crops a step, of one process
  cv::Size crop = {256, 256};
  MaskMode mask = MaskMode::kSegmentation;
  Optimizer optimizer = Optimizer::kAdamW;
  double learning_rate = 1e-4;
  double weight_decay = 1e-4;
  double beta1 = 0.9;
  double beta2 = 0.999;
  std::int64_t warmup = 200;  //!< steps in which the rate rises from 0
  Schedule schedule = Schedule::kCosine;
  double final_rate = 0.01;                 //!< cosine: share of the rate at the last step
  std::vector<std::int64_t> decay_at = {};  //!< step: after so many steps ...
  double decay = 0.333;                     //!< ... the rate is multiplied by this
  double clip = 0;                          //!< greatest norm of the gradient; 0: any
  double ema = 0.999;                       //!< share of the old mean kept a step; 0: no mean
  TrainPrecision precision = TrainPrecision::kAuto;
  bool channels_last = true;
  double heatmap_weight = 1;  //!< of the losses
  double paf_weight = 1;
  double centre_weight = 4;
  double box_weight = 4;
  PoseEncoderOptions encoder = {};
  std::uint64_t seed = 0;
  int threads = 0;                      //!< of LibTorch; 0: all cores
  int workers = 0;                      //!< threads of the loader; 0: half the cores, at least 1
  std::string device = "auto";          //!< auto, cpu, cuda or cuda:N
  std::int64_t checkpoint_every = 500;  //!< steps
  int keep = 3;                         //!< checkpoints
  std::int64_t log_every = 20;          //!< steps
};

struct RecipeValidation {
  std::vector<RecipeData> data = {};
  std::int64_t every = 1000;  //!< steps
  int images = 200;           //!< of each set, at most; 0: all
  int height = 256;           //!< to which pictures are scaled for average precision
};

struct RecipeTeacher {
  std::filesystem::path network;
  double weight = 0.5;  //!< of the teacher's answers against the labels, where there are labels
};

//! What a network learns to find.
enum class TrainTask {
  kPose,        //!< where joints are
  kAppearance,  //!< who it is: an embedding of a picture of one person
  kRefine       //!< where the points of one person are, in a crop about them (pose/person_points.h)
};

//! Learning who people are (train/appearance_task.h).
struct RecipeAppearance {
  int people = 16;                   //!< of a batch
  int views = 4;                     //!< pictures of each
  int numbers = 128;                 //!< of an embedding
  CropMask mask = CropMask::kNone;   //!< of pictures of people
  double label_smoothing = 0.1;      //!< share of the labels that all others get
  double margin = 0.3;               //!< of the triplet loss; 0: its soft margin
  double classification_weight = 1;  //!< of the losses
  double triplet_weight = 1;
  double contrast_weight = 0;
  //! 0: answers of the classifier are plain products. Above: cosines times this (NormFace: Wang et
  //! al. 2017), the right one less class_margin (CosFace: Wang et al. 2018).
  double scale = 0;
  double class_margin = 0;
  double temperature = 0.1;  //!< of the contrastive loss
  IdentityAugment augment = {};
};

enum class QuantizeRanges {
  kLearned,  //!< the step of each tensor is learned with the weights (LSQ: Esser et al. 2020)
  kRunning   //!< it runs after the largest values met (Jacob et al. 2018)
};

//! Training in 8 bits: what `train --quantize` asks for.
struct RecipeQuantize {
  bool on = false;
  QuantizeRanges ranges = QuantizeRanges::kLearned;
  int weight_bits = 7;          //!< 7, or 8 for processors with VNNI and for TensorRT
  bool symmetric = false;       //!< signed tensors everywhere, as TensorRT asks
  int calibration_batches = 8;  //!< that the first ranges are found on
};

struct Recipe {
  std::string name;
  TrainTask task = TrainTask::kPose;
  RecipeNetwork network;
  std::vector<RecipeData> data;
  RecipeTrain train;
  RecipeValidation validation;
  RecipeTeacher teacher;
  RecipeAppearance appearance;
  RecipeQuantize quantize;
  std::string text;  //!< the whole recipe as TOML, overrides included
};

//! Reads a recipe (docs/training.md). `overrides` are KEY=VALUE with the key's tables before it and
//! dots between, as train.steps=100 or data.0.weight=0.5; a value that is no TOML is a text. Paths
//! are relative to the working folder. Throws Error, with the file's line, for unknown keys, wrong
//! types and values out of range.
Recipe ReadRecipe(const std::filesystem::path& path, const std::vector<std::string>& overrides);

//! The same from text; `name` stands for the file.
Recipe ParseRecipe(const std::string& text, const std::string& name,
                   const std::vector<std::string>& overrides);

//! The rate's factor at a step (from 0).
double LearningRateFactor(const RecipeTrain& train, std::int64_t step);

//! Reads the set of an entry, says what was left out, and makes it a source of the loader.
DataSource ReadSource(const RecipeData& data);

}  // namespace tenjo
