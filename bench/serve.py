"""`tenjo serve` under load, and killed again and again.

    bench/serve.py load TENJO [--cameras 4] [--fps 10] [--seconds 60] [--size 256x144] [--model NAME] [--video FILE]
    bench/serve.py kill TENJO [--times 200] [--longest 3]
    bench/serve.py start TENJO [--times 20] [--model NAME]
    bench/serve.py soak TENJO [--hours 2]

load: looped cameras at 10 fps; says for each how many frames a second were looked at, what was dropped, the time from a
frame's arrival to its events on disk, which stage had which share of the processor, and whether memory, threads and files
grew. Fails where a camera is more than 10 % from the mean of all, or the slowest 5 % of frames took 500 ms or longer.
soak: the same load for hours, with requests and reloads; says every tenth how memory, threads and files are, and fails where
they grew after the first tenth: memory by more than 5 %, the others at all.
kill: kills the service at random moments while events flow, starts it again, and holds the database against the lines file.
The network is one that always sees the same person; TENJO lies in a build folder with the tests' tools.
start: starts it with the real network, kills it once frames are looked at, and so on; says how long it took until HTTP
answered and until frames were looked at. The first start, which has to compile the network, stands apart.
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

SOURCE = pathlib.Path(__file__).resolve().parent.parent
DATA = SOURCE.parent / "shared" / "data"


def write_config(args, folder, sinks):
    model = pathlib.Path(args.model).resolve() if os.path.exists(args.model) else args.model
    text = f'folder = "data"\n[network]\nmodel = "{model}"\ncache = "cache"\n'
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

    def watch(self):
        """Waits until frames are looked at; seconds since the start."""
        while True:
            self.log.seek(0)
            if "watching after" in self.log.read():
                return time.monotonic() - self.begun
            if self.process.poll() is not None:
                sys.exit(f"tenjo serve ended with {self.process.returncode}")
            time.sleep(0.02)

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


class ProcessorShare:
    """Processor seconds of a process by stage, which the names of its threads tell. Threads that end between two looks take
    what they did since the first of them along; that goes to "other"."""

    # What FFmpeg makes for itself inside a reading thread.
    STAGES = [("read", ("read:", "av:")), ("prepare", ("prepare",)), ("infer", ("network",)), ("people", ("people",)),
              ("deliver", ("sink:",)), ("http", ("http",))]

    def __init__(self, pid):
        self.pid, self.seen, self.stages = pid, {}, {}
        self.start = self.total()
        self.look(first=True)

    def total(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def look(self, first=False):
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            try:
                name, fields = (task / "stat").read_text().split("(", 1)[1].rsplit(")", 1)
            except (FileNotFoundError, ProcessLookupError):
                continue
            ticks = int(fields.split()[11]) + int(fields.split()[12])
            stage = next((stage for stage, starts in self.STAGES if name.startswith(starts)), "other")
            before = ticks if first else self.seen.get(task.name, 0)
            self.stages[stage] = self.stages.get(stage, 0) + (ticks - before) / os.sysconf("SC_CLK_TCK")
            self.seen[task.name] = ticks

    def shares(self):
        """Of all that the process used since the start, by stage."""
        self.look()
        total = self.total() - self.start
        known = {stage: self.stages.get(stage, 0) for stage, _ in self.STAGES}
        return total, {**known, "other": total - sum(known.values())}


def load(args, folder):
    served = Served(args.tenjo, write_config(args, folder, "[sink.sqlite]"))
    watch_s = served.watch()
    time.sleep(args.warm_up)
    before, usage_before, start = served.state(), served.usage(), time.monotonic()
    share = ProcessorShare(served.process.pid)
    while time.monotonic() < start + args.seconds:
        time.sleep(0.5)
        share.look()
    after, usage, seconds = served.state(), served.usage(), time.monotonic() - start
    total, stages = share.shares()
    served.process.send_signal(signal.SIGTERM)
    served.process.wait(60)
    print(f"{after['backend']}; network input {args.size}; {os.cpu_count()} cores; load average {os.getloadavg()[0]:.1f}")
    print(f"first answer after {served.start_s:.2f} s, frames looked at after {watch_s:.2f} s; measured for {seconds:.0f} s")
    rates, slow = [], 0
    for a, b in zip(before["cameras"], after["cameras"]):
        rates.append((b["frames"] - a["frames"]) / seconds)
        slow = max(slow, b["latency_p95"])
        print(f"{b['name']}: {rates[-1]:.2f} fps, {b['dropped'] - a['dropped']} dropped, {b['events'] - a['events']} events, "
              f"frame to event p50 {1e3 * b['latency_p50']:.0f} ms, p95 {1e3 * b['latency_p95']:.0f} ms")
    mean = sum(rates) / len(rates)
    apart = max(abs(r - mean) for r in rates) / mean
    print(f"cameras within {100 * apart:.1f} % of their mean (bar: 10 %); slowest p95 {1e3 * slow:.0f} ms (bar: 500 ms)")
    print(f"processor: {100 * total / seconds:.0f} % of one core; of that " +
          ", ".join(f"{stage} {100 * used / total:.1f} %" for stage, used in stages.items()))
    # One thread decodes, follows people and holds them against places, and publishes: what of its time went where.
    inside = {stage: after["stages"][stage] - before["stages"][stage] for stage in ("decode", "analyze", "publish")}
    print("people: " + ", ".join(f"{stage} {100 * used / sum(inside.values()):.0f} %" for stage, used in inside.items()) +
          " of its time")
    for name, a, b in zip(("memory MB", "threads", "files"), usage_before[1:], usage[1:]):
        print(f"{name}: {a:.0f} -> {b:.0f}")
    return 0 if apart <= 0.1 and slow < 0.5 else 1


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
        print(f"after {args.hours * len(marks) / 10:.1f} of {args.hours} h: {marks[-1][0]:.1f} MB, {marks[-1][1]} threads, "
              f"{marks[-1][2]} files", flush=True)
    cameras = served.state()["cameras"]
    served.process.send_signal(signal.SIGTERM)
    served.process.wait(60)
    print(f"{sum(c['frames'] for c in cameras)} frames, {sum(c['events'] for c in cameras)} events")
    first, last = marks[0], marks[-1]
    growth = 100 * (last[0] / first[0] - 1)
    print(f"memory {growth:+.1f} %, threads {last[1] - first[1]:+d}, files {last[2] - first[2]:+d} since the first tenth")
    return 0 if growth <= 5 and last[1] <= first[1] and last[2] <= first[2] else 1


def somebody_always(build, folder):
    """A network that sees the same person in every picture, and a film of four seconds: their paths."""
    tools = {path.name: path for path in build.rglob("tenjo_test_*") if os.access(path, os.X_OK) and path.is_file()}
    if "tenjo_test_make_network" not in tools:
        sys.exit(f"there is no tenjo_test_make_network below {build}: build the tests")
    os.environ.update(TENJO=str(build / "tenjo"), TENJO_MAKE_NETWORK=str(tools["tenjo_test_make_network"]),
                      TENJO_SOURCE=str(SOURCE), TENJO_SHARED_DATA="")
    sys.path.insert(0, str(SOURCE / "tests"))
    import run_test
    (folder / "maps.bin").write_bytes(run_test.person_maps())
    subprocess.run([run_test.MAKE_NETWORK, folder / "net.onnx", "--size", f"{run_test.WIDTH}x{run_test.HEIGHT}", "--constant",
                    folder / "maps.bin"], check=True)
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x256:rate=10:duration=4", "-pix_fmt", "yuv420p",
                    folder / "film.mp4"], check=True, stdin=subprocess.DEVNULL)
    return folder / "net.onnx", folder / "film.mp4", tools


def tell(what, times):
    times.sort()
    print(f"until {what}: median {times[len(times) // 2]:.2f} s, p95 {times[len(times) * 95 // 100]:.2f} s, slowest "
          f"{times[-1]:.2f} s of {len(times)}")


def start(args, folder):
    config = write_config(args, folder, "[sink.sqlite]")
    answers, watches = [], []
    for _ in range(1 + min(args.times, 1000)):
        served = Served(args.tenjo, config)
        answers.append(served.start_s)
        watches.append(served.watch())
        served.process.kill()
        served.process.wait()
    print(f"first start: HTTP after {answers.pop(0):.2f} s, frames looked at after {watches.pop(0):.2f} s; load average "
          f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    tell("HTTP answers after a kill", answers)
    tell("frames are looked at after a kill", watches)
    return 0 if max(watches) < 3 else 1


def kill(args, folder):
    args.model, args.video, _ = somebody_always(pathlib.Path(args.tenjo).resolve().parent, folder)
    args.size = "160x128"
    config = write_config(args, folder, '[sink.sqlite]\n[sink.lines]\npath = "events.jsonl"\nmost_mb = 1000')
    noise = random.Random(args.seed)
    starts, watches = [], []
    for _ in range(args.times):
        served = Served(args.tenjo, config)
        starts.append(served.start_s)
        # Every third is killed at any moment of its start, the others while they watch.
        if len(starts) % 3:
            watches.append(served.watch())
        time.sleep(noise.uniform(0, args.longest))
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
          f"in order: {once == sorted(once)}")
    tell("HTTP answers after a kill", starts)
    tell("frames are looked at after a kill", watches)
    return 0 if whole == "ok" and stored == set(once) and once == sorted(once) else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["load", "kill", "start", "soak"])
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
    parser.add_argument("--model", default="pose", help="name of a network that ships, or a file")
    parser.add_argument("--video", type=pathlib.Path, default=DATA / "video/one-by-one-person-detection.mp4")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tenjo-bench-") as folder:
        return {"load": load, "kill": kill, "start": start, "soak": soak}[args.what](args, pathlib.Path(folder))


if __name__ == "__main__":
    sys.exit(main())
