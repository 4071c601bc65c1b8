"""The SageMaker entry point on a tree as SageMaker lays it out."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time
import unittest

TENJO = os.environ["TENJO"]
SOURCE = pathlib.Path(os.environ["TENJO_SOURCE"])
ENTRY = SOURCE / "deploy/sagemaker/train"

RECIPE = """
[network]
width = 0.25
stages = 0
[train]
steps = 100000
batch = 2
crop = "64x64"
threads = 1
workers = 1
log_every = 1
device = "cpu"
[[data]]
name = "training"
annotations = "from a channel"
"""


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return str(listening.getsockname()[1])


@unittest.skipIf(os.environ.get("TENJO_SANITIZE"), "LibTorch is loaded, which the sanitizers do not know")
class SageMaker(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.base = pathlib.Path(cls.folder.name)
        made = subprocess.run([TENJO, "synth", cls.base / "set", "--images", "6", "--size", "128x96", "--people", "1-2",
                               "--quiet"], check=False, capture_output=True, text=True)
        assert made.returncode == 0, made.stderr
        cls.port = free_port()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def lay_out(self, name, hyperparameters, hosts=("algo-1",), current=None):
        """The tree below /opt/ml."""
        root = self.base / name
        config = root / "input/config"
        config.mkdir(parents=True)
        (config / "hyperparameters.json").write_text(json.dumps(
            {"recipe": "tiny", "sagemaker_region": '"eu-west-1"', **hyperparameters}))
        channel = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
        (config / "inputdataconfig.json").write_text(json.dumps({"training": channel, "recipe": channel}))
        (config / "resourceconfig.json").write_text(json.dumps(
            {"current_host": current or hosts[0], "hosts": list(hosts), "network_interface_name": "lo"}))
        (root / "input/data/recipe").mkdir(parents=True)
        (root / "input/data/recipe/tiny.toml").write_text(RECIPE)
        (root / "input/data/training").symlink_to(self.base / "set")
        return root

    def start(self, root):
        environment = dict(os.environ, TENJO_SAGEMAKER_ROOT=str(root), TENJO=TENJO, MASTER_PORT=self.port)
        return subprocess.Popen([ENTRY], env=environment, stderr=subprocess.PIPE, text=True)

    def finish(self, process, status=0):
        _, errors = process.communicate(timeout=300)
        self.assertEqual(process.returncode, status, errors)
        return errors

    def test_trains_and_hands_over(self):
        root = self.lay_out("whole", {"train.steps": "2", "train.learning_rate": '"0.001"'})
        self.finish(self.start(root))
        self.assertTrue((root / "model/best.onnx").stat().st_size > 0)
        self.assertTrue((root / "output/data/report.html").exists())
        self.assertTrue((root / "checkpoints/checkpoints/step-00000002.checkpoint").exists())
        self.assertFalse((root / "output/failure").exists())
        self.assertIn("learning_rate = 0.001", (root / "output/data/recipe.toml").read_text())

    def test_is_stopped_and_started_again(self):
        root = self.lay_out("stopped", {})
        process = self.start(root)
        metrics = root / "checkpoints/metrics.jsonl"
        for _ in range(600):
            if metrics.exists() and metrics.stat().st_size > 0:
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        self.finish(process)
        (checkpoint,) = (root / "checkpoints/checkpoints").iterdir()
        done = int(checkpoint.stem.split("-")[1])
        (root / "input/config/hyperparameters.json").write_text(
            json.dumps({"recipe": "tiny", "train.steps": str(done + 1)}))
        self.finish(self.start(root))
        steps = [json.loads(line)["step"] for line in metrics.read_text().splitlines()]
        self.assertEqual(steps, list(range(1, done + 2)))
        self.assertTrue((root / "model/best.onnx").exists())

    def test_hosts_train_together(self):
        hosts = ("127.0.0.1", "localhost")
        roots = [self.lay_out(f"host-{number}", {"train.steps": "2"}, hosts, host)
                 for number, host in enumerate(hosts)]
        for process in [self.start(root) for root in roots]:
            self.finish(process)
        self.assertTrue((roots[0] / "model/best.onnx").exists())
        self.assertFalse((roots[1] / "model/best.onnx").exists())
        # Started again, all go on from the first host's checkpoint; the second has none of its own.
        self.assertFalse(any((roots[1] / "checkpoints").rglob("*.checkpoint")))
        for root in roots:
            (root / "input/config/hyperparameters.json").write_text(
                json.dumps({"recipe": "tiny", "train.steps": "4"}))
        for process in [self.start(root) for root in roots]:
            self.finish(process)
        lines = (roots[0] / "checkpoints/metrics.jsonl").read_text().splitlines()
        self.assertEqual([json.loads(line)["step"] for line in lines], [1, 2, 3, 4])

    def test_failures_are_told(self):
        for name, values, said in [("typo", {"train.step": "2"}, "train.step is not known"),
                                   ("absent", {"recipe": "none"}, "there is no recipe none")]:
            root = self.lay_out(name, values)
            self.finish(self.start(root), 1)
            text = (root / "output/failure").read_text()
            self.assertIn(said, text)
            self.assertLessEqual(len(text), 1024)
        root = self.lay_out("channel", {"train.steps": "1"})
        config = root / "input/config/inputdataconfig.json"
        channels = json.loads(config.read_text())
        (root / "input/data/unasked").mkdir()
        config.write_text(json.dumps({**channels, "unasked": {"TrainingInputMode": "File"}}))
        self.finish(self.start(root), 1)
        self.assertIn("has no data named unasked; it has training", (root / "output/failure").read_text())
        config.write_text(json.dumps({"training": {"TrainingInputMode": "Pipe"}}))
        self.finish(self.start(root), 1)
        self.assertIn("Pipe", (root / "output/failure").read_text())


if __name__ == "__main__":
    unittest.main()
