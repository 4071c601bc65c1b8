import { ApiError, login } from "../api";
import { h, putText } from "../dom";
import { t } from "../i18n";
import { logo } from "../icons";
import { sentenceOfError } from "../notice";
import type { View } from "../view";

export function loginView(site: string, onDone: () => void): View {
  const user = h("input", {
    id: "user",
    name: "username",
    autocomplete: "username",
    required: true,
    autocapitalize: "none",
  });
  const password = h("input", {
    id: "password",
    name: "password",
    type: "password",
    autocomplete: "current-password",
    required: true,
  });
  const message = h("p", { class: "why", role: "alert" });
  const button = h("button", { class: "button primary", type: "submit" }, t("log_in"));

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    button.disabled = true;
    putText(message, "");
    try {
      await login(user.value, password.value);
      onDone();
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) putText(message, t("login_wrong"));
      else if (error instanceof ApiError && error.status === 429)
        putText(message, t("login_slow", { n: error.retryAfter_s || 1 }));
      else putText(message, sentenceOfError(error));
      password.select();
    }
    button.disabled = false;
  };

  return {
    element: h(
      "main",
      { class: "login" },
      h(
        "form",
        { class: "card", onsubmit: (event: Event) => void submit(event) },
        logo(),
        h("h1", {}, site),
        h("p", { class: "muted" }, t("login_hint")),
        h("label", { class: "field" }, h("span", {}, t("user")), user),
        h("label", { class: "field" }, h("span", {}, t("password")), password),
        message,
        button,
      ),
    ),
  };
}
