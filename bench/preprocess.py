#!/usr/bin/env python3
"""Where to resize: before the network or inside its graph.

Compares, on the CPU and with the same compiled settings,
  before  OpenCV's bilinear resize of an 8-bit frame straight into the request's input tensor,
          colour and normalisation inside the graph
  inside  the 8-bit frame handed to the graph as it is, bilinear resize inside the graph too
and prints frames per second of both, interleaved, with their ratio (medians over rounds).

    build/venv/bin/python3 bench/preprocess.py NETWORK.xml [--frame 768x432] [--size 456x256]
"""

import argparse
import statistics
import time

import cv2
import numpy as np
import openvino as ov
import openvino.properties as props
import openvino.properties.hint as hints
from openvino.preprocess import ColorFormat, PrePostProcessor, ResizeAlgorithm


def size(text):
    width, height = text.split("x")
    return int(width), int(height)


def compile_network(core, path, net, frame, threads):
    """frame: the size of what the graph is given; other than net: the graph resizes it."""
    model = core.read_model(path)
    model.reshape([1, 3, net[1], net[0]])
    steps = PrePostProcessor(model)
    tensor = steps.input().tensor()
    tensor.set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    tensor.set_color_format(ColorFormat.BGR)
    steps.input().model().set_layout(ov.Layout("NCHW"))
    if frame != net:
        tensor.set_spatial_static_shape(frame[1], frame[0])
        steps.input().preprocess().convert_element_type(ov.Type.f32).resize(
            ResizeAlgorithm.RESIZE_LINEAR)
    for i in range(len(model.outputs)):
        steps.output(i).tensor().set_element_type(ov.Type.f32)
    return core.compile_model(steps.build(), "CPU", {
        hints.performance_mode: hints.PerformanceMode.THROUGHPUT,
        hints.inference_precision: ov.Type.f32,
        props.inference_num_threads: threads,
    })


class Way:
    """Keeps every request of a compiled network busy with frames."""

    def __init__(self, compiled, fill):
        count = max(2, compiled.get_property(props.optimal_number_of_infer_requests))
        self.requests = [compiled.create_infer_request() for _ in range(count)]
        self.inputs = [r.get_input_tensor().data[0] for r in self.requests]
        self.fill = fill

    def run(self, frames, count):
        begin = time.perf_counter()
        for k in range(count):
            slot = k % len(self.requests)
            if k >= len(self.requests):
                self.requests[slot].wait()
            self.fill(frames[k % len(frames)], self.inputs[slot])
            self.requests[slot].start_async()
        for request in self.requests:
            request.wait()
        return count / (time.perf_counter() - begin)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network")
    parser.add_argument("--frame", type=size, default=(768, 432))
    parser.add_argument("--size", type=size, default=(456, 256))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--count", type=int, default=30, help="frames a round")
    args = parser.parse_args()

    random = np.random.default_rng(1)
    frames = [random.integers(0, 256, (args.frame[1], args.frame[0], 3), dtype=np.uint8)
              for _ in range(4)]
    cv2.setNumThreads(1)
    core = ov.Core()
    before = Way(compile_network(core, args.network, args.size, args.size, args.threads),
                 lambda frame, out: cv2.resize(frame, args.size, dst=out,
                                               interpolation=cv2.INTER_LINEAR))
    inside = Way(compile_network(core, args.network, args.size, args.frame, args.threads),
                 lambda frame, out: np.copyto(out, frame))
    for way in (before, inside):
        way.run(frames, args.count)
    fps = {"before": [], "inside": []}
    for _ in range(args.rounds):
        fps["before"].append(before.run(frames, args.count))
        fps["inside"].append(inside.run(frames, args.count))
    ratios = [b / i for b, i in zip(fps["before"], fps["inside"])]
    print(f"resize before the graph: {statistics.median(fps['before']):.2f} frames/s")
    print(f"resize inside the graph: {statistics.median(fps['inside']):.2f} frames/s")
    print(f"before / inside: {statistics.median(ratios):.3f} "
          f"({min(ratios):.3f} to {max(ratios):.3f})")


if __name__ == "__main__":
    main()
