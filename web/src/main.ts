import { currentSession, loadSession, logout, mayEdit, whenLoginIsNeeded } from "./api";
import { h, put, putText } from "./dom";
import { reachable, startFeed, stopFeed } from "./feed";
import { showHelp } from "./help";
import { currentLanguage, type Key, setLanguage, t } from "./i18n";
import { type IconName, icon, logo } from "./icons";
import { notice, sentenceOfError } from "./notice";
import { currentTheme, nextTheme, onTheme, startTheme } from "./theme";
import type { View } from "./view";
import { calibrateView } from "./views/calibrate";
import { cameraView } from "./views/camera";
import { chartsView } from "./views/charts";
import { eventsView } from "./views/events";
import { floorView } from "./views/floor";
import { healthView } from "./views/health";
import { liveView } from "./views/live";
import { loginView } from "./views/login";
import { placesView } from "./views/places";

const VIEWS = ["live", "floor", "charts", "events", "places", "health"] as const;
const RETRY_MS = 3000;

let view: View | null = null;
let shell: { content: HTMLElement; title: HTMLElement; links: HTMLElement[] } | null = null;
let shownHash = location.hash;
let returning = false;
let endAway: () => void = () => {};

function makeView(name: string, argument: string, parameters: URLSearchParams): View | null {
  switch (name) {
    case "live":
      return argument ? cameraView(argument) : liveView();
    case "floor":
      return floorView();
    case "charts":
      return chartsView();
    case "events":
      return eventsView(parameters);
    case "places":
      return placesView(argument);
    case "calibrate":
      return mayEdit() ? calibrateView(argument) : null;
    case "health":
      return healthView();
    default:
      return null;
  }
}

function route(): void {
  if (!shell) return;
  const [path, search] = (location.hash.replace(/^#\//, "") || "live").split("?");
  const [name, argument = ""] = path.split("/").map(decodeURIComponent);
  view?.close?.();
  view = makeView(name, argument, new URLSearchParams(search));
  const tab = name === "calibrate" ? "places" : name;
  for (const link of shell.links) {
    if (link.dataset.view === tab) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const title = (VIEWS as readonly string[]).includes(tab) ? t(tab as Key) : "Tenjo";
  putText(shell.title, title);
  document.title = `${title} · ${currentSession().name} · Tenjo`;
  put(shell.content, view ? view.element : h("p", { class: "empty" }, t("nothing_here")));
  window.scrollTo(0, 0);
}

function onHash(): void {
  if (returning) {
    returning = false;
    return;
  }
  if (view?.unsaved?.() && !window.confirm(t("discard"))) {
    returning = true;
    location.hash = shownHash;
    return;
  }
  shownHash = location.hash;
  route();
}

function themeButton(): HTMLElement {
  const faces: Record<string, IconName> = { auto: "auto", light: "sun", dark: "moon" };
  const button = h("button", { class: "icon-button", onclick: nextTheme });
  const show = (): void => {
    const theme = currentTheme();
    put(button, icon(faces[theme]));
    button.setAttribute("aria-label", t(`theme_${theme}`));
    button.title = t(`theme_${theme}`);
  };
  show();
  onTheme(show);
  return button;
}

function switchLanguage(): void {
  if (view?.unsaved?.() && !window.confirm(t("discard"))) return;
  setLanguage(currentLanguage() === "ja" ? "en" : "ja");
  showShell();
}

function navigation(): HTMLElement[] {
  return VIEWS.map((name) =>
    h("a", { href: `#/${name}`, "data-view": name }, icon(name, 22), h("span", {}, t(name))),
  );
}

function showShell(): void {
  const session = currentSession();
  const links = navigation();
  const title = h("h1", { tabindex: -1 });
  const content = h("main", { id: "content", tabindex: -1 });
  const away = h("div", { class: "away", role: "alert", hidden: true }, t("unreachable"));
  view?.close?.();
  view = null;
  document.body.replaceChildren(
    h(
      "a",
      {
        class: "skip",
        href: "#content",
        onclick: (event: Event) => {
          event.preventDefault();
          content.focus();
        },
      },
      t("skip"),
    ),
    h(
      "nav",
      { class: "sidebar", "aria-label": t("views") },
      h(
        "a",
        { class: "brand", href: "#/live" },
        logo(),
        h("span", {}, "Tenjo", h("small", {}, session.name)),
      ),
      h("div", { class: "links" }, links),
      h(
        "div",
        { class: "whoami" },
        session.user &&
          h(
            "span",
            { title: session.role ? t(session.role) : null },
            session.user,
            h("small", {}, session.role ? t(session.role) : ""),
          ),
        session.login &&
          h(
            "button",
            {
              class: "icon-button",
              "aria-label": t("log_out"),
              title: t("log_out"),
              onclick: () => void leave(),
            },
            icon("out"),
          ),
      ),
    ),
    h(
      "div",
      { class: "page" },
      h(
        "header",
        { class: "top" },
        title,
        h("span", { class: "spring" }),
        h(
          "button",
          {
            class: "text-button",
            lang: currentLanguage() === "ja" ? "en" : "ja",
            onclick: switchLanguage,
          },
          t("language"),
        ),
        themeButton(),
        h(
          "button",
          {
            class: "icon-button wide",
            "aria-label": t("shortcuts"),
            title: t("shortcuts"),
            onclick: showHelp,
          },
          icon("help"),
        ),
        session.login &&
          h(
            "button",
            {
              class: "icon-button narrow",
              "aria-label": t("log_out"),
              onclick: () => void leave(),
            },
            icon("out"),
          ),
      ),
      away,
      content,
    ),
  );
  endAway();
  endAway = reachable.on((yes) => {
    away.hidden = yes;
  });
  shell = { content, title, links };
  route();
}

async function leave(): Promise<void> {
  if (view?.unsaved?.() && !window.confirm(t("discard"))) return;
  try {
    await logout();
    showLogin();
  } catch (error) {
    notice(sentenceOfError(error), "bad");
  }
}

function showLogin(): void {
  stopFeed();
  view?.close?.();
  view = null;
  shell = null;
  const login = loginView(currentSession().name, () => void begin());
  document.title = `${t("login_title")} · ${currentSession().name} · Tenjo`;
  document.body.replaceChildren(login.element);
  login.element.querySelector("input")?.focus();
}

async function begin(): Promise<void> {
  try {
    await loadSession();
  } catch (error) {
    document.body.replaceChildren(h("p", { class: "empty" }, sentenceOfError(error)));
    window.setTimeout(() => void begin(), RETRY_MS);
    return;
  }
  if (currentSession().role === null) {
    showLogin();
    return;
  }
  await startFeed(); // with a first state, so that views begin with one
  if (currentSession().role !== null) showShell();
}

function onKey(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey || !shell) return;
  if (target.closest("input, select, textarea, dialog, [contenteditable]")) return;
  const index = Number(event.key) - 1;
  if (VIEWS[index]) location.hash = `#/${VIEWS[index]}`;
  else if (event.key === "t") nextTheme();
  else if (event.key === "l") switchLanguage();
  else if (event.key === "?") showHelp();
}

window.addEventListener("hashchange", onHash);
window.addEventListener("keydown", onKey);
window.addEventListener("beforeunload", (event) => {
  if (view?.unsaved?.()) event.preventDefault();
});
whenLoginIsNeeded(() => void loadSession().then(showLogin, showLogin));
startTheme();
setLanguage(currentLanguage());
void begin();
