"""`tenjo serve` while a broker, a database and a camera are away: in turn, then together.

    bench/serve_outages.py BUILD [--seconds 300] [--cameras 3]

BUILD is a build folder (build/release). Real servers: mosquitto, PostgreSQL and an RTSP server, each stopped for so many
seconds. A persistent subscriber and the database are then held against the lines file, which is never away: nothing may be
lost, nothing may be out of order, doubles must have the same id. The network is one that always sees the same person.
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from serve import Served, somebody_always

POSTGRES = next(iter(sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
MOSQUITTO = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port):
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)


class Broker:
    name = "broker"

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        (folder / "m.conf").write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
                                       f"persistence_location {folder}/\nmax_queued_messages 0\nuser {os.environ.get('USER', 'root')}\n")
        self.start()
        self.received = open(folder / "received.txt", "w+")
        # A subscriber that the broker remembers: what comes while it is away is kept for it.
        self.subscriber = subprocess.Popen(["mosquitto_sub", "-p", str(self.port), "-q", "1", "-c", "-i", "bench", "-t",
                                            "tenjo/+/+/event/#"], stdout=self.received, stderr=subprocess.DEVNULL)

    def start(self):
        self.process = subprocess.Popen([MOSQUITTO, "-c", self.folder / "m.conf"], stderr=subprocess.DEVNULL)
        wait_for(self.port)

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def ids(self):
        self.received.flush()
        lines = (self.folder / "received.txt").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def end(self):
        self.subscriber.kill()
        self.subscriber.wait()
        self.stop()


class Database:
    name = "PostgreSQL"

    def __init__(self, folder):
        self.data, self.port = folder / "pg", free_port()
        self.data.mkdir()
        if os.geteuid() == 0:
            shutil.chown(self.data, "postgres")
        self.run("initdb", "-D", self.data, "-A", "trust", "-U", "tenjo")
        self.start()

    def run(self, program, *arguments):
        command = [str(POSTGRES / program), *map(str, arguments)]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def start(self):
        self.run("pg_ctl", "-D", self.data, "-w", "-l", self.data / "log", "start", "-o",
                 f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=")

    def stop(self):
        self.run("pg_ctl", "-D", self.data, "stop", "-m", "immediate")

    def ids(self):
        return subprocess.run([POSTGRES / "psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "tenjo", "-d", "postgres",
                               "-At", "-c", "SELECT id FROM event ORDER BY id"], check=True, capture_output=True,
                              text=True).stdout.split()

    def end(self):
        self.stop()


class Camera:
    name = "camera"

    def __init__(self, program, film):
        self.program, self.film, self.port = program, film, free_port()
        self.start()

    def start(self):
        self.process = subprocess.Popen([self.program, self.film, str(self.port)], stdout=subprocess.DEVNULL)
        wait_for(self.port)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        self.stop()


def write_site(folder, film, broker, database, camera, cameras):
    text = f'site = "cafe"\nfolder = "data"\n[network]\nmodel = "net.onnx"\nthreads = 1\n[http]\nlisten = "127.0.0.1:0"\n'
    text += f'[sink.sqlite]\n[sink.lines]\npath = "events.jsonl"\nmost_mb = 1000\n[sink.mqtt]\n'
    text += f'broker = "mqtt://127.0.0.1:{broker.port}"\n[sink.postgres]\n'
    text += f'connection = "host=127.0.0.1 port={database.port} user=tenjo dbname=postgres"\n'
    inputs = [film] * cameras + [f"rtsp://127.0.0.1:{camera.port}/cam"]
    for c, source in enumerate(inputs):
        text += f'[[camera]]\nname = "cam{c}"\ninput = "{source}"\nfps = 5\n'
        for z in range(3):
            text += (f'[[camera.zone]]\nname = "zone{z}"\npoint = "middle"\ndwell = 1\n'
                     f'points = [[{20 + z}, 20], [300, 20], [300, 240], [20, 240]]\n')
    (folder / "cafe.toml").write_text(text)
    return folder / "cafe.toml"


def waiting(served):
    return {s["name"]: (s["waiting"], s["lost"]) for s in served.state()["sinks"]}


def away(served, parties, seconds):
    names = " and ".join(p.name for p in parties)
    for party in parties:
        party.stop()
    time.sleep(seconds)
    before = waiting(served)
    for party in parties:
        party.start()
    begun = time.monotonic()
    while any(count for count, _ in waiting(served).values()) or not all(c["online"] for c in served.state()["cameras"]):
        time.sleep(0.2)
    print(f"{names} away for {seconds:.0f} s: {max(count for count, _ in before.values())} items waited; all well "
          f"{time.monotonic() - begun:.1f} s after the return", flush=True)
    time.sleep(5)


def order_by_track(events):
    """First sight of each id, by camera and track: whether ids rise."""
    last, seen, ordered = {}, set(), True
    for event in events:
        if event["id"] in seen:
            continue
        seen.add(event["id"])
        key = (event["camera"], event["track"])
        ordered &= event["id"] > last.get(key, "")
        last[key] = event["id"]
    return ordered


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--cameras", type=int, default=3, help="looped files beside the RTSP camera")
    args = parser.parse_args()
    build = args.build.resolve()
    with tempfile.TemporaryDirectory(prefix="tenjo-bench-") as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)
        _, film, tool = somebody_always(build, folder)
        broker, database = Broker(folder), Database(folder)
        camera = Camera(tool["tenjo_test_rtsp_server"], film)
        served = Served(build / "tenjo", write_site(folder, film, broker, database, camera, args.cameras))
        while not all(c["online"] for c in served.state()["cameras"]):
            time.sleep(0.2)
        time.sleep(5)
        for parties in ([broker], [database], [camera], [broker, database, camera]):
            away(served, parties, args.seconds)
        lost = sum(count for _, count in waiting(served).values())
        served.process.send_signal(signal.SIGTERM)
        served.process.wait(60)
        time.sleep(2)
        lines = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
        truth = [event for event in lines if "event" in event]
        ids = [event["id"] for event in truth]
        received, stored = broker.ids(), database.ids()
        for party in (broker, database, camera):
            party.end()
    missing = set(ids) - {event["id"] for event in received}
    dwells = {}
    for event in truth:
        if event["event"] == "dwelt" and not event["ended"]:
            dwells.setdefault((event["camera"], event["place"], event["track"]), []).append(event["seconds"])
    gaps = sum(seconds != [float(i + 1) for i in range(len(seconds))] for seconds in dwells.values())
    print(f"{len(ids)} events. Lines: {len(ids) - len(set(ids))} doubles, in order: {order_by_track(truth)}, stays with a "
          f"missing second: {gaps} of {len(dwells)}.")
    print(f"PostgreSQL: {len(set(ids) - set(stored))} lost, {len(set(stored) - set(ids))} unknown, "
          f"{len(stored) - len(set(stored))} doubles.")
    print(f"MQTT: {len(missing)} lost, {len({e['id'] for e in received} - set(ids))} unknown, "
          f"{len(received) - len({e['id'] for e in received})} doubles with the same id, in order by track: "
          f"{order_by_track(received)}. Outbox: {lost} given up.")
    good = (not missing and set(stored) == set(ids) and not gaps and not lost and order_by_track(received) and
            order_by_track(truth))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
