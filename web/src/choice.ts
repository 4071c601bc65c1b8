import { h } from "./dom";

/** A row of buttons of which one is on. */
export function choice<T extends string>(
  label: string,
  options: readonly (readonly [T, string])[],
  chosen: T,
  onChoose: (value: T) => void,
): HTMLElement {
  const buttons = options.map(([value, text]) =>
    h(
      "button",
      {
        type: "button",
        "aria-pressed": String(value === chosen),
        "data-value": value,
        onclick: () => {
          for (const button of buttons) {
            button.setAttribute("aria-pressed", String(button.dataset.value === value));
          }
          onChoose(value);
        },
      },
      text,
    ),
  );
  return h("div", { class: "choice", role: "group", "aria-label": label }, buttons);
}

export function toggle(
  text: string,
  on: boolean,
  onChange: (on: boolean) => void,
  id?: string,
): HTMLElement {
  const box = h("input", {
    type: "checkbox",
    checked: on,
    id,
    onchange: () => onChange(box.checked),
  });
  return h("label", { class: "toggle" }, box, h("span", {}, text));
}
