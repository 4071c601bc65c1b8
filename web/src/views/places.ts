import {
  ApiError,
  type Camera,
  loadHeat,
  loadPlaces,
  mayEdit,
  type PlaceKind,
  type Problem,
  savePlaces,
  videoUrl,
} from "../api";
import { h, put } from "../dom";
import { Draft, type DraftPlace, faultOf } from "../editor/draft";
import { PlaceCanvas } from "../editor/place_canvas";
import { placeForm } from "../editor/place_form";
import { latestState, peopleFrames, refreshState } from "../feed";
import { heatPicture } from "../heat_picture";
import { type Key, t } from "../i18n";
import { icon } from "../icons";
import { notice, sentenceOfError } from "../notice";
import { accountOf } from "../place_shapes";
import { extentOf, floorPlane, type Plane, picturePlane } from "../plane";
import { RANGES } from "../ranges";
import { Scene } from "../scene";
import type { View } from "../view";

const KINDS: PlaceKind[] = ["zone", "line", "shelf"];
const FLOOR = "@floor"; // after a camera's name: its floor instead of its picture

/** Zones, lines and shelves: shown to all, drawn and saved by editors. */
export function placesView(argument: string): View {
  const cameras = latestState()?.cameras ?? [];
  const wanted = cameras.find((camera) => camera.name === argument) ?? cameras[0];
  if (!wanted) return { element: h("p", { class: "empty" }, t("no_cameras")) };
  return new PlacesScreen(cameras, wanted);
}

class PlacesScreen implements View {
  readonly element: HTMLElement;
  private readonly editable = mayEdit();
  private readonly draft = new Draft();
  private readonly scene: Scene;
  private readonly canvas: PlaceCanvas;
  private readonly hint = h("p", { class: "hint muted", "aria-live": "polite" });
  private readonly list = h("ul", { class: "place-list pick" });
  private readonly form = h("div", { class: "form-slot" });
  private readonly banner = h("div", { role: "alert" });
  private readonly state = h("span", { class: "muted unsaved" });
  private readonly undo = this.tool("undo", () => this.draft.undo());
  private readonly redo = this.tool("redo", () => this.draft.redo());
  private readonly save = h(
    "button",
    { class: "button primary", onclick: () => void this.store() },
    icon("save", 18),
    t("save"),
  );
  private readonly adders: HTMLButtonElement[];
  private readonly ends: (() => void)[] = [];
  private surface: string;
  private etag = "";
  private problems: Problem[] = [];
  private formOf: number | null = null;

  constructor(
    private readonly cameras: Camera[],
    private camera: Camera,
  ) {
    this.surface = camera.name;
    this.scene = new Scene(this.plane(), camera.name);
    this.canvas = new PlaceCanvas(
      this.scene,
      this.draft,
      () => this.onSurface(),
      () => ({ camera: this.camera.name, units: this.scene.plane.units }),
      this.editable,
      (kind) => this.drawingChanged(kind),
    );
    this.adders = KINDS.map((kind) =>
      h(
        "button",
        {
          class: `button adder ${kind}`,
          "aria-pressed": "false",
          "data-kind": kind,
          title: t(`${kind}_explained`),
          disabled: true, // until those that are there have come, or they would take its place
          onclick: () => this.canvas.start(kind),
        },
        icon(kind, 18),
        t(`add_${kind}` as Key),
      ),
    );
    this.element = this.layout();
    this.draft.onChange(() => this.show());
    this.ends.push(
      peopleFrames.on((frame) => {
        if (frame.camera === this.camera.name) {
          const onFloor = this.scene.plane.units === "metres";
          this.scene.showPeople(
            frame.camera,
            onFloor ? frame.people.filter((one) => one.floor) : frame.people,
          );
        }
      }),
    );
    const keys = (event: KeyboardEvent) => this.shortcut(event);
    window.addEventListener("keydown", keys);
    this.ends.push(() => window.removeEventListener("keydown", keys));
    this.useSurface();
    void this.load();
  }

  close(): void {
    for (const end of this.ends) end();
    this.canvas.close();
    this.scene.close();
  }

  unsaved(): boolean {
    return this.editable && this.draft.dirty;
  }

  private tool(name: "undo" | "redo", act: () => void): HTMLButtonElement {
    return h(
      "button",
      { class: "icon-button", "aria-label": t(name), title: t(name), onclick: act },
      icon(name),
    );
  }

  private layout(): HTMLElement {
    const surfaces = this.cameras.flatMap((camera) => [
      h("option", { value: camera.name }, camera.name),
      camera.calibrated &&
        h("option", { value: camera.name + FLOOR }, t("floor_of", { name: camera.name })),
    ]);
    const choose = h(
      "select",
      {
        id: "surface",
        "aria-label": t("surface"),
        value: this.surface,
        onchange: () => {
          this.surface = choose.value;
          this.useSurface();
        },
      },
      surfaces,
    );
    return h(
      "div",
      { class: "places-view" },
      h(
        "header",
        { class: "bar" },
        choose,
        this.editable &&
          h(
            "a",
            {
              class: "button quiet calibrate-link",
              href: `#/calibrate/${encodeURIComponent(this.camera.name)}`,
            },
            icon("target", 18),
            t("calibrate"),
          ),
        h("span", { class: "spring" }),
        this.editable
          ? [this.state, this.undo, this.redo, this.save]
          : h("span", { class: "muted" }, t("only_viewer")),
      ),
      this.banner,
      h(
        "div",
        { class: "with-side" },
        h(
          "div",
          { class: "card stage" },
          this.editable &&
            h("div", { class: "toolbar", role: "group", "aria-label": t("add") }, this.adders),
          this.scene.element,
          this.hint,
        ),
        h(
          "div",
          { class: "side-stack" },
          h("section", { class: "card side" }, h("h2", {}, t("places")), this.list, this.form),
        ),
      ),
    );
  }

  private plane(): Plane {
    if (!this.surface.endsWith(FLOOR)) return picturePlane(this.camera.width, this.camera.height);
    const points = this.draft.places
      .filter((one) => one.units === "metres")
      .flatMap((one) => one.points);
    return floorPlane(extentOf(points, 6, 1.5));
  }

  private useSurface(): void {
    const name = this.surface.replace(FLOOR, "");
    this.camera = this.cameras.find((camera) => camera.name === name) ?? this.camera;
    const onFloor = this.surface.endsWith(FLOOR);
    this.canvas.cancel();
    this.scene.clearPeople();
    this.scene.element.classList.toggle("metres", onFloor);
    this.scene.element.classList.toggle("pixels", !onFloor);
    this.scene.setPlane(this.plane());
    this.scene.setPicture(!onFloor && this.camera.picture ? videoUrl(name) : null);
    this.scene.setHeat(null);
    if (onFloor) void this.showHeat();
    const link = this.element.querySelector<HTMLAnchorElement>(".calibrate-link");
    if (link) link.href = `#/calibrate/${encodeURIComponent(name)}`;
    this.show();
  }

  /** Where people stay tells where things are, on a floor that has no picture. */
  private async showHeat(): Promise<void> {
    try {
      const { from, to } = RANGES.week();
      const picture = heatPicture(await loadHeat(from, to));
      if (!picture || this.scene.plane.units !== "metres") return;
      const points = this.draft.places
        .filter((one) => one.units === "metres")
        .flatMap((one) => one.points);
      this.scene.setPlane(
        floorPlane(extentOf([...points, picture.leftTop, picture.rightBottom], 6, 0.5)),
      );
      this.scene.setHeat(picture.canvas, picture.leftTop, picture.rightBottom);
      this.canvas.redraw();
    } catch {
      // Drawing works without.
    }
  }

  private onSurface(): DraftPlace[] {
    return this.draft.places.filter(
      (one) => one.camera === this.camera.name && one.units === this.scene.plane.units,
    );
  }

  private async load(): Promise<void> {
    try {
      const { places, etag } = await loadPlaces();
      this.etag = etag;
      this.problems = [];
      put(this.banner);
      this.draft.load(places);
      for (const button of this.adders) button.disabled = false;
    } catch (error) {
      put(
        this.banner,
        h(
          "div",
          { class: "banner bad" },
          sentenceOfError(error),
          h("button", { class: "button", onclick: () => void this.load() }, t("retry")),
        ),
      );
    }
  }

  private async store(etag = this.etag): Promise<void> {
    const faults = this.draft.places
      .map((place) => ({ place, fault: faultOf(place, this.draft.places) }))
      .filter(({ fault }) => fault);
    if (faults.length > 0) {
      this.refuse(
        faults.map(({ place, fault }) => ({
          camera: place.camera,
          place: place.name,
          message: fault,
        })),
      );
      return;
    }
    this.save.disabled = true;
    try {
      const saved = await savePlaces(this.draft.plain(), etag);
      this.etag = saved.etag;
      this.problems = [];
      put(this.banner);
      this.draft.load(saved.places);
      notice(t("saved"));
      await refreshState();
      this.show();
    } catch (error) {
      if (error instanceof ApiError && error.status === 412) this.conflict();
      else if (error instanceof ApiError && error.problems.length > 0) this.refuse(error.problems);
      else put(this.banner, h("div", { class: "banner bad" }, sentenceOfError(error)));
    }
    this.show();
  }

  private conflict(): void {
    const overwrite = async (): Promise<void> => {
      const theirs = await loadPlaces();
      await this.store(theirs.etag);
    };
    put(
      this.banner,
      h(
        "div",
        { class: "banner bad" },
        h("span", {}, t("changed_meanwhile")),
        h("button", { class: "button", onclick: () => void this.load() }, t("take_theirs")),
        h("button", { class: "button", onclick: () => void overwrite() }, t("overwrite")),
      ),
    );
  }

  private refuse(problems: Problem[]): void {
    this.problems = problems;
    put(
      this.banner,
      h(
        "div",
        { class: "banner bad" },
        h("strong", {}, t("not_saved")),
        h(
          "ul",
          {},
          problems.map((one) => h("li", {}, one.place ? `${one.place}: ` : "", one.message)),
        ),
      ),
    );
    const first = this.draft.places.find((place) => this.problemOf(place));
    if (first) this.draft.select(first.uid);
    this.show();
  }

  private problemOf(place: DraftPlace): string {
    return (
      this.problems.find(
        (one) => one.place === place.name && (!one.camera || one.camera === place.camera),
      )?.message ?? ""
    );
  }

  private drawingChanged(kind: PlaceKind | null): void {
    for (const button of this.adders)
      button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
    this.scene.element.classList.toggle("is-drawing", kind !== null);
    this.showHint(kind);
  }

  private showHint(drawing: PlaceKind | null): void {
    if (!this.editable) this.hint.textContent = "";
    else if (drawing)
      this.hint.textContent = `${t(drawing === "line" ? "draw_line" : "draw_area")} ${t("draw_keys")}`;
    else this.hint.textContent = t(this.draft.chosen ? "edit_hint" : "select_hint");
  }

  private show(): void {
    this.canvas.redraw();
    const dirty = this.draft.dirty;
    this.undo.disabled = !this.draft.canUndo;
    this.redo.disabled = !this.draft.canRedo;
    this.save.disabled = !dirty;
    this.state.textContent = dirty ? t("unsaved") : "";
    if (!this.scene.element.classList.contains("is-drawing")) this.showHint(null);
    const counts =
      latestState()?.cameras.find((one) => one.name === this.camera.name)?.places ?? {};
    const here = this.onSurface();
    put(
      this.list,
      here.map((place) =>
        h(
          "li",
          { class: place.kind },
          h(
            "button",
            {
              type: "button",
              "aria-pressed": String(place.uid === this.draft.selected),
              onclick: () => this.draft.select(place.uid),
            },
            icon(place.kind, 18),
            h("strong", {}, place.name || "…"),
            h(
              "span",
              {},
              this.problemOf(place) ||
                (counts[place.name] ? accountOf(place, counts[place.name]) : t(place.kind)),
            ),
          ),
        ),
      ),
      here.length === 0 && h("li", { class: "muted" }, t("no_places")),
    );
    this.showForm();
  }

  /** The form stays while its place does: typing is not disturbed by what it changes. */
  private showForm(): void {
    const chosen = this.draft.chosen;
    const shown = this.editable && chosen && this.onSurface().includes(chosen) ? chosen : null;
    const active = document.activeElement;
    if (shown?.uid === this.formOf && (this.form.contains(active) || shown === null)) return;
    this.formOf = shown?.uid ?? null;
    put(this.form, shown && placeForm(this.draft, shown));
  }

  private shortcut(event: KeyboardEvent): void {
    if (!this.editable || !(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    if (key === "s") void (this.draft.dirty && this.store());
    else if (event.target instanceof HTMLInputElement)
      return; // a field undoes its own text
    else if (key === "z" && !event.shiftKey) this.draft.undo();
    else if (key === "y" || key === "z") this.draft.redo();
    else return;
    event.preventDefault();
  }
}
