"""The Debian package, unpacked: what a machine gets runs from there alone, and systemd takes its unit."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from command import checked

BUILD = pathlib.Path(os.environ["TENJO_BUILD"])
SOURCE = pathlib.Path(os.environ["TENJO_SOURCE"])


@unittest.skipIf(os.environ.get("TENJO_SANITIZE"), "what is packed has no sanitizer in it")
@unittest.skipUnless(shutil.which("cpack") and shutil.which("dpkg-deb") and shutil.which("dpkg-shlibdeps"),
                     "needs cpack and dpkg-dev")
class PackageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="tenjo-package-")
        cls.dir = pathlib.Path(cls.folder.name)
        checked("cpack", "-G", "DEB", "-B", cls.dir, "-D", "CPACK_STRIP_FILES=OFF", cwd=BUILD)
        (cls.package,) = cls.dir.glob("tenjo_*.deb")
        cls.root = cls.dir / "root"
        checked("dpkg-deb", "-x", cls.package, cls.root)
        # A program that runs only because the build folder is there would not run at a user's.
        cls.env = {"PATH": os.environ["PATH"], "HOME": str(cls.dir)}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_it_names_what_it_needs_and_tells_systemd(self):
        needs = checked("dpkg-deb", "-f", self.package, "Depends")
        for library in ("libopencv-videoio", "libsqlite3-0", "libpaho-mqttpp3", "libpqxx", "libargon2"):
            self.assertIn(library, needs)
        self.assertNotIn("openvino", needs, "which comes inside")
        control = self.dir / "control"
        checked("dpkg-deb", "-e", self.package, control)
        for script in ("postinst", "prerm", "postrm"):
            checked("sh", "-n", control / script)

    def test_the_program_runs_from_where_it_lies(self):
        program = self.root / "usr" / "bin" / "tenjo"
        self.assertIn("serve", checked(program, "--help", env=self.env))
        used = checked("ldd", program, env=self.env)
        for wrong in (str(BUILD), "site-packages", "not found"):
            self.assertNotIn(wrong, used)
        example = self.root / "usr" / "share" / "doc" / "tenjo" / "examples" / "cafe.toml"
        config = self.dir / "cafe.toml"
        config.write_text(example.read_text().replace("/var/lib/tenjo", str(self.dir / "data")))
        refused = subprocess.run([program, "check", config], capture_output=True, text=True, env=self.env)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("DOOR_PASSWORD", refused.stderr)
        good = checked(program, "check", config, env={**self.env, "DOOR_PASSWORD": "a word"})
        self.assertIn("is good", good)
        people = checked(program, "run", SOURCE / "assets" / "demo" / "cafe.mp4", "--max-frames", "3", "--quiet", env=self.env)
        self.assertEqual(len(people.splitlines()), 3, "with the network that ships")
        for network in ("pose", "pose-small"):
            people = checked(program, "run", SOURCE / "assets" / "demo" / "cafe.mp4", "--max-frames", "5", "--tracker", "none",
                             "--size", "0x480", "--model", network, "--quiet", env=self.env)
            self.assertEqual(len(people.splitlines()), 5, f"with {network}, which ships")
            self.assertIn('"id"', people)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "needs systemd-analyze")
    def test_systemd_takes_the_unit(self):
        unit = (self.root / "usr" / "lib" / "systemd" / "system" / "tenjo.service").read_text()
        copy = self.dir / "tenjo.service"
        copy.write_text(unit.replace("/usr/bin/tenjo", str(self.root / "usr" / "bin" / "tenjo")))
        said = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True)
        self.assertEqual((said.returncode, said.stderr.strip()), (0, ""))


if __name__ == "__main__":
    unittest.main()
