/** The log viewer: live tail and history of one or several services, everything in the address. */

import { useEffect, useRef, useState } from "preact/hooks";

import { get } from "../api";
import { go, place } from "../location";
import { Export, Keys } from "../logs/dialogs";
import { Drawer } from "../logs/Drawer";
import { Histogram, type Volume } from "../logs/Histogram";
import { List } from "../logs/List";
import type { Line } from "../logs/model";
import { Toolbar, zoomOut } from "../logs/Toolbar";
import { useLines } from "../logs/useLines";
import { permalink, showRange, spanOf, stamp, viewOf } from "../logs/view";
import { Empty, Notice, useLoaded } from "../parts/bits";
import { ago, density, wrap, zone } from "../settings";

interface LogService { service: string; system: string; instances: string[]; lines: number; errors: number; last: string | null }

export function Logs() {
  const services = place.value.getAll("service");
  const [open, setOpen] = useState(!services.length);
  const listed = useLoaded((abort) => get<{ services: LogService[]; next: string | null; simulated: boolean }>("/logs/services", { since: "24h" }, abort), [], 30_000);
  return (
    <div class="logs">
      <nav class={`services ${open ? "open" : ""}`} aria-label="Services">
        <h2>Services</h2>
        <button type="button" class="unfold" aria-expanded={open} onClick={() => setOpen(!open)}>{services.length ? `Services: ${services.join(", ")}` : "Choose services"}</button>
        {listed.error && <Notice kind="error">{listed.error}</Notice>}
        {listed.value?.simulated && <Notice kind="warning">There is no Loki on this machine: these lines come from a stand-in.</Notice>}
        {listed.value?.next && <Notice kind="warning">The first {listed.value.services.length.toLocaleString("en")} services; the others are left out.</Notice>}
        {listed.value && !listed.value.services.length && <Empty>No service has logged within 24 hours, or none that this account may see.</Empty>}
        <ul>
          {listed.value?.services.map((each) => (
            <li key={`${each.system}/${each.service}`}>
              <label class={services.includes(each.service) ? "chosen" : ""}>
                <input type="checkbox" checked={services.includes(each.service)} onChange={() => go({ service: services.includes(each.service) ? services.filter((name) => name !== each.service) : [...services, each.service], line: "" })} />
                <span class="name">{each.service}</span>
                <span class="count" title={`${each.lines.toLocaleString("en")} lines in 24 hours, the last ${ago(each.last)}`}>{short(each.lines)}</span>
                {each.errors > 0 && <span class="errors" title={`${each.errors.toLocaleString("en")} errors in 24 hours`}>{short(each.errors)} err</span>}
              </label>
            </li>
          ))}
        </ul>
      </nav>
      {services.length ? <Viewer key={services.join("\0")} /> : <main class="viewer"><h1 class="hidden">Logs</h1><Empty>Choose a service to see its lines; choose several to see them merged.</Empty></main>}
    </div>
  );
}

function short(count: number): string {
  return count < 1000 ? String(count) : count < 1e6 ? `${(count / 1e3).toFixed(count < 1e4 ? 1 : 0)}k` : `${(count / 1e6).toFixed(1)}M`;
}

function Viewer() {
  const at = place.value;
  const view = viewOf(at);
  const [follow, setFollow] = useState(view.live && !view.selected);
  const following = useRef(follow);
  following.current = follow;
  const loaded = useLines(view, following);
  const search = useRef<HTMLInputElement>(null);
  const [dialog, setDialog] = useState<"" | "keys" | "export">("");
  const { lines } = loaded;

  const volume = useLoaded(
    (abort) => {
      const [start, end] = spanOf(place.value);
      return get<Volume>(`${view.path}/volume`, { ...view.parameters, start: stamp(start), end: stamp(end) }, abort).then((value) => ({ value, start, end }));
    },
    [view.key],
    view.live ? 15_000 : 0,
  );
  const span: [number, number] = volume.value ? [volume.value.start, volume.value.end] : spanOf(at);

  const pause = (on: boolean) => {
    setFollow(on && view.live);
    if (on) loaded.read();
  };
  const select = (line: Line | undefined) => {
    if (!line) return;
    setFollow(false);
    go({ line: line.id === view.selected ? "" : line.id }, true);
  };
  const step = (by: number) => {
    const now = lines.indexOf(view.selected);
    const next = lines.at(now < 0 ? lines.length - 1 : now + by);
    if (next) select(next);
    else loaded.more(by > 0 ? "newer" : "older");
  };
  const other = (index: number) => lines.at(index)?.id !== view.selected && select(lines.at(index));

  useEffect(() => {
    const act: Record<string, () => void> = {
      "/": () => search.current?.focus(),
      j: () => step(1), ArrowDown: () => step(1),
      k: () => step(-1), ArrowUp: () => step(-1),
      g: () => other(0), G: () => other(lines.length - 1),
      f: () => pause(!following.current),
      w: () => (wrap.value = wrap.value === "on" ? "off" : "on"),
      d: () => (density.value = density.value === "compact" ? "normal" : "compact"),
      z: () => (zone.value = zone.value === "utc" ? "local" : "utc"),
      e: () => setDialog("export"),
      Escape: () => go({ line: "" }, true),
      "?": () => setDialog("keys"),
    };
    const pressed = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (dialog) return;
      if (event.ctrlKey || event.metaKey || event.altKey || (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && (target as HTMLInputElement).type !== "checkbox")) {
        if (event.key === "Escape") target.blur();
        return;
      }
      const doing = act[event.key];
      if (doing) {
        event.preventDefault();
        doing();
      }
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  });

  const chosen = view.selected ? lines.get(view.selected) : undefined;
  const newest = loaded.info?.newest;
  return (
    <main class="viewer" aria-label={`Lines of ${view.services.join(", ")}`}>
      <h1 class="hidden">Logs of {view.services.join(", ")}</h1>
      <Toolbar view={view} span={span} follow={follow} pause={pause} search={search} openExport={() => setDialog("export")} openKeys={() => setDialog("keys")} />
      {volume.value && <Histogram volume={volume.value.value} start={span[0]} end={span[1]} zoom={showRange} zoomOut={() => zoomOut(place.value)} />}
      {(loaded.error || volume.error) && <Notice kind="error">{loaded.error || volume.error}</Notice>}
      {loaded.info && <Notice>{loaded.info.text} {newest && <button type="button" class="link" onClick={() => showRange(Number(BigInt(newest) / 1_000_000_000n) - 3599, Number(BigInt(newest) / 1_000_000_000n) + 1)}>Show the hour before it</button>}</Notice>}
      {loaded.state && <Notice kind="warning">{loaded.state}</Notice>}
      {loaded.dropped > 0 && <Notice kind="warning">{loaded.dropped.toLocaleString("en")} lines were left out of the live view because they came faster than they could be sent. They are stored: load the range again to see them.</Notice>}
      <div class="body">
        <div class="pane">
          <List lines={lines} version={loaded.version} follow={follow} setFollow={pause} selected={view.selected} select={select} marks={view.marks} many={view.services.length > 1} more={loaded.more} />
          {!follow && loaded.fresh > 0 && <button type="button" class="fresh primary" onClick={() => pause(true)}>{loaded.fresh.toLocaleString("en")} new ↓</button>}
        </div>
        {chosen && <Drawer key={chosen.id} line={chosen} close={() => go({ line: "" }, true)} permalink={permalink(at, chosen)} />}
      </div>
      <p class="status">{lines.length.toLocaleString("en")} lines{lines.removed ? `, ${lines.removed.toLocaleString("en")} older ones left the view` : ""}{loaded.hasOlder ? "; scroll up for older ones" : ""}{loaded.hasNewer ? "; scroll down for newer ones" : ""}</p>
      {dialog === "keys" && <Keys close={() => setDialog("")} />}
      {dialog === "export" && <Export close={() => setDialog("")} path={view.path} parameters={{ ...view.parameters, start: stamp(spanOf(at)[0]), end: stamp(spanOf(at)[1]) }} />}
    </main>
  );
}
