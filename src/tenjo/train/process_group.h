#pragma once

#include <torch/types.h>

#include <memory>
#include <vector>

namespace tenjo {

//! The processes that train together: one without torchrun's environment variables, else
//! WORLD_SIZE of them, joined over LibTorch's c10d: NCCL for what lies on GPUs where LibTorch has
//! it, else gloo.
class ProcessGroup {
 public:
  //! Reads RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT. Waits for the others; throws Error for
  //! variables that make no sense and for others that do not come.
  static std::unique_ptr<ProcessGroup> FromEnvironment();
  virtual ~ProcessGroup() = default;

  virtual int rank() const = 0;
  virtual int world() const = 0;
  //! Sums of all processes, in place; of any type and on any device.
  virtual void Sum(torch::Tensor tensor) = 0;
  //! What process 0 has, in place.
  virtual void Broadcast(torch::Tensor tensor) = 0;
};

//! The same sum as a step that gradients flow back through.
torch::Tensor DifferentiableSum(ProcessGroup* group, const torch::Tensor& tensor);

//! Batch norm by the statistics of all processes' pictures (NetworkModule::BatchNorm).
torch::Tensor SharedBatchNorm(ProcessGroup* group, const torch::Tensor& input,
                              const torch::Tensor& scale, const torch::Tensor& shift,
                              torch::Tensor mean, torch::Tensor variance, double momentum,
                              double epsilon);

}  // namespace tenjo
