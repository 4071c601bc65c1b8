#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "tenjo/synth/set/sequence.h"
#include "tenjo/synth/set/synth_set.h"

namespace tenjo::cli {

//! What `tenjo synth --sequence` is asked for beside what image sets have too.
struct SequenceArguments {
  synth::SequenceOptions options;
  std::string place_seed;
  std::string camera_seed;
  bool asked = false;  //!< --sequence was given
};

void AddSequenceOptions(CLI::App& command, SequenceArguments& arguments);
//! Makes the sequence; out, threads and the options as text are the job's. Throws Error on options
//! that go with image sets only.
void RunSequence(const synth::SetJob& job, const SequenceArguments& arguments);

}  // namespace tenjo::cli
