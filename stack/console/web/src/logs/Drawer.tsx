/** One line in full: its fields, each of which becomes a filter by a click, and what was written around it. */

import { useState } from "preact/hooks";

import { get } from "../api";
import { go, place } from "../location";
import { Copy, Empty, Notice, useLoaded } from "../parts/bits";
import { shownTime } from "../settings";
import { Text } from "./ansi";
import { read, written, type Line } from "./model";

type Filter = (without: boolean) => void;

export function Drawer({ line, close, permalink }: { line: Line; close: () => void; permalink: string }) {
  const { json } = read(line);
  const [around, setAround] = useState(false);
  return (
    <aside class="drawer" aria-label="Line">
      <header>
        <span class={`level ${line.level}`}>{line.level}</span>
        <strong>{line.service}</strong>
        <button type="button" class="quiet" aria-label="Close" onClick={close}>×</button>
      </header>
      <p class="when">{shownTime(line.time)}</p>
      <div class="actions">
        <Copy text={line.line} label="Copy line" />
        <Copy text={permalink} label="Copy link" />
        <button type="button" class="quiet" onClick={() => setAround(!around)} aria-expanded={around}>Lines around it</button>
      </div>
      {around && <Around line={line} />}
      <h3>Labels</h3>
      <dl>
        {Object.entries({ ...line.labels, ...line.metadata }).map(([name, value]) => (
          <Field key={name} name={name} value={value} filter={(without) => byLabel(name, value, without)} />
        ))}
      </dl>
      <h3>{json === undefined ? "Text" : "Fields"}</h3>
      {json === undefined ? <pre><Text text={line.line} marks={place.value.getAll("has")} /></pre> : <dl><Fields value={json} path="" name="" line={line.line} /></dl>}
    </aside>
  );
}

/** Several values of one filter, without doubles. */
function also(part: string, text: string): void {
  go({ [part]: [...new Set([...place.value.getAll(part), text])], line: "" });
}

function byLabel(name: string, value: string, without: boolean): void {
  if (without) also("nfield", `${name}=${value}`);
  else if (name === "level") go({ level: [value], line: "" });
  else if (name === "service") go({ service: [value], line: "" });
  else if (name === "instance") go({ instance: value, line: "" });
  else also("field", `${name}=${value}`);
}

function Fields({ value, path, name, line }: { value: unknown; path: string; name: string; line: string }) {
  if (value === null || typeof value !== "object")
    return <Field name={path} value={String(value)} filter={(without) => also(without ? "not" : "has", written(line, name, value))} />;
  return (
    <>
      {Object.entries(value).map(([key, each]) => (
        <Fields key={key} value={each} path={path ? `${path}.${key}` : key} name={Array.isArray(value) ? "" : key} line={line} />
      ))}
    </>
  );
}

function Field({ name, value, filter }: { name: string; value: string; filter: Filter }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <button type="button" class="value" title="Show only lines with this" onClick={() => filter(false)}>{value === "" ? "(empty)" : value}</button>
      </dd>
      <dd class="without"><button type="button" class="quiet" aria-label={`Leave out lines with this ${name}`} title="Leave out lines with this" onClick={() => filter(true)}>≠</button></dd>
    </div>
  );
}

function Around({ line }: { line: Line }) {
  const [count, setCount] = useState(15);
  const loaded = useLoaded(
    (abort) => get<{ before: Line[]; after: Line[]; more_before: boolean; more_after: boolean }>(`/logs/${encodeURIComponent(line.service)}/context`, { line: line.id, instance: line.instance, limit: count }, abort),
    [line.id, count],
  );
  if (loaded.error) return <Notice kind="error">{loaded.error}</Notice>;
  if (!loaded.value) return <Empty>Loading…</Empty>;
  return (
    <>
      <pre class="around" tabIndex={0} role="region" aria-label="Lines around it">
        {[...loaded.value.before, line, ...loaded.value.after].map((each) => (
          <div key={each.id} class={each.id === line.id ? "this" : ""}>{shownTime(each.time, false)} {each.level.padEnd(8)} <Text text={read(each).message} marks={[]} /></div>
        ))}
      </pre>
      {count < 240 && (loaded.value.more_before || loaded.value.more_after) && <button type="button" class="quiet" onClick={() => setCount(count * 4)}>More of them</button>}
    </>
  );
}
