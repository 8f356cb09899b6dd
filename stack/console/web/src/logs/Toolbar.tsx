/** Above the lines: search, range, levels, how they are shown, and the filters that are on. */

import { useState } from "preact/hooks";

import { go, place } from "../location";
import { density, shownTime, wrap, zone } from "../settings";
import { LEVELS } from "./model";
import { MANY, permalink, RANGES, showRange, spanOf, TYPED, type View } from "./view";

interface Properties {
  view: View;
  span: [number, number];
  follow: boolean;
  pause: (follow: boolean) => void;
  search: { current: HTMLInputElement | null };
  openExport: () => void;
  openKeys: () => void;
}

export function Toolbar({ view, span, follow, pause, search, openExport, openKeys }: Properties) {
  const at = place.value;
  const levels = at.getAll("level");
  return (
    <div class="toolbar">
      <SearchBox input={search} />
      <label>Range{" "}
        <select value={view.live ? at.get("range") ?? "1h" : "absolute"} onChange={(event) => go({ range: event.currentTarget.value, start: "", end: "", line: "" })}>
          {Object.entries(RANGES).map(([value, name]) => <option key={value} value={value}>{name}, live</option>)}
          {!view.live && <option value="absolute">{shownTime(span[0] * 1000).slice(0, 19)} – {shownTime(span[1] * 1000, false).slice(0, 8)}</option>}
        </select>
      </label>
      <AbsoluteRange span={span} />
      <fieldset class="levels">
        <legend>Levels</legend>
        {LEVELS.map((level) => (
          <label key={level} class={`${level} ${levels.includes(level) ? "on" : ""}`}>
            <input type="checkbox" checked={levels.includes(level)} onChange={() => go({ level: levels.includes(level) ? levels.filter((each) => each !== level) : [...levels, level] })} />
            {level}
          </label>
        ))}
      </fieldset>
      <span class="switches">
        {view.live && <button type="button" class={follow ? "primary" : ""} onClick={() => pause(!follow)}>{follow ? "Pause" : "Follow"}</button>}
        <button type="button" aria-pressed={wrap.value === "on"} onClick={() => (wrap.value = wrap.value === "on" ? "off" : "on")}>Wrap</button>
        <button type="button" aria-pressed={density.value === "compact"} onClick={() => (density.value = density.value === "compact" ? "normal" : "compact")}>Compact</button>
        <button type="button" title="Change the time zone" onClick={() => (zone.value = zone.value === "utc" ? "local" : "utc")}>{zone.value === "utc" ? "UTC" : "Local time"}</button>
        <LinkToView />
        <button type="button" onClick={openExport}>Export</button>
        <button type="button" aria-label="Keys" onClick={openKeys}>?</button>
      </span>
      <Chips />
    </div>
  );
}

function LinkToView() {
  const [done, setDone] = useState(false);
  const copy = () => void navigator.clipboard?.writeText(permalink(place.value)).then(() => { setDone(true); setTimeout(() => setDone(false), 1500); });
  return <button type="button" title="Copy a link that shows this range tomorrow too" onClick={copy}>{done ? "Copied" : "Link"}</button>;
}

function Chips() {
  const at = place.value;
  const chips: [string, () => void][] = MANY.flatMap(([part, , words]) => at.getAll(part).map((text): [string, () => void] => [`${words} ${part.endsWith("field") ? text : `“${text}”`}`, () => go({ [part]: at.getAll(part).filter((each) => each !== text) })]));
  const instance = at.get("instance");
  if (instance) chips.push([`instance ${instance}`, () => go({ instance: "" })]);
  if (!chips.length) return null;
  return <div class="chips" role="group" aria-label="Filters that are on">{chips.map(([text, remove]) => <button key={text} type="button" title="Remove this filter" onClick={remove}>{text} ×</button>)}</div>;
}

function SearchBox({ input }: { input: Properties["search"] }) {
  const [mode, setMode] = useState<string>("has");
  return (
    <form class="search" role="search" onSubmit={(event) => {
      event.preventDefault();
      const text = input.current?.value ?? "";
      if (!text) return;
      go({ [mode]: [...new Set([...place.value.getAll(mode), text])] });
      input.current!.value = "";
    }}>
      <select aria-label="How to search" value={mode} onChange={(event) => setMode(event.currentTarget.value)}>
        {TYPED.map(([part, , words]) => <option key={part} value={part}>{words}</option>)}
      </select>
      <input ref={input} type="search" placeholder="Search in the whole range ( / )" aria-label="Search text" maxLength={1000} />
    </form>
  );
}

function AbsoluteRange({ span }: { span: [number, number] }) {
  const [shown, setShown] = useState(false);
  const [wrong, setWrong] = useState("");
  if (!shown) return <button type="button" onClick={() => setShown(true)}>From – to</button>;
  return (
    <form class="absolute" onSubmit={(event) => {
      event.preventDefault();
      const data = new FormData(event.currentTarget);
      const [start, end] = ["start", "end"].map((name) => Date.parse(String(data.get(name)) + (zone.value === "utc" ? "Z" : "")) / 1000) as [number, number];
      if (!(start < end)) return setWrong("The first time must be before the second.");
      if (end - start > 31 * 86400) return setWrong("At most 31 days at once.");
      setWrong("");
      showRange(start, end);
      setShown(false);
    }}>
      <input name="start" type="datetime-local" step="1" required aria-label="From" defaultValue={field(span[0])} />
      <input name="end" type="datetime-local" step="1" required aria-label="To" defaultValue={field(span[1])} />
      <button type="submit">Show</button>
      {wrong && <span role="alert" class="level error">{wrong}</span>}
    </form>
  );
}

function field(seconds: number): string {
  return shownTime(Math.floor(seconds) * 1000).slice(0, 19).replace(" ", "T");
}

/** Three times as long, around the same middle. */
export function zoomOut(at: URLSearchParams): void {
  const [start, end] = spanOf(at);
  const length = Math.min(end - start, 10 * 86400);
  showRange(start - length, Math.min(end + length, Date.now() / 1000));
}
