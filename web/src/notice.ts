import { ApiError } from "./api";
import { h } from "./dom";
import { t } from "./i18n";

const SHOWN_MS = 5000;

function corner(): HTMLElement {
  const there = document.querySelector<HTMLElement>(".notices");
  if (there) return there;
  const made = h("div", { class: "notices", role: "status", "aria-live": "polite" });
  document.body.append(made);
  return made;
}

export function notice(text: string, kind: "good" | "bad" = "good"): void {
  const one = h("div", { class: `notice ${kind}` }, text);
  corner().append(one);
  window.setTimeout(() => one.remove(), SHOWN_MS);
}

export function sentenceOfError(error: unknown): string {
  if (error instanceof ApiError) {
    return error.status === 0 ? t("unreachable") : t("failed", { why: error.message });
  }
  return t("failed", { why: String(error) });
}
