"""What Tenjo writes as ONNX files, run by ONNX Runtime and OpenVINO, answers as LibTorch does; `tenjo import` and
`tenjo run --backend torch` from outside."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import numpy as np

TENJO = os.environ["TENJO"]
ANSWERS = os.environ.get("TENJO_NETWORK_ANSWERS")
SHARED = pathlib.Path(os.environ["TENJO_SHARED_DATA"])
IR = SHARED / "omz/human-pose-estimation-0001/human-pose-estimation-0001.xml"
VIDEO = SHARED / "video/one-by-one-person-detection.mp4"
SANITIZED = os.environ.get("TENJO_SANITIZE")


def run(*command):
    return subprocess.run([*map(str, command)], capture_output=True, text=True)


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.dir = pathlib.Path(self.folder.name)
        self.addCleanup(self.folder.cleanup)


@unittest.skipUnless(ANSWERS, "built without LibTorch")
@unittest.skipIf(SANITIZED, "other programs' arithmetic has no use for sanitizers")
class OtherRuntimesTest(Folder):
    COUNT = 8

    def check(self, i, metadata, outputs):
        """Each output within 1e-4 of LibTorch's, of its largest number where that is above 1."""
        for role, name in (pair.split("=") for pair in metadata["outputs"].split(",")):
            expected = np.fromfile(self.dir / f"{i}.{role}", np.float32)
            got = np.asarray(outputs[name]).ravel()
            self.assertEqual(got.size, expected.size)
            self.assertTrue(np.isfinite(got).all())
            apart = np.abs(got - expected).max() / max(1, np.abs(expected).max())
            self.assertLess(apart, 1e-4, f"network {i}, {role}")

    def test_random_networks(self):
        import onnxruntime
        import openvino

        made = run(ANSWERS, self.dir, self.COUNT)
        self.assertEqual(made.returncode, 0, made.stderr)
        core = openvino.Core()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        tasks = set()
        for i in range(self.COUNT):
            path = self.dir / f"{i}.onnx"
            session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
            metadata = session.get_modelmeta().custom_metadata_map
            tasks.add(metadata["task"])
            width, height = map(int, metadata["input_size"].split("x"))
            image = np.fromfile(self.dir / f"{i}.input", np.float32).reshape(1, 3, height, width)
            names = [output.name for output in session.get_outputs()]
            self.check(i, metadata, dict(zip(names, session.run(names, {"image": image}))))
            compiled = core.compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
            results = compiled(image)
            self.check(i, metadata, {output.get_any_name(): results[output] for output in compiled.outputs})
        self.assertEqual(tasks, {"pose", "appearance", "refine"})


class ImportTest(Folder):
    def fails(self, status, *arguments):
        result = run(TENJO, "import", *arguments)
        self.assertEqual(result.returncode, status, result.stderr)
        self.assertEqual(list(self.dir.glob("*.onnx")), [])
        return result.stderr

    def test_wrong_input(self):
        out = self.dir / "x.onnx"
        self.assertIn("cannot read", self.fails(1, self.dir / "none.xml", "--out", out))
        self.assertIn("there is no network", self.fails(1, self.dir / "none.onnx", "--out", out))
        self.assertIn("--out", self.fails(2, self.dir / "none.xml"))
        self.assertIn("--stages", self.fails(2, self.dir / "none.xml", "--out", out, "--stages", "4"))
        self.assertIn("end in .onnx", self.fails(1, self.dir / "none.xml", "--out", self.dir / "x.xml"))

    @unittest.skipUnless(IR.exists() and VIDEO.exists(), "needs the measuring data")
    def test_the_imported_network_runs_everywhere(self):
        summary = {}
        for stages in 0, 1:
            made = run(TENJO, "import", IR, "--out", self.dir / f"{stages}.onnx", "--stages", stages)
            self.assertEqual(made.returncode, 0, made.stderr)
            summary[stages] = made.stderr
        self.assertIn("1 refinement stage, 4099058 weights", summary[1])
        self.assertIn("0 refinement stages, ", summary[0])
        if not ANSWERS or SANITIZED:
            return
        for stages in 0, 1:
            people = [self.people(stages, backend) for backend in ("openvino", "torch")]
            self.assertGreater(sum(map(len, people[0])), 2)
            for openvino, torch in zip(*people):
                self.assertEqual(len(openvino), len(torch))
                for a, b in zip(openvino, torch):
                    a, b = np.array(a["keypoints"]), np.array(b["keypoints"])
                    self.assertTrue(((a[:, 2] > 0) == (b[:, 2] > 0)).all())
                    self.assertLess(np.abs(a[:, :2] - b[:, :2]).max(), 0.5)

    def people(self, stages, backend):
        result = run(TENJO, "run", VIDEO, "--model", self.dir / f"{stages}.onnx", "--backend", backend, "--start", "8",
                     "--max-frames", "4", "--tracker", "none", "--quiet", "--cache", "")
        self.assertEqual(result.returncode, 0, result.stderr)
        return [json.loads(line)["people"] for line in result.stdout.splitlines()]

    @unittest.skipUnless(IR.exists() and ANSWERS, "needs the measuring data and LibTorch")
    def test_torch_runs_only_what_tenjo_wrote(self):
        result = run(TENJO, "run", self.dir, "--model", IR, "--backend", "torch")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(len(result.stderr.strip().splitlines()), 1, result.stderr)


if __name__ == "__main__":
    unittest.main()
