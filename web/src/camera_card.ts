import type { Camera, Place } from "./api";
import { h, putText } from "./dom";
import { peopleFrames } from "./feed";
import { number, t } from "./i18n";
import { placeKey } from "./place_shapes";
import { picturePlane } from "./plane";
import { peopleText, Scene } from "./scene";

/** One camera among others: its stage, how many people, and how it is. */
export class CameraCard {
  readonly element: HTMLElement;
  private readonly scene: Scene;
  private readonly people = h("span", { class: "count" });
  private readonly rate = h("span", { class: "muted" });
  private readonly end: () => void;

  constructor(
    private camera: Camera,
    places: Place[],
  ) {
    this.scene = new Scene(picturePlane(camera.width, camera.height), camera.name);
    this.element = h(
      "a",
      {
        class: "card camera-card",
        href: `#/live/${encodeURIComponent(camera.name)}`,
        "aria-label": t("open_camera", { name: camera.name }),
      },
      this.scene.element,
      h(
        "footer",
        {},
        h("i", { class: "lamp", "aria-hidden": "true" }),
        h("strong", {}, camera.name),
        this.rate,
        this.people,
      ),
    );
    this.setPlaces(places);
    this.setState(camera);
    this.end = peopleFrames.on((frame) => {
      if (frame.camera === this.camera.name) {
        this.scene.showPeople(frame.camera, frame.people);
        putText(this.people, t("n_people", { n: frame.people.length }));
      }
    });
  }

  setPlaces(places: Place[]): void {
    this.scene.setPlaces(places.filter((place) => place.camera === this.camera.name));
  }

  setState(camera: Camera): void {
    if (camera.width !== this.camera.width || camera.height !== this.camera.height) {
      this.scene.setPlane(picturePlane(camera.width, camera.height));
    }
    this.camera = camera;
    this.scene.setCounts(countsOf(camera));
    this.element.classList.toggle("offline", !camera.online);
    putText(this.people, t("n_people", { n: camera.people }));
    putText(this.rate, camera.online ? t("fps", { n: number(camera.fps, 1) }) : t("offline"));
    this.scene.setNote(
      camera.online ? (camera.people === 0 ? peopleText(0) : "") : (camera.problem ?? t("offline")),
    );
  }

  close(): void {
    this.end();
    this.scene.close();
  }
}

export function countsOf(camera: Camera) {
  return new Map(
    Object.entries(camera.places).map(([name, now]) => [
      placeKey({ camera: camera.name, name }),
      now,
    ]),
  );
}
