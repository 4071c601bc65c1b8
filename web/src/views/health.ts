import { ApiError, type Camera, mayEdit, reload, type Sink, type State } from "../api";
import { h, put } from "../dom";
import { latestState, refreshState, states } from "../feed";
import { duration, type Key, number, t } from "../i18n";
import { icon } from "../icons";
import { notice, sentenceOfError } from "../notice";
import type { View } from "../view";

/** How cameras, sinks and the program itself are. */
export function healthView(): View {
  const body = h("div", { class: "health-body" });
  const problems = h("div", { class: "problems", role: "alert" });

  const readAgain = async (): Promise<void> => {
    put(problems);
    try {
      await reload();
      notice(t("reloaded"));
      await refreshState();
    } catch (error) {
      if (error instanceof ApiError && error.problems.length > 0) {
        put(
          problems,
          h(
            "div",
            { class: "banner bad" },
            h("strong", {}, t("config_problem")),
            h(
              "ul",
              {},
              error.problems.map((one) =>
                h(
                  "li",
                  {},
                  one.line ? `${t("line_n", { n: String(one.line) })}: ` : "",
                  one.message,
                ),
              ),
            ),
          ),
        );
      } else {
        notice(sentenceOfError(error), "bad");
      }
    }
  };

  const show = (state: State): void =>
    put(
      body,
      h(
        "section",
        { class: `banner ${state.healthy ? "good" : "bad"}` },
        h("i", { class: `lamp ${state.healthy ? "" : "off"}`, "aria-hidden": "true" }),
        h("strong", {}, t(state.healthy ? "all_well" : state.ready ? "not_well" : "starting")),
        h("span", { class: "muted" }, `${t("uptime")} ${duration(state.uptime)}`),
      ),
      state.config_problem && problem(t("config_problem"), state.config_problem),
      state.outbox_problem && problem(t("outbox_problem"), state.outbox_problem),
      h(
        "section",
        {},
        h("h2", {}, t("cameras")),
        h("div", { class: "tiles" }, state.cameras.map(cameraTile)),
      ),
      h(
        "section",
        {},
        h("h2", {}, t("sinks")),
        h("div", { class: "tiles" }, state.sinks.map(sinkTile)),
      ),
      h(
        "section",
        { class: "card pad" },
        h("h2", {}, t("processing")),
        stages(state.stages),
        h(
          "dl",
          { class: "facts" },
          fact(t("network"), state.ready ? (state.backend ?? "–") : t("network_loading")),
          fact(t("version"), state.version),
        ),
      ),
    );

  const state = latestState();
  if (state) show(state);
  const end = states.on(show);
  return {
    element: h(
      "div",
      { class: "health-view" },
      mayEdit() &&
        h(
          "div",
          { class: "bar" },
          h("span", { class: "spring" }),
          h(
            "button",
            { class: "button", onclick: () => void readAgain() },
            icon("reload"),
            t("reload_config"),
          ),
        ),
      problems,
      body,
    ),
    close: end,
  };
}

function problem(title: string, text: string): HTMLElement {
  return h("section", { class: "banner bad" }, h("strong", {}, title), h("span", {}, text));
}

function fact(name: string, value: string, hint = ""): HTMLElement {
  return h("div", { title: hint || null }, h("dt", {}, name), h("dd", {}, value));
}

function ms(seconds: number): string {
  return `${number(seconds * 1000)} ms`;
}

function cameraTile(camera: Camera): HTMLElement {
  return h(
    "article",
    { class: "card pad tile" },
    h(
      "h3",
      {},
      h("i", { class: `lamp ${camera.online ? "" : "off"}`, "aria-hidden": "true" }),
      camera.name,
      h("span", { class: "tag" }, t(camera.online ? "online" : "offline")),
    ),
    camera.problem && h("p", { class: "why" }, camera.problem),
    h(
      "dl",
      { class: "facts" },
      fact("fps", number(camera.fps, 1)),
      fact(t("frames"), number(camera.frames)),
      fact(t("latency"), `${ms(camera.latency_p50)} / ${ms(camera.latency_p95)}`),
      fact(t("dropped"), number(camera.dropped), t("dropped_hint")),
      fact(t("reconnects"), number(camera.reconnects)),
      fact(t("events"), number(camera.events)),
    ),
  );
}

function sinkTile(sink: Sink): HTMLElement {
  return h(
    "article",
    { class: "card pad tile" },
    h(
      "h3",
      {},
      h("i", { class: `lamp ${sink.ok ? "" : "off"}`, "aria-hidden": "true" }),
      sink.name,
      h("span", { class: "tag" }, sink.ok ? t("ok") : t("failures")),
    ),
    sink.problem && h("p", { class: "why" }, sink.problem),
    h(
      "dl",
      { class: "facts" },
      fact(t("delivered"), number(sink.delivered)),
      fact(t("waiting"), number(sink.waiting)),
      fact(t("failures"), number(sink.failures)),
      fact(t("lost_items"), number(sink.lost)),
    ),
  );
}

const STAGES = ["prepare", "infer", "decode", "analyze", "publish"];

function stages(seconds: Record<string, number>): HTMLElement {
  const total = Object.values(seconds).reduce((a, b) => a + b, 0) || 1;
  const names = Object.keys(seconds).sort((a, b) => STAGES.indexOf(a) - STAGES.indexOf(b));
  return h(
    "ul",
    { class: "shares" },
    names.map((name) => {
      const share = seconds[name] / total;
      const bar = h("i", { "aria-hidden": "true" });
      bar.style.width = `${100 * share}%`;
      const label = STAGES.includes(name) ? t(`stage_${name}` as Key) : name;
      return h(
        "li",
        {},
        h("span", {}, label),
        h("span", { class: "share" }, bar),
        h("b", {}, `${number(100 * share, 1)} %`),
      );
    }),
  );
}
