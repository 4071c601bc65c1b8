"""`tenjo serve` under load, and killed again and again.

    bench/serve.py load TENJO [--cameras 4] [--fps 10] [--seconds 60] [--size 256x144] [--model FILE] [--video FILE]
    bench/serve.py kill TENJO [--times 200]
    bench/serve.py soak TENJO [--hours 2]

load: looped cameras at 10 fps; says for each how many frames a second were looked at, what was dropped, the time from a
frame's arrival to its events on disk, where the time went, and whether memory, threads and files grew.
soak: the same load for hours, with requests and reloads; says every tenth how memory, threads and files are, and fails where
they grew after the first tenth: memory by more than 5 %, the others at all.
kill: kills the service at random moments while events flow, starts it again, and holds the database against the lines file.
"""
import argparse
import json
import os
import pathlib
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

DATA = pathlib.Path(__file__).resolve().parent.parent.parent / "shared" / "data"


def write_config(args, folder, sinks):
    text = f'folder = "data"\n[network]\nmodel = "{args.model.resolve()}"\ncache = "cache"\n'
    width, height = args.size.split("x")
    text += f'size = [{width}, {height}]\n[http]\nlisten = "127.0.0.1:0"\n{sinks}\n'
    for c in range(args.cameras):
        text += f'[[camera]]\nname = "cam{c}"\ninput = "{args.video.resolve()}"\nfps = {args.fps:g}\n'
        for z in range(4):
            text += (f'[[camera.zone]]\nname = "zone{z}"\npoint = "middle"\ndwell = 1\n'
                     f'points = [[{150 * z}, 0], [{150 * z + 300}, 0], [{150 * z + 300}, 432], [{150 * z}, 432]]\n')
    path = folder / "cafe.toml"
    path.write_text(text)
    return path


class Served:
    def __init__(self, program, config):
        self.begun = time.monotonic()
        self.log = open(config.parent / "log.txt", "w+")
        self.process = subprocess.Popen([program, "serve", config], stderr=self.log)
        while True:
            self.log.seek(0)
            text = self.log.read()
            found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", text)
            if found:
                break
            if self.process.poll() is not None:
                sys.exit("tenjo serve ended: " + text)
            time.sleep(0.02)
        self.start_s = time.monotonic() - self.begun
        self.port = int(found[1])

    def state(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/state", timeout=30) as answer:
            return json.load(answer)

    def usage(self):
        """Processor seconds, resident MB, threads, open files."""
        proc = pathlib.Path(f"/proc/{self.process.pid}")
        fields = (proc / "stat").read_text().rsplit(")", 1)[1].split()
        status = (proc / "status").read_text()
        return ((int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"),
                int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024, int(re.search(r"Threads:\s+(\d+)", status)[1]),
                len(list((proc / "fd").iterdir())))


def load(args, folder):
    served = Served(args.tenjo, write_config(args, folder, "[sink.sqlite]"))
    time.sleep(args.warm_up)
    before, usage_before, start = served.state(), served.usage(), time.monotonic()
    time.sleep(args.seconds)
    after, usage, seconds = served.state(), served.usage(), time.monotonic() - start
    served.process.send_signal(signal.SIGTERM)
    served.process.wait(60)
    print(f"{after['backend']}; network input {args.size}; {os.cpu_count()} cores; load average {os.getloadavg()[0]:.1f}")
    print(f"first answer after {served.start_s:.2f} s; measured for {seconds:.0f} s")
    rates = []
    for a, b in zip(before["cameras"], after["cameras"]):
        rates.append((b["frames"] - a["frames"]) / seconds)
        print(f"{b['name']}: {rates[-1]:.2f} fps, {b['dropped'] - a['dropped']} dropped, {b['events'] - a['events']} events, "
              f"latency p50 {1e3 * b['latency_p50']:.0f} ms, p95 {1e3 * b['latency_p95']:.0f} ms")
    mean = sum(rates) / len(rates)
    print(f"cameras within {100 * max(abs(r - mean) for r in rates) / mean:.1f} % of their mean")
    for stage, total in after["stages"].items():
        print(f"{stage}: {100 * (total - before['stages'][stage]) / seconds:.1f} % of the time")
    print(f"processor: {100 * (usage[0] - usage_before[0]) / seconds:.0f} % of one core")
    for name, a, b in zip(("memory MB", "threads", "files"), usage_before[1:], usage[1:]):
        print(f"{name}: {a:.0f} -> {b:.0f}")


def soak(args, folder):
    config = write_config(args, folder, '[sink.sqlite]\n[sink.lines]\npath = "events.jsonl"\nmost_mb = 1')
    served = Served(args.tenjo, config)
    end, marks = time.monotonic() + 3600 * args.hours, []
    step = 360 * args.hours
    while time.monotonic() < end:
        until = time.monotonic() + step
        while time.monotonic() < min(until, end):
            for path in ("/api/v1/state", "/metrics", "/api/v1/events?limit=100", "/api/v1/hours"):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{served.port}{path}", timeout=30).read()
                except urllib.error.HTTPError:
                    pass  # the database may be new
            served.process.send_signal(signal.SIGHUP)
            time.sleep(min(10, step / 4))
        marks.append(served.usage()[1:])
        print(f"after {len(marks) / 10:.1f} of {args.hours} h: {marks[-1][0]:.1f} MB, {marks[-1][1]} threads, "
              f"{marks[-1][2]} files", flush=True)
    cameras = served.state()["cameras"]
    served.process.send_signal(signal.SIGTERM)
    served.process.wait(60)
    print(f"{sum(c['frames'] for c in cameras)} frames, {sum(c['events'] for c in cameras)} events")
    first, last = marks[0], marks[-1]
    growth = 100 * (last[0] / first[0] - 1)
    print(f"memory {growth:+.1f} %, threads {last[1] - first[1]:+d}, files {last[2] - first[2]:+d} since the first tenth")
    return 0 if growth <= 5 and last[1] <= first[1] and last[2] <= first[2] else 1


def kill(args, folder):
    config = write_config(args, folder, '[sink.sqlite]\n[sink.lines]\npath = "events.jsonl"\nmost_mb = 1000')
    noise = random.Random(args.seed)
    slowest = 0
    for _ in range(args.times):
        served = Served(args.tenjo, config)
        slowest = max(slowest, served.start_s)
        time.sleep(noise.uniform(0.2, args.longest))
        served.process.kill()
        served.process.wait()
    served = Served(args.tenjo, config)
    while any(s["waiting"] for s in served.state()["sinks"]):
        time.sleep(0.1)
    served.process.send_signal(signal.SIGTERM)
    served.process.wait(60)
    with sqlite3.connect(folder / "data" / "tenjo.db") as database:
        whole = database.execute("PRAGMA integrity_check").fetchone()[0]
        stored = {row[0] for row in database.execute("SELECT id FROM event")}
    lines = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    written = [line["id"] for line in lines if "event" in line]
    once = list(dict.fromkeys(written))
    print(f"{args.times} kills: database {whole}; {len(stored)} events stored, {len(once)} written, "
          f"{len(written) - len(once)} doubles, {len(stored ^ set(once))} in one of the two only, "
          f"in order: {once == sorted(once)}; slowest start {slowest:.2f} s")
    return 0 if whole == "ok" and stored == set(once) and once == sorted(once) else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["load", "kill", "soak"])
    parser.add_argument("tenjo")
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--fps", type=float, default=10, help="of each camera")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--warm-up", type=float, default=15)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--longest", type=float, default=3, help="seconds until a kill, at most")
    parser.add_argument("--hours", type=float, default=2, help="of a soak")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", default="256x144")
    parser.add_argument("--model", type=pathlib.Path,
                        default=DATA / "omz/human-pose-estimation-0001/human-pose-estimation-0001.xml")
    parser.add_argument("--video", type=pathlib.Path, default=DATA / "video/one-by-one-person-detection.mp4")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tenjo-bench-") as folder:
        return {"load": load, "kill": kill, "soak": soak}[args.what](args, pathlib.Path(folder))


if __name__ == "__main__":
    sys.exit(main())
