import type { BodyPoint, Place } from "../api";
import { h } from "../dom";
import { t } from "../i18n";
import { icon } from "../icons";
import type { Draft, DraftPlace } from "./draft";

const POINTS: BodyPoint[] = ["feet", "middle", "head", "left_wrist", "right_wrist"];
const USUAL_SETTLE = { zone: 0.3, line: 0.3, shelf: 0.2 };

function usualMargin(place: Place): number {
  const whole = place.units === "metres" ? 0.1 : 5;
  return place.kind === "shelf" ? whole / 2 : whole;
}

/** All that can be said of one place but its shape. Fields that are left empty have their usual value. */
export function placeForm(draft: Draft, place: DraftPlace): HTMLElement {
  const { uid } = place;
  const change = (next: Partial<Place>): void => draft.change(uid, next);
  const field = (text: string, input: HTMLElement): HTMLElement =>
    h("label", { class: "field" }, h("span", {}, text), input);

  const text = (value: string, set: (value: string) => void, id: string): HTMLElement =>
    h("input", {
      id,
      value,
      maxlength: 100,
      autocomplete: "off",
      onfocus: () => draft.remember(),
      oninput: (event: Event) => set((event.target as HTMLInputElement).value),
    });
  const figure = (
    value: number | undefined,
    usual: number | string,
    step: number,
    set: (value: number | undefined) => void,
  ): HTMLElement =>
    h("input", {
      type: "number",
      min: 0,
      step,
      placeholder: String(usual),
      value: value ?? "",
      onfocus: () => draft.remember(),
      oninput: (event: Event) => {
        const given = (event.target as HTMLInputElement).value;
        set(given === "" ? undefined : Number(given));
      },
    });

  const now = (): DraftPlace => draft.places.find((one) => one.uid === uid) ?? place;
  const fields: (HTMLElement | false)[] = [
    field(
      t("name"),
      text(place.name, (name) => change({ name }), "place-name"),
    ),
  ];
  if (place.kind !== "shelf") {
    fields.push(
      field(
        t("point"),
        h(
          "select",
          {
            value: place.point ?? "feet",
            onchange: (event: Event) => {
              draft.remember();
              change({ point: (event.target as HTMLSelectElement).value as BodyPoint });
            },
          },
          POINTS.map((point) => h("option", { value: point }, t(point))),
        ),
      ),
    );
  }
  if (place.kind === "zone") {
    fields.push(
      field(
        `${t("dwell_every")} (${t("dwell_never")})`,
        figure(place.dwell, 0, 1, (dwell) => change({ dwell })),
      ),
    );
  }
  if (place.kind === "line") {
    const [a, b] = place.directions ?? ["forward", "backward"];
    fields.push(
      field(
        t("direction_forward"),
        text(
          a,
          (name) => change({ directions: [name, now().directions?.[1] ?? b] }),
          "direction-0",
        ),
      ),
      field(
        t("direction_backward"),
        text(
          b,
          (name) => change({ directions: [now().directions?.[0] ?? a, name] }),
          "direction-1",
        ),
      ),
    );
  }
  if (place.kind === "shelf" && place.units === "metres") {
    const [low, high] = place.height ?? [0, 0];
    fields.push(
      h(
        "div",
        { class: "two" },
        field(
          t("low"),
          figure(low, 0, 0.05, (value) =>
            change({ height: [value ?? 0, now().height?.[1] ?? high] }),
          ),
        ),
        field(
          t("high"),
          figure(high, 0, 0.05, (value) =>
            change({ height: [now().height?.[0] ?? low, value ?? 0] }),
          ),
        ),
      ),
    );
  }
  const unit = place.units === "metres" ? t("metres") : "px";
  return h(
    "form",
    { class: "place-form", onsubmit: (event: Event) => event.preventDefault() },
    fields,
    h(
      "details",
      {},
      h("summary", {}, t("settings")),
      h("p", { class: "muted" }, t("margin_explained")),
      h(
        "div",
        { class: "two" },
        field(
          t("settle"),
          figure(place.settle, USUAL_SETTLE[place.kind], 0.1, (settle) => change({ settle })),
        ),
        field(
          t("margin", { unit }),
          figure(place.margin, usualMargin(place), place.units === "metres" ? 0.05 : 1, (margin) =>
            change({ margin }),
          ),
        ),
      ),
    ),
    h(
      "button",
      { type: "button", class: "button danger", onclick: () => draft.remove(uid) },
      icon("bin", 18),
      t("delete_place"),
    ),
  );
}
