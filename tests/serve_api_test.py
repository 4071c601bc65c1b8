"""The HTTP API that the page uses: logins, roles, edits, pictures, numbers; held against docs/openapi.yaml."""
import http.client
import json
import socket
import ssl
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request

import cv2
import numpy as np

from run_test import SOURCE, TENJO
from serving import SiteTest, eventually


def hash_of(password):
    return subprocess.run([TENJO, "serve", "--hash-password"], input=password + "\n", capture_output=True, text=True,
                          check=True, timeout=60).stdout.strip()


class ServeApiTest(SiteTest):
    def test_logins_roles_and_tokens(self):
        hashed = hash_of("a word")
        self.assertRegex(hashed, r"^\$argon2id\$v=19\$")
        self.write(http=f'token = {{ env = "TENJO_TOKEN" }}\ntoken_role = "editor"\n[[http.user]]\nname = "anna"\n'
                        f'role = "editor"\nhash = "{hashed}"\n[[http.user]]\nname = "ben"\nhash = {{ file = "ben.hash" }}')
        (self.work / "ben.hash").write_text(hashed + "\n")
        served = self.serve(env={"TENJO_TOKEN": "0123456789abcdef"})
        self.assertEqual(served.json("/api/v1/session"), {"login": True, "user": None, "role": None, "csrf": None,
                                                          "name": "cafe", "version": "0.1.0"})
        self.assertEqual(served.send("GET", "/api/v1/state")[0], 401)

        def login(user, password="a word", **headers):
            return served.send("POST", "/api/v1/login", {"user": user, "password": password}, **headers)
        self.assertEqual(login("anna", "wrong")[0], 401)
        self.assertEqual(login("nobody")[0], 401)
        self.assertEqual(login("anna", Origin="http://evil")[0], 403)
        self.assertEqual(served.send("POST", "/api/v1/login", b"user=anna", **{"Content-Type": "text/plain"})[0], 415)
        self.assertEqual(served.send("POST", "/api/v1/login", {"user": "anna"})[0], 400)
        sessions = {}
        for user, role in (("anna", "editor"), ("ben", "viewer")):
            code, headers, body = login(user)
            self.assertEqual(code, 200)
            session = json.loads(body)
            self.assertEqual((session["user"], session["role"], session["login"]), (user, role, True))
            self.assertRegex(headers["Set-Cookie"], r"^tenjo_session=[0-9a-f]{64}; .*HttpOnly; SameSite=Strict$")
            sessions[user] = {"Cookie": headers["Set-Cookie"].split(";")[0], "X-CSRF-Token": session["csrf"]}
        self.assertEqual(served.send("GET", "/api/v1/state", Cookie=sessions["ben"]["Cookie"])[0], 200)
        self.assertEqual(json.loads(served.get("/api/v1/session", Cookie=sessions["ben"]["Cookie"]))["role"], "viewer")
        self.assertEqual(served.send("POST", "/api/v1/reload", b"", **sessions["ben"])[0], 403)
        self.assertEqual(served.send("POST", "/api/v1/reload", b"", Cookie=sessions["anna"]["Cookie"])[0], 403)
        self.assertEqual(served.send("POST", "/api/v1/reload", b"", **sessions["anna"])[0], 204)
        machine = {"Authorization": "Bearer 0123456789abcdef"}
        self.assertEqual(served.send("POST", "/api/v1/reload", b"", **machine)[0], 204)
        self.assertEqual(served.send("GET", "/metrics", **machine)[0], 200)
        self.assertEqual(served.send("POST", "/api/v1/logout", b"", **sessions["anna"])[0], 204)
        self.assertEqual(served.send("GET", "/api/v1/state", Cookie=sessions["anna"]["Cookie"])[0], 401)
        codes = [login("ben", "wrong") for _ in range(7)]
        self.assertEqual([code for code, _, _ in codes][-1], 429)
        self.assertGreaterEqual(int(codes[-1][1]["Retry-After"]), 1)
        self.assertEqual(served.stop(), 0)
        log = (self.work / "log.txt").read_text()
        for secret in ("0123456789abcdef", "a word", hashed):
            self.assertNotIn(secret, log)

    def test_tls(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "cafe.key", "-out", "cafe.pem",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"], check=True,
                       cwd=self.work, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        hashed = hash_of("a word")
        self.write(http=f'cert = "cafe.pem"\nkey = "cafe.key"\n[[http.user]]\nname = "anna"\nhash = "{hashed}"',
                   camera="picture = true")
        served = self.serve()
        trust = ssl.create_default_context(cafile=self.work / "cafe.pem")

        def ask(path, data=None, **headers):
            request = urllib.request.Request(f"https://127.0.0.1:{served.port}{path}", data=data, headers=headers)
            return urllib.request.urlopen(request, timeout=60, context=trust)
        with self.assertRaises(urllib.error.HTTPError) as refused:
            ask("/api/v1/state")
        self.assertEqual(refused.exception.code, 401)
        with ask("/api/v1/login", json.dumps({"user": "anna", "password": "a word"}).encode(),
                 **{"Content-Type": "application/json"}) as answer:
            cookie = answer.headers["Set-Cookie"]
        self.assertRegex(cookie, "; Secure$")
        cookie = cookie.split(";")[0]
        # One connection bears many requests, long answers and those without an end.
        connection = http.client.HTTPSConnection("127.0.0.1", served.port, timeout=60, context=trust)
        for path in ("/api/v1/state", "/index.html", "/metrics"):
            connection.request("GET", path, headers={"Cookie": cookie})
            answer = connection.getresponse()
            self.assertEqual((answer.status, len(answer.read()) > 100), (200, True), path)
        connection.close()
        with ask("/api/v1/stream?people=true", Cookie=cookie) as stream:
            while not stream.readline().startswith(b"event: people"):
                pass
        # Who does not speak TLS holds nobody up.
        with socket.create_connection(("127.0.0.1", served.port), timeout=30) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
            self.assertNotIn(b"200 OK", plain.recv(1000))
        self.assertEqual(ask("/api/v1/state", Cookie=cookie).status, 200)
        self.assertEqual(served.stop(), 0)

    def test_beyond_this_machine_a_login_is_needed(self):
        self.write()
        self.config.write_text(self.config.read_text().replace('"127.0.0.1:0"', '"0.0.0.0:0"'))
        refused = subprocess.run([TENJO, "serve", self.config], capture_output=True, text=True, timeout=60)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("open to others", refused.stderr)

    def test_places_are_drawn_saved_and_count(self):
        self.write(sinks="[sink.sqlite]", more="# the end\n")
        self.config.write_text("# my café\n" + self.config.read_text())
        before = self.config.read_text()
        served = self.serve()
        code, headers, body = served.send("GET", "/api/v1/places")
        places, etag = json.loads(body), headers["ETag"]
        gate = {"camera": "cam0", "name": "gate", "kind": "zone", "units": "pixels", "point": "middle", "dwell": 1,
                "points": [[30, 30], [290, 30], [290, 230], [30, 230]]}
        wanted = {"places": places + [gate]}
        self.assertEqual(served.send("PUT", "/api/v1/places", wanted, **{"If-Match": etag})[0], 403, "no CSRF token")
        self.assertEqual(served.edit("PUT", "/api/v1/places", wanted)[0], 428)
        self.assertEqual(served.edit("PUT", "/api/v1/places", wanted, **{"If-Match": '"old"'})[0], 412)
        bad = {"places": places + [{**gate, "points": [[0, 0], [1, 1], [2, 2]]}]}
        code, _, body = served.edit("PUT", "/api/v1/places", bad, **{"If-Match": etag})
        self.assertEqual((code, json.loads(body)["problems"][0]["place"]), (422, "gate"))
        metres = {"places": [{**gate, "units": "metres"}]}
        code, _, body = served.edit("PUT", "/api/v1/places", metres, **{"If-Match": etag})
        self.assertEqual((code, json.loads(body)["problems"][0]["place"]), (422, "gate"), body)
        self.assertEqual(self.config.read_text(), before)
        code, headers, body = served.edit("PUT", "/api/v1/places", wanted, **{"If-Match": etag})
        self.assertEqual(code, 200, body)
        self.assertNotEqual(headers["ETag"], etag)
        self.assertEqual([p["name"] for p in json.loads(body)], ["zone0", "gate"])
        text = self.config.read_text()
        for kept in ("# my café", "# the end"):
            self.assertIn(kept, text)
        eventually(lambda: served.json("/api/v1/events?event=entered&place=gate"), "entering")
        self.assertEqual(served.edit("PUT", "/api/v1/places", {"places": places}, **{"If-Match": headers["ETag"]})[0], 200)
        eventually(lambda: served.json("/api/v1/events?event=left&place=gate"), "leaving")
        self.assertEqual(served.stop(), 0)

    def test_a_read_only_configuration_says_so(self):
        self.write()
        served = self.serve()
        code, headers, _ = served.send("GET", "/api/v1/places")
        self.config.unlink()
        code, _, body = served.edit("PUT", "/api/v1/places", {"places": []}, **{"If-Match": "*"})
        self.assertEqual(code, 400, body)
        self.assertIn("cafe.toml", json.loads(body)["error"])
        code, _, body = served.edit("POST", "/api/v1/reload", b"")
        self.assertEqual(code, 422)
        self.assertEqual(len(json.loads(body)["problems"]), 1)
        self.assertEqual(served.stop(), 0)

    def test_four_points_calibrate_a_camera(self):
        self.write(sinks="[sink.sqlite]")
        served = self.serve()
        eventually(lambda: served.json("/api/v1/cameras")[0]["width"], "a picture")
        focal = 160 / np.tan(np.radians(35))

        def pixel(x, y):  # straight down, up in the picture is x, its right is -y
            return [160 - 0.5 - focal * y / 3, 128 - 0.5 - focal * x / 3]
        points = [{"pixel": pixel(x, y), "floor": [x, y]} for x, y in ((-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.7))]
        url = "/api/v1/cameras/cam0/calibration"
        self.assertEqual(served.edit("PUT", "/api/v1/cameras/nope/calibration", {"points": points})[0], 404)
        self.assertEqual(served.edit("PUT", url, {"points": points[:3]})[0], 400)
        on_a_line = [{"pixel": pixel(x, x), "floor": [x, x]} for x in (0, 0.1, 0.2, 0.3)]
        self.assertEqual(served.edit("PUT", url, {"points": on_a_line})[0], 422)
        code, _, body = served.edit("PUT", url, {"points": points})
        self.assertEqual(code, 200, body)
        answer = json.loads(body)
        self.assertAlmostEqual(answer["height"], 3, places=1)
        self.assertLess(answer["tilt"], 1)
        self.assertIn('lens = "cam0.camera.json"', self.config.read_text())
        self.assertTrue(served.json("/api/v1/cameras")[0]["calibrated"])
        served.stop()
        served = self.serve()
        eventually(lambda: served.json("/api/v1/cameras")[0]["people"], "somebody")
        time.sleep(3)  # heat is seconds of standing somewhere
        served.stop()
        served = self.serve()
        paths = eventually(lambda: served.json("/api/v1/paths")["paths"], "a path")
        self.assertEqual(paths[0]["points"][0][0], 0)
        self.assertEqual(len(paths[0]["points"][0]), 3)
        eventually(lambda: served.json("/api/v1/heat")["cells"], "warm floor")
        served.stop()

    def test_hours(self):
        self.write(sinks="[sink.sqlite]")
        served = self.serve()
        eventually(lambda: served.json("/api/v1/events?event=dwelt"), "dwelling")
        served.stop()
        served = self.serve()
        hours = eventually(lambda: [h for h in served.json("/api/v1/hours")["hours"] if h["dwell_mean_s"]], "an hour")
        hour = hours[0]
        self.assertRegex(hour["hour"], r"^\d{4}-\d\d-\d\dT\d\d:00:00Z$")
        self.assertEqual((hour["camera"], hour["place"], hour["kind"], hour["occupancy_max"]), ("cam0", "zone0", "zone", 1))
        self.assertGreaterEqual(hour["visits"], 1)
        self.assertGreaterEqual(hour["dwell_max_s"], hour["dwell_mean_s"])
        self.assertEqual(served.json("/api/v1/hours?until=2020")["hours"], [])
        served.stop()

    def test_pictures_only_where_allowed_and_without_people_if_asked(self):
        film = f'input = "{self.dir}/film.mp4"\nfps = 5\n'
        self.write(more=f'[[camera]]\nname = "open"\npicture = true\n{film}'
                        f'[[camera]]\nname = "blurred"\npicture = true\nanonymize = true\n{film}')
        served = self.serve()

        def picture(name):
            code, headers, body = served.send("GET", f"/api/v1/cameras/{name}/picture.jpg")
            self.assertEqual((code, headers["Content-Type"]), (200, "image/jpeg"))
            return cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_GRAYSCALE).astype(float)
        self.assertEqual(served.send("GET", "/api/v1/cameras/cam0/picture.jpg")[0], 403)
        self.assertEqual(served.send("GET", "/api/v1/cameras/cam0/video.mjpg")[0], 403)
        self.assertEqual(served.send("GET", "/api/v1/cameras/none/picture.jpg")[0], 404)
        eventually(lambda: all(c["people"] for c in served.json("/api/v1/cameras")), "people")
        clear, blurred = picture("open"), picture("blurred")
        self.assertEqual(clear.shape, (256, 320))
        # The person stands in the middle; the film has sharp stripes there.
        inside = np.s_[60:200, 120:200]
        edges = [np.abs(np.diff(p[inside], axis=1)).mean() for p in (clear, blurred)]
        self.assertLess(edges[1], 0.35 * edges[0])
        with urllib.request.urlopen(f"http://127.0.0.1:{served.port}/api/v1/cameras/open/video.mjpg", timeout=30) as video:
            self.assertIn("multipart/x-mixed-replace", video.headers["Content-Type"])
            self.assertIn(b"image/jpeg", video.read(20000))
        flags = {c["name"]: (c["picture"], c["anonymized"]) for c in served.json("/api/v1/cameras")}
        self.assertEqual(flags, {"cam0": (False, False), "open": (True, False), "blurred": (True, True)})
        served.stop()

    def test_stream_shows_people(self):
        self.write(cameras=2)
        served = self.serve()
        url = f"http://127.0.0.1:{served.port}/api/v1/stream?people=true&camera=cam1"
        with urllib.request.urlopen(url, timeout=60) as stream:
            while stream.readline().strip() != b"event: people":
                pass
            people = json.loads(stream.readline()[6:])
            while not people["people"]:
                line = stream.readline()
                if line.startswith(b"data: ") and b'"people"' in line:
                    people = json.loads(line[6:])
        self.assertEqual((people["camera"], people["width"], people["height"]), ("cam1", 320, 256))
        person = people["people"][0]
        self.assertEqual(len(person["keypoints"]), 17)
        self.assertAlmostEqual(person["keypoints"][0][0], 160, delta=16)
        self.assertIsNone(person["floor"])
        served.stop()

    def test_all_trackers_can_be_chosen(self):
        film = f'input = "{self.dir}/film.mp4"\nfps = 5\n'
        self.write(more="".join(f'[[camera]]\nname = "{m}"\n{film}[camera.tracker]\nmethod = "{m}"\n'
                                for m in ("ocsort", "bytetrack")))
        served = self.serve()
        eventually(lambda: all(c["people"] for c in served.json("/api/v1/cameras")), "people by all trackers")
        served.stop()

    def test_openapi(self):
        """The API is held against its description by schemathesis."""
        self.write(sinks="[sink.sqlite]", camera="picture = true")
        served = self.serve()
        eventually(lambda: served.json("/api/v1/events"), "events")
        token = served.json("/api/v1/session")["csrf"]
        command = [sys.executable, "-m", "schemathesis.cli", "run", str(SOURCE / "docs" / "openapi.yaml"), "--url",
                   f"http://127.0.0.1:{served.port}", "--max-examples", "6", "--seed", "1", "--workers", "1",
                   "--rate-limit", "30/s", "--header", f"X-CSRF-Token: {token}", "--header", "If-Match: *",
                   "--exclude-path-regex", "stream|video|reload|login", "--phases", "examples,coverage,fuzzing",
                   "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,"
                   "response_schema_conformance", "--exclude-deprecated", "--no-color", "--generation-database", "none"]
        held = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=self.work)
        self.assertEqual(held.returncode, 0, held.stdout[-6000:] + held.stderr[-2000:])
        self.assertEqual(served.stop(), 0)


if __name__ == "__main__":
    unittest.main()
