/** Dashboards: Grafana's own on this address where it runs, else the same panels drawn here. */

import { useEffect, useState } from "preact/hooks";

import { get, who } from "../api";
import { Panel, type PanelInfo } from "../dashboards/Panel";
import { choices, SECONDS, type Values, type Variable } from "../dashboards/variables";
import { go, place } from "../location";
import { Empty, Notice, useLoaded } from "../parts/bits";

interface Board { uid: string; title: string; folder: string; description: string; path: string; since: string; variables: Variable[]; panels: PanelInfo[] }

export function Dashboards() {
  const boards = useLoaded((abort) => get<{ dashboards: Board[]; next: string | null }>("/metrics/dashboards", { limit: 5000 }, abort), []);
  const chosen = boards.value?.dashboards.find((each) => each.uid === place.value.get("board"));
  // Grafana cannot narrow its answers to a part of the platform, so that the gateway lets those accounts in only that see all.
  const embedded = !!chosen?.path && !!who.value?.scopes.some((each) => each.systems.includes("*"));
  return (
    <main class="dashboards">
      <header><h1>Dashboards</h1>
        <label>Dashboard <select value={chosen?.uid ?? ""} onChange={(event) => go({ board: event.currentTarget.value })}>
          <option value="">choose…</option>
          {boards.value?.dashboards.map((each) => <option key={each.uid} value={each.uid}>{each.folder ? `${each.folder} / ` : ""}{each.title}</option>)}
        </select></label>
        {embedded && <a class="button" href={chosen.path}>Open in Grafana</a>}
      </header>
      {boards.error && <Notice kind="error">{boards.error}</Notice>}
      {boards.value && !boards.value.dashboards.length && <Empty>This stack has no dashboards.</Empty>}
      {boards.value?.next && <Notice kind="warning">There are more than {boards.value.dashboards.length.toLocaleString("en")} dashboards; the others are left out.</Notice>}
      {!chosen && <ul class="boards">{boards.value?.dashboards.map((each) => <li key={each.uid}><button type="button" class="link" onClick={() => go({ board: each.uid })}>{each.title}</button><p>{each.description}</p></li>)}</ul>}
      {chosen && embedded && <iframe title={chosen.title} src={`${chosen.path}?kiosk`} />}
      {chosen && !embedded && <Drawn key={chosen.uid} board={chosen} />}
    </main>
  );
}

function Drawn({ board }: { board: Board }) {
  const at = place.value;
  const since = SECONDS[at.get("since") ?? ""] ? at.get("since")! : SECONDS[board.since] ? board.since : "1h";
  const values: Values = Object.fromEntries(board.variables.map((each) => [each.name, at.get(`var-${each.name}`) ?? ""]));
  const probe = useLoaded((abort) => get("/metrics/query", { query: "vector(1)" }, abort), []);
  const sections = [...new Set(board.panels.map((each) => each.section))];
  return (
    <>
      <p class="notice" role="status">{board.path ? "Grafana is for accounts that see everything: these panels are drawn by the console itself." : "There is no Grafana in this stack: these panels are drawn by the console itself, from the same queries."}</p>
      <div class="fields variables">
        <label>Range<select value={since} onChange={(event) => go({ since: event.currentTarget.value })}>{Object.keys(SECONDS).map((each) => <option key={each} value={each}>last {each}</option>)}</select></label>
        {board.variables.map((each) => <Choice key={each.name} variable={each} board={board} values={values} />)}
      </div>
      {probe.error && probe.error.includes("no Prometheus") ? <Notice kind="warning">{probe.error} On this machine <code>make servers</code> builds it.</Notice> : sections.map((section) => (
        <section key={section}>
          {section && <h2>{section}</h2>}
          {[true, false].map((numbers) => {
            const panels = board.panels.filter((each) => each.section === section && (each.type === "stat") === numbers);
            return !!panels.length && <div key={String(numbers)} class={`panels ${numbers ? "numbers" : ""}`}>{panels.map((panel, index) => <Panel key={index} panel={panel} variables={board.variables} values={values} since={since} />)}</div>;
          })}
        </section>
      ))}
    </>
  );
}

function Choice({ variable, board, values }: { variable: Variable; board: Board; values: Values }) {
  const [offered, setOffered] = useState<string[]>([]);
  const others = JSON.stringify({ ...values, [variable.name]: "" });
  useEffect(() => {
    const abort = new AbortController();
    // What is chosen for the variable itself must not narrow its own choices.
    choices(variable, board.variables, { ...values, [variable.name]: "" }, abort.signal).then(setOffered).catch(() => setOffered([]));
    return () => abort.abort();
  }, [variable.name, others]);
  const value = values[variable.name] ?? "", name = `var-${variable.name}`;
  if (variable.kind === "textbox") return <label>{variable.label}<input value={value || variable.value} onChange={(event) => go({ [name]: event.currentTarget.value })} /></label>;
  return <label>{variable.label}<select value={value} onChange={(event) => go({ [name]: event.currentTarget.value })}><option value="">All</option>{[...new Set([...offered, ...(value ? [value] : [])])].map((each) => <option key={each}>{each}</option>)}</select></label>;
}
