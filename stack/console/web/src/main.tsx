/** The console's pages around the address. */

import { render } from "preact";
import { useEffect } from "preact/hooks";

import { call, get, may, who, type Who } from "./api";
import { open, place } from "./location";
import { Alerts } from "./pages/Alerts";
import { Audit, Overview, Tokens, Users } from "./pages/Admin";
import { Containers } from "./pages/Containers";
import { Dashboards } from "./pages/Dashboards";
import { Logs } from "./pages/Logs";
import { SignIn } from "./pages/SignIn";
import { TerminalPage, findTerminal, terminal } from "./pages/Terminal";
import { theme } from "./settings";
import "./style.css";

const PAGES = {
  logs: { title: "Logs", page: Logs, role: "viewer" },
  dashboards: { title: "Dashboards", page: Dashboards, role: "viewer" },
  containers: { title: "Containers", page: Containers, role: "viewer" },
  alerts: { title: "Alerts", page: Alerts, role: "viewer" },
  stack: { title: "Stack", page: Overview, role: "viewer" },
  tokens: { title: "Tokens", page: Tokens, role: "viewer" },
  users: { title: "Users", page: Users, role: "admin" },
  audit: { title: "Audit", page: Audit, role: "admin" },
  terminal: { title: "Terminal", page: TerminalPage, role: "admin" },
} as const;

function App() {
  useEffect(() => {
    get<Who>("/session").then((signedIn) => (who.value = signedIn)).catch(() => (who.value = null));
  }, []);
  useEffect(() => {
    terminal.value = false;
    if (may("admin")) void findTerminal();
  }, [who.value]);
  useEffect(() => {
    // On a narrow screen the pages are in a row that is longer than the screen.
    document.querySelector(".top nav a[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [place.value.get("page"), who.value, terminal.value]);
  if (who.value === undefined) return null;
  if (who.value === null) return <SignIn />;
  const name = (place.value.get("page") ?? "logs") as keyof typeof PAGES;
  const shown = PAGES[name] && may(PAGES[name].role) ? name : "logs";
  const { page: Page, title } = PAGES[shown];
  document.title = `${title} · Observability console`;
  const next = { system: "light", light: "dark", dark: "system" } as const;
  const signOut = () => void call("DELETE", "/session").finally(() => (who.value = null));
  return (
    <>
      <a class="skip" href="#content">Skip to the content</a>
      <header class="top">
        <strong>Observability</strong>
        <nav aria-label="Pages">
          {Object.entries(PAGES).filter(([key, each]) => may(each.role) && (key !== "terminal" || terminal.value)).map(([key, each]) => (
            <a key={key} href={`?page=${key}`} aria-current={key === shown ? "page" : undefined} onClick={(event) => { if (event.ctrlKey || event.metaKey || event.shiftKey) return; event.preventDefault(); open(key); }}>{each.title}</a>
          ))}
        </nav>
        <span class="account">
          <button type="button" class="quiet" title="Change the theme" onClick={() => (theme.value = next[theme.value])}>{theme.value === "system" ? "Auto" : theme.value === "light" ? "Light" : "Dark"}</button>
          <span>{who.value.account}</span>
          <button type="button" class="quiet" onClick={signOut}>Sign out</button>
        </span>
      </header>
      <div id="content" class={`page-${shown}`}><Page /></div>
    </>
  );
}

render(<App />, document.getElementById("app")!);
