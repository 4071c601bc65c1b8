import { h } from "./dom";
import { t } from "./i18n";

const keys = (...names: string[]) =>
  names.flatMap((name, i) => [i > 0 ? " " : "", h("kbd", {}, name)]);

export function showHelp(): void {
  const dialog = h(
    "dialog",
    { class: "help", "aria-label": t("shortcuts"), onclose: () => dialog.remove() },
    h("h2", {}, t("shortcuts")),
    h(
      "dl",
      {},
      [
        [keys("1", "…", "6"), t("key_views")],
        [keys("T"), t("key_theme")],
        [keys("L"), t("key_language")],
        [keys("?"), t("key_help")],
        [keys("Ctrl Z", "Ctrl Y"), t("key_undo")],
        [keys("Ctrl S"), t("key_save")],
        [[...keys(t("arrows")), " ", ...keys("Del")], t("key_corner")],
      ].map(([key, text]) => h("div", {}, h("dt", {}, key), h("dd", {}, text))),
    ),
    h("form", { method: "dialog" }, h("button", { class: "button primary" }, t("close"))),
  );
  document.body.append(dialog);
  dialog.showModal();
}
