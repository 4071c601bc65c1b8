"""`tenjo serve` under load for a while: memory, threads and files stay as they are. bench/serve.py soak does it for hours."""
import json
import os
import pathlib
import re
import signal
import statistics
import time
import unittest
import urllib.request

from serving import SiteTest, eventually

# Long enough that something lost with every event, request or reload shows.
SECONDS = float(os.environ.get("TENJO_SOAK_SECONDS", "60"))


class ServeSoakTest(SiteTest):
    def use(self, served):
        """What a page, a Prometheus and an engineer ask for."""
        for path in ("/api/v1/state", "/metrics", "/api/v1/events?limit=100", "/api/v1/hours", "/api/v1/places",
                     "/api/v1/cameras/cam0/picture.jpg", "/index.html", "/api/v1/nothing"):
            self.assertIn(served.send("GET", path)[0], (200, 404, 503), path)
        with urllib.request.urlopen(f"http://127.0.0.1:{served.port}/api/v1/stream?people=true", timeout=30) as stream:
            while not stream.readline().startswith(b"data: "):
                pass
        served.process.send_signal(signal.SIGHUP)

    def usage(self, served):
        proc = pathlib.Path(f"/proc/{served.process.pid}")
        threads = int(re.search(r"Threads:\s+(\d+)", (proc / "status").read_text())[1])
        return served.memory_mb(), threads, len(list((proc / "fd").iterdir()))

    def test_nothing_grows(self):
        self.write(sinks='[sink.sqlite]\n[sink.lines]\npath = "events.jsonl"\nmost_mb = 1', cameras=2, zones=3, dwell=0.2,
                   camera="picture = true\nanonymize = true")
        served = self.serve()
        eventually(lambda: served.sink("sqlite")["delivered"] > 2, "deliveries")
        marks, end = [], time.monotonic() + SECONDS
        while time.monotonic() < end:
            self.use(served)
            marks.append(self.usage(served))
            time.sleep(SECONDS / 200)
        eventually(lambda: served.sink("lines")["waiting"] < 50, "the sinks keep up")
        self.assertIsNone(served.json("/api/v1/state")["config_problem"])
        self.assertEqual(served.stop(), 0)
        # Pools fill up in the first half.
        third, last = marks[len(marks) // 2:len(marks) * 3 // 4], marks[len(marks) * 3 // 4:]
        for what, before, after in zip(("memory", "threads", "files"), zip(*third), zip(*last)):
            before, after = statistics.median(before), statistics.median(after)
            slack = 0.05 * before if what == "memory" else 2  # a stream that is just ending, a clip that is opened again
            self.assertLessEqual(after, before + slack, f"{what} grew: {json.dumps(marks)}")


if __name__ == "__main__":
    unittest.main()
