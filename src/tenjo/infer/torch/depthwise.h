#pragma once

#include <torch/types.h>

namespace tenjo {

//! A convolution whose every channel has a filter of its own (groups == channels), on the CPU, with
//! gradients of all three: what torch::conv2d gives, for tensors in channels_last order. LibTorch's
//! own (oneDNN) takes six to nine times as long where it is dilated, and in bf16 its gradients of
//! weights can hold memory that nobody wrote. Elsewhere it takes a third to four fifths of the
//! time. `input`: N x C x H x W, float or bf16, which is what comes out; sums are made in float.
//! `weight`: C x 1 x k x k and `bias` (C, or undefined): float. Cannot be differentiated twice.
torch::Tensor DepthwiseConvolve(const torch::Tensor& input, const torch::Tensor& weight,
                                const torch::Tensor& bias, int stride, int padding, int dilation);

//! Whether it takes what would be given to torch::conv2d.
bool TakesDepthwise(const torch::Tensor& input, const torch::Tensor& weight, int groups);

}  // namespace tenjo
