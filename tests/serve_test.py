"""Whole-program tests of `tenjo serve` and `tenjo check`, with real brokers and databases where they are installed."""
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import unittest
import urllib.error
import urllib.request

from run_test import MAKE_NETWORK, SOURCE, TENJO, free_port
from serving import MOSQUITTO, POSTGRES, SiteTest, as_nobody, eventually


class ServeTest(SiteTest):
    def check(self):
        return subprocess.run([TENJO, "check", self.config], capture_output=True, text=True, timeout=60)

    def test_check(self):
        self.write()
        good = self.check()
        self.assertEqual((good.returncode, good.stderr), (0, ""))
        self.config.write_text(self.config.read_text().replace("dwell = 1", "dwel = 1").replace("fps = 5", "fps = 0"))
        bad = self.check()
        self.assertEqual(bad.returncode, 1)
        self.assertEqual(len(bad.stderr.splitlines()), 2, bad.stderr)
        lines = self.config.read_text().splitlines()
        for problem, word in zip(bad.stderr.splitlines(), ["fps", "dwel"]):
            number = int(re.search(r"cafe\.toml:(\d+): ", problem)[1])
            self.assertIn(word, lines[number - 1])
        served = subprocess.run([TENJO, "serve", self.config], capture_output=True, text=True, timeout=60)
        self.assertEqual((served.returncode, served.stderr), (1, bad.stderr))

    def test_the_demo_is_good(self):
        good = subprocess.run([TENJO, "check", SOURCE / "assets" / "demo" / "cafe.toml"], capture_output=True, text=True,
                              timeout=60)
        self.assertEqual((good.returncode, good.stderr), (0, ""))

    def test_events_reach_file_database_and_api(self):
        self.write(sinks='[sink.sqlite]\n[sink.lines]\npath = "events.jsonl"', cameras=2)
        served = self.serve()
        eventually(lambda: served.json("/api/v1/state")["healthy"], "health")
        eventually(lambda: len(served.json("/api/v1/events?event=dwelt")) > 3, "dwelling")
        self.assertEqual(json.loads(served.get("/healthz")), {"healthy": True})
        state = served.json("/api/v1/state")
        self.assertEqual([c["places"]["zone0"]["inside"] for c in state["cameras"]], [1, 1])
        self.assertEqual([c["name"] for c in served.json("/api/v1/cameras")], ["cam0", "cam1"])
        self.assertEqual(served.json("/api/v1/places")[0]["kind"], "zone")
        metrics = served.get("/metrics")
        self.assertRegex(metrics, r'tenjo_camera_frames_total\{camera="cam1"\} \d+')
        self.assertRegex(metrics, r'tenjo_place_inside\{camera="cam0",place="zone0"\} 1')
        csv = served.get("/api/v1/events?format=csv&limit=3").splitlines()
        self.assertEqual(len(csv), 4)
        self.assertTrue(csv[0].startswith("id,site,camera,event,utc"))
        self.assertEqual(served.stop(), 0)
        lines = [json.loads(line) for line in (self.work / "events.jsonl").read_text().splitlines()]
        events = [line for line in lines if "event" in line]
        self.assertEqual(len({e["id"] for e in events}), len(events))
        self.assertEqual({e["event"] for e in events}, {"appeared", "entered", "dwelt", "left", "lost"})
        for camera in ("cam0", "cam1"):
            entered, left = ([e for e in events if e["event"] == kind and e["camera"] == camera]
                             for kind in ("entered", "left"))
            self.assertEqual((len(entered), len(left)), (1, 1))
            self.assertAlmostEqual(left[0]["seconds"], left[0]["time"] - entered[0]["time"], places=2)
        self.assertEqual({e["id"] for e in events}, {row[0] for row in self.rows("SELECT id FROM event")})
        occupancy = self.rows("SELECT SUM(person_seconds), SUM(seconds), SUM(entered) FROM occupancy")[0]
        self.assertGreater(occupancy[0], 0.3 * occupancy[1])
        self.assertEqual(occupancy[2], 2)

    def test_reload_keeps_tracks_and_a_bad_one_changes_nothing(self):
        self.write(sinks="[sink.sqlite]")
        served = self.serve()
        eventually(lambda: len(served.json("/api/v1/events?event=entered")) == 1, "entering")
        good = self.config.read_text()
        self.config.write_text(good.replace("[20, 240]]", "[20, 240], 5]"))
        served.process.send_signal(signal.SIGHUP)
        problem = eventually(lambda: served.json("/api/v1/state")["config_problem"], "the refusal")
        self.assertIn("cafe.toml:", problem)
        self.assertIn("zone0", str(served.json("/api/v1/places")))
        self.config.write_text(good.replace("threads = 1", "threads = 2"))
        served.process.send_signal(signal.SIGHUP)
        eventually(lambda: "restart" in (served.json("/api/v1/state")["config_problem"] or ""), "the refusal")
        self.write(sinks='[sink.sqlite]\n[sink.lines]\npath = "events.jsonl"', zones=2)
        served.process.send_signal(signal.SIGHUP)
        eventually(lambda: len(served.json("/api/v1/places")) == 2, "the reload")
        self.assertIsNone(served.json("/api/v1/state")["config_problem"])
        entered = eventually(lambda: served.json("/api/v1/events?event=entered&place=zone1"), "entering")
        self.assertEqual(entered[0]["track"], served.json("/api/v1/events?event=appeared")[0]["track"])
        eventually(lambda: (self.work / "events.jsonl").exists() and (self.work / "events.jsonl").read_text(), "lines")
        self.assertEqual(served.stop(), 0)
        self.assertEqual(self.rows("SELECT event, COUNT(*) FROM event WHERE event IN ('appeared', 'left') "
                                   "GROUP BY event ORDER BY event"), [("appeared", 1), ("left", 2)])

    def test_each_camera_has_its_own_limit(self):
        self.write(cameras=2, more=f'[[camera]]\nname = "slow"\ninput = "{self.dir}/film.mp4"\nfps = 2\n')
        served = self.serve()
        cameras = eventually(lambda: (c := served.json("/api/v1/cameras")) and min(x["frames"] for x in c) > 15 and c, "frames")
        self.assertEqual(served.stop(), 0)
        for camera, share in zip(cameras, (0.5, 0.5, 0.2)):  # of a film with ten pictures a second
            looked, skipped = camera["frames"] + camera["dropped"], camera["skipped"]
            self.assertAlmostEqual(looked / (looked + skipped), share, delta=0.1, msg=camera)

    def test_who_is_behind_takes_the_newest_of_each_camera_in_turn(self):
        self.write(cameras=5)
        text = self.config.read_text().replace(f'"{self.dir}/net.onnx"', '"pose"\nprecision = "fp32"\nsize = [320, 256]')
        self.config.write_text(text.replace("fps = 5", "fps = 10"))
        served = self.serve()
        cameras = eventually(lambda: (c := served.json("/api/v1/cameras")) and min(x["frames"] for x in c) > 8 and c, "frames")
        self.assertEqual(served.stop(), 0)
        frames = [c["frames"] for c in cameras]
        if all(c["dropped"] == 0 for c in cameras):
            self.skipTest("this machine is too quick to be behind")
        self.assertLessEqual(max(frames) - min(frames), 2, cameras)

    def test_absent_camera_is_named_and_the_others_go_on(self):
        self.write(more=f'[[camera]]\nname = "gone"\ninput = "rtsp://127.0.0.1:{free_port()}/x"\n')
        served = self.serve()
        eventually(lambda: served.json("/api/v1/cameras")[0]["frames"] > 3, "frames")
        gone = served.json("/api/v1/cameras")[1]
        self.assertFalse(gone["online"])
        self.assertTrue(gone["problem"])
        with self.assertRaises(urllib.error.HTTPError) as unwell:
            served.get("/healthz")
        self.assertEqual(unwell.exception.code, 503)
        self.assertEqual(served.stop(), 0)

    def test_http_bears_bad_requests(self):
        self.write(http='token = { env = "TENJO_TOKEN" }')
        served = self.serve(env={"TENJO_TOKEN": "0123456789abcdef"})

        def status(path, **headers):
            try:
                served.get(path, **headers)
                return 200
            except urllib.error.HTTPError as error:
                self.assertIn("error", json.loads(error.read()))
                return error.code
        good = {"Authorization": "Bearer 0123456789abcdef"}
        eventually(lambda: status("/api/v1/events", **good) == 200, "the database")
        self.assertEqual(status("/api/v1/state"), 401)
        self.assertEqual(status("/metrics", Authorization="Bearer 0123456789abcdeg"), 401)
        for path, code in [("/api/v1/nothing", 404), ("/../etc/passwd", 404), ("/api/v1/events?limit=0", 400),
                           ("/api/v1/events?x=1", 400), ("/api/v1/occupancy?step=year", 400),
                           ("/api/v1/heat", 200), ("/api/v1/events?format=xml", 400)]:
            self.assertEqual(status(path, **good), code, path)
        noise = random.Random(3)
        for i in range(300):
            with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
                text = noise.randbytes(noise.randrange(1, 400))
                if i % 3 == 0:
                    text = b"GET /" + text
                elif i % 3 == 1:
                    text = b"POST /api/v1/state HTTP/1.1\r\nHost: localhost\r\nContent-Length: 104857600\r\n\r\n" + text
                try:
                    connection.sendall(text)
                except OSError:
                    pass
        eventually(lambda: status("/api/v1/state", **good) == 200, "an answer after the noise")
        self.assertNotIn("0123456789abcdef", (self.work / "log.txt").read_text())
        self.assertEqual(served.stop(), 0)

    def test_only_localhost_is_answered_without_a_token(self):
        self.write()
        served = self.serve()
        with self.assertRaises(urllib.error.HTTPError) as refused:
            served.get("/api/v1/state", Host="cafe.example")
        self.assertEqual(refused.exception.code, 403)
        served.stop()

    def test_http_answers_while_the_network_is_compiled(self):
        self.write()
        served = self.serve()
        self.assertEqual(served.json("/api/v1/places")[0]["name"], "zone0")
        eventually(lambda: served.json("/api/v1/state")["ready"], "the network")
        self.assertIn("OpenVINO", served.json("/api/v1/state")["backend"])
        self.assertEqual(served.stop(), 0)
        log = (self.work / "log.txt").read_text()
        self.assertLess(log.index("listening on"), log.index("watching after"))
        # Who stops it before, or puts a network there that cannot be, has to be heard too.
        self.assertEqual(self.serve().stop(), 0)
        subprocess.run([MAKE_NETWORK, self.work / "two.onnx", "--second-input"], check=True)
        self.config.write_text(self.config.read_text().replace(f"{self.dir}/net.onnx", "two.onnx"))
        end = subprocess.run([TENJO, "serve", self.config], capture_output=True, text=True, timeout=60)
        self.assertEqual(end.returncode, 1)
        errors = [line for line in end.stderr.splitlines() if "listening" not in line]
        self.assertEqual(len(errors), 1, end.stderr)
        self.assertRegex(errors[0], r"^tenjo: .*two\.onnx has 2 inputs")

    def test_systemd_hears_how_it_is(self):
        path = self.work / "notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(str(path))
            listener.settimeout(60)
            self.write()
            served = self.serve(env={"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "3000000"})

            def hear(word):
                while True:
                    text = listener.recv(1000).decode()
                    if text.startswith(word):
                        return
            hear("READY=1")
            self.assertTrue(served.json("/api/v1/state")["ready"])
            hear("WATCHDOG=1")
            hear("WATCHDOG=1")
            served.process.send_signal(signal.SIGHUP)
            hear("RELOADING=1\nMONOTONIC_USEC=")
            hear("READY=1")
            served.process.send_signal(signal.SIGTERM)
            hear("STOPPING=1")
            self.assertEqual(served.process.wait(60), 0)

    def test_stream_tells_events_as_they_come(self):
        self.write()
        served = self.serve()
        with urllib.request.urlopen(f"http://127.0.0.1:{served.port}/api/v1/stream", timeout=30) as stream:
            seen = []
            while len(seen) < 2:
                line = stream.readline().decode()
                if line.startswith("data: "):
                    seen.append(json.loads(line[6:]))
        self.assertEqual({e["camera"] for e in seen}, {"cam0"})
        self.assertEqual(served.stop(), 0)

    def test_nothing_is_lost_when_it_is_killed(self):
        self.write(sinks='[sink.sqlite]\n[sink.lines]\npath = "events.jsonl"', cameras=2, zones=3)
        noise = random.Random(1)
        for _ in range(3):
            served = self.serve()
            eventually(lambda s=served: s.sink("sqlite")["delivered"] > 5, "deliveries")
            time.sleep(noise.random())
            served.kill()
        served = self.serve()
        eventually(lambda: served.sink("lines")["ok"] and served.sink("sqlite")["ok"], "the sinks")
        self.assertEqual(served.stop(), 0)
        self.assertEqual(self.rows("PRAGMA integrity_check"), [("ok",)])
        stored = [row[0] for row in self.rows("SELECT id FROM event")]
        lines = [json.loads(line) for line in (self.work / "events.jsonl").read_text().splitlines()]
        written = [line["id"] for line in lines if "event" in line]
        self.assertEqual(set(written), set(stored), "both sinks have all")
        first_times = list(dict.fromkeys(written))
        self.assertEqual(first_times, sorted(first_times), "in order, as ids rise")

    @unittest.skipUnless(MOSQUITTO and shutil.which("mosquitto_sub"), "needs mosquitto and mosquitto-clients")
    def test_mqtt_broker_goes_away_and_comes_back(self):
        port = free_port()
        (self.work / "passwords").write_text("tenjo:word\n")
        subprocess.run(["mosquitto_passwd", "-U", self.work / "passwords"], check=True)
        os.chmod(self.work / "passwords", 0o644)
        (self.work / "m.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous false\n"
                                          f"password_file {self.work}/passwords\n")

        def broker():
            process = subprocess.Popen([MOSQUITTO, "-c", self.work / "m.conf"], stderr=subprocess.DEVNULL)
            self.addCleanup(lambda: (process.kill(), process.wait()))

            def up():
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    return True
                except OSError:
                    return False
            eventually(up, "the broker")
            return process
        messages = []

        def subscribe():
            process = subprocess.Popen(["mosquitto_sub", "-p", str(port), "-u", "tenjo", "-P", "word", "-q", "1", "-t",
                                        "#", "-v"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            self.addCleanup(lambda: (process.kill(), process.wait(), process.stdout.close()))
            threading.Thread(target=lambda: messages.extend(process.stdout), daemon=True).start()

        def got(topic):
            return [m.split(" ", 1)[1].strip() for m in list(messages) if m.startswith(topic + " ")]

        def ids():
            return [json.loads(m.split(" ", 1)[1])["id"] for m in list(messages) if "/event/" in m.split(" ", 1)[0]]
        first = broker()
        subscribe()
        self.write(sinks=f'[sink.sqlite]\n[sink.mqtt]\nbroker = "mqtt://127.0.0.1:{port}"\nuser = "tenjo"\n'
                         'password = { env = "TENJO_MQTT" }\nhome_assistant = true', zones=2)
        served = self.serve(env={"TENJO_MQTT": "word"})
        eventually(lambda: got("tenjo/cafe/cam0/event/dwelt"), "events")
        eventually(lambda: got("tenjo/cafe/status") == ["online"], "the status")
        eventually(lambda: got("tenjo/cafe/cam0/state"), "the state")
        sensors = [m for m in messages if m.startswith("homeassistant/sensor/")]
        self.assertEqual(len(sensors), 6)  # inside, entered, left of two zones
        text = self.config.read_text()
        self.config.write_text(text[:text.rindex("[[camera.zone]]")])
        served.process.send_signal(signal.SIGHUP)
        gone = "homeassistant/sensor/tenjo_cafe_cam0_zone1_inside/config"
        empty = "(null)"  # as mosquitto_sub writes it
        eventually(lambda: got(gone)[-1:] == [empty], "the sensor of the zone that is gone, taken back")
        self.config.write_text(text)
        served.process.send_signal(signal.SIGHUP)
        eventually(lambda: got(gone)[-1:] != [empty], "the sensor's return")
        first.kill()
        first.wait()
        eventually(lambda: not served.sink("mqtt")["ok"], "the failure")
        eventually(lambda: served.sink("mqtt")["waiting"] > 3, "waiting events")
        before = len(ids())
        broker()
        subscribe()
        eventually(lambda: served.sink("mqtt")["waiting"] == 0, "the delivery")
        eventually(lambda: len(ids()) > before + 3, "the messages")
        messages_before = len(messages)
        served.kill()
        eventually(lambda: got("tenjo/cafe/status")[-1:] == ["offline"], "the last will")
        self.assertGreaterEqual(len(messages), messages_before)
        stored = [row[0] for row in self.rows("SELECT id FROM event ORDER BY id")]
        seen = list(dict.fromkeys(ids()))
        # The subscriber itself was away for a moment: what it saw is in order and known.
        self.assertEqual(seen, sorted(seen))
        self.assertLessEqual(set(seen) - set(stored[-20:]), set(stored))

    @unittest.skipUnless(MOSQUITTO and shutil.which("mosquitto_sub") and shutil.which("openssl"),
                         "needs mosquitto, mosquitto-clients and openssl")
    def test_mqtt_over_tls_with_a_client_certificate(self):
        def openssl(*arguments):
            subprocess.run(["openssl", *arguments], check=True, cwd=self.work, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=ca")
        (self.work / "san").write_text("subjectAltName=IP:127.0.0.1\n")
        for name in ("broker", "client"):
            openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj",
                    f"/CN={name}")
            openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-out",
                    f"{name}.crt", "-extfile", "san")
            os.chmod(self.work / f"{name}.key", 0o644)
        port = free_port()
        (self.work / "m.conf").write_text(
            f"listener {port} 127.0.0.1\ncafile {self.work}/ca.crt\ncertfile {self.work}/broker.crt\n"
            f"keyfile {self.work}/broker.key\nrequire_certificate true\nuse_identity_as_username true\n"
            "allow_anonymous false\n")
        broker = subprocess.Popen([MOSQUITTO, "-c", self.work / "m.conf"], stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (broker.kill(), broker.wait()))
        good = (f'[sink.sqlite]\n[sink.mqtt]\nbroker = "mqtts://127.0.0.1:{port}"\nca = "ca.crt"\n'
                'cert = "client.crt"\nkey = "client.key"')
        self.write(sinks=good.replace('cert = "client.crt"\nkey = "client.key"', ""))
        served = self.serve()
        eventually(lambda: served.sink("mqtt")["problem"], "the refusal")
        self.write(sinks=good)
        served.process.send_signal(signal.SIGHUP)
        eventually(lambda: served.sink("mqtt")["delivered"] > 0, "deliveries")
        self.assertEqual(served.stop(), 0)

    @unittest.skipUnless(POSTGRES, "needs postgresql")
    def test_postgres_goes_away_and_comes_back(self):
        port = free_port()
        data = self.work / "pg"
        data.mkdir()
        if os.geteuid() == 0:
            shutil.chown(data, "postgres")
        subprocess.run(as_nobody(POSTGRES / "initdb", "-D", data, "-A", "trust", "-U", "tenjo", "--no-sync"), check=True,
                       stdout=subprocess.DEVNULL, cwd="/")

        def control(*what):
            subprocess.run(as_nobody(POSTGRES / "pg_ctl", "-D", data, "-w", "-l", data / "log", *what), check=True,
                           stdout=subprocess.DEVNULL, cwd="/")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        control("start", "-o", options)
        self.addCleanup(lambda: subprocess.run(as_nobody(POSTGRES / "pg_ctl", "-D", data, "stop", "-m", "immediate"),
                                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/"))

        def query(sql):
            return subprocess.run([POSTGRES / "psql", "-h", "127.0.0.1", "-p", str(port), "-U", "tenjo", "-d",
                                   "postgres", "-At", "-c", sql], check=True, capture_output=True, text=True).stdout
        self.write(sinks=f'[sink.sqlite]\n[sink.postgres]\nconnection = "host=127.0.0.1 port={port} user=tenjo '
                         'dbname=postgres"', zones=2)
        served = self.serve()
        eventually(lambda: served.sink("postgres")["delivered"] > 5, "deliveries")
        control("stop", "-m", "immediate")
        eventually(lambda: not served.sink("postgres")["ok"], "the failure")
        eventually(lambda: served.sink("postgres")["waiting"] > 3, "waiting events")
        control("start", "-o", options)
        eventually(lambda: served.sink("postgres")["ok"], "the return")
        self.assertEqual(served.stop(), 0)
        stored = [row[0] for row in self.rows("SELECT id FROM event ORDER BY id")]
        self.assertEqual(query("SELECT id FROM event ORDER BY id").split(), stored)
        self.assertEqual(query("SELECT MAX(version) FROM tenjo_schema").strip(), "2")


if __name__ == "__main__":
    unittest.main()
