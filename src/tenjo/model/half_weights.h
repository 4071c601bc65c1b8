#pragma once

namespace onnx {
class GraphProto;
}

namespace tenjo {

//! Keeps weights of four dimensions in 16 bits, each with a Cast to 32 bits behind it, which
//! runtimes work out once, when they load. Weights beyond what half precision can hold stay.
void NarrowWeights(onnx::GraphProto* graph);

//! The other way: constants in 16 bits that only a Cast reads become 32-bit constants under the
//! Cast's name. Returns how many.
int WidenWeights(onnx::GraphProto* graph);

}  // namespace tenjo
