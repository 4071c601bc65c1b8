"""Installs the built Tenjo into an empty folder and builds the example against that copy alone."""
import os
import pathlib
import subprocess
import tempfile
import unittest

from command import checked

MAKE_NETWORK = os.environ["TENJO_MAKE_NETWORK"]
SOURCE = pathlib.Path(os.environ["TENJO_SOURCE"])
BUILD = pathlib.Path(os.environ["TENJO_BUILD"])


@unittest.skipIf(os.environ.get("TENJO_SANITIZE"), "what is installed has no sanitizer in it")
class InstallTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.dir = pathlib.Path(cls.folder.name)
        cls.prefix = cls.dir / "prefix"
        checked("cmake", "--install", BUILD, "--prefix", cls.prefix)
        cls.net = cls.dir / "tiny.onnx"
        checked(MAKE_NETWORK, cls.net)
        cls.video = cls.dir / "film.mp4"
        checked("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=160x120:rate=10:duration=1", "-pix_fmt", "yuv420p",
                cls.video)
        # A program that runs only because the build folder is there would not run at a user's.
        cls.env = {"PATH": os.environ["PATH"], "HOME": str(cls.dir)}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_the_installed_program_runs(self):
        program = self.prefix / "bin" / "tenjo"
        lines = checked(program, "run", self.video, "--model", self.net, "--quiet", env=self.env).splitlines()
        self.assertEqual(len(lines), 10)

    def test_nothing_points_into_the_build_folder(self):
        for file in [self.prefix / "bin" / "tenjo", *self.prefix.glob("lib*/**/libtenjo*.so*")]:
            used = checked("ldd", file, env=self.env)
            self.assertNotIn(str(BUILD), used)
            self.assertNotIn("site-packages", used)
            self.assertNotIn("not found", used)

    def test_the_example_builds_and_runs(self):
        build = self.dir / "example"
        checked("cmake", "-S", SOURCE / "examples" / "wrists", "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}",
                "-DCMAKE_BUILD_TYPE=Release")
        checked("cmake", "--build", build)
        checked(build / "wrists", self.video, self.net, env=self.env)
        failed = subprocess.run([build / "wrists", self.dir / "none.mp4", self.net], capture_output=True, text=True,
                                env=self.env)
        self.assertEqual(failed.returncode, 1)
        self.assertIn("none.mp4", failed.stderr)


if __name__ == "__main__":
    unittest.main()
