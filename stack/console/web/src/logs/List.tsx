/** The lines, drawn only where they are seen: 200,000 of them scroll as 50 do. */

import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from "@tanstack/virtual-core";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import { density, shownTime, wrap } from "../settings";
import { usePrinting } from "../parts/bits";
import { Text } from "./ansi";
import { brief, read, type Line, type Lines } from "./model";

interface Properties {
  lines: Lines;
  /** Grows with every change of `lines`. */
  version: number;
  follow: boolean;
  setFollow: (follow: boolean) => void;
  selected: string;
  select: (line: Line) => void;
  marks: readonly string[];
  many: boolean;
  more: (side: "older" | "newer") => void;
}

const ROW = { normal: 24, compact: 19 };
/** Lines on paper, around what is on the screen. */
const PRINTED = 500;

export function List({ lines, version, follow, setFollow, selected, select, marks, many, more }: Properties) {
  const scroller = useRef<HTMLDivElement>(null);
  const [, redraw] = useState(0);
  const height = ROW[density.value];
  const made = useRef<Virtualizer<HTMLDivElement, HTMLDivElement> | null>(null);
  const seen = useRef({ removed: lines.removed, first: "", top: 0, jumped: "" });
  const printing = usePrinting();
  const stable = useMemo(() => ({ getItemKey: (index: number) => lines.at(index)?.id ?? index, estimateSize: () => height }), [lines, height]);
  const options = {
    ...stable,
    count: lines.length,
    getScrollElement: () => scroller.current,
    overscan: 12,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => redraw((before) => before + 1),
  };
  made.current ??= new Virtualizer(options);
  const virtual = made.current;
  virtual.setOptions(options);

  useLayoutEffect(() => virtual._didMount(), []);
  useLayoutEffect(() => {
    virtual.measure();
  }, [height, wrap.value]);
  useLayoutEffect(() => virtual._willUpdate());

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const before = seen.current;
    if (follow) element.scrollTop = element.scrollHeight;
    else if (lines.removed !== before.removed) {
      // What is read stays where it is while older lines go.
      element.scrollTop -= (lines.removed - before.removed) * height;
    } else if (before.first && lines.at(0)?.id !== before.first) {
      const index = lines.indexOf(before.first);
      if (index > 0) element.scrollTop += index * height;
    }
    before.removed = lines.removed;
    before.first = lines.at(0)?.id ?? "";
  }, [version, follow]);

  // Once for each selected line, and as soon as it is there: a link may name a line that is still to come.
  const index = selected && selected !== seen.current.jumped ? lines.indexOf(selected) : -1;
  useEffect(() => {
    if (!selected) seen.current.jumped = "";
    if (index < 0 || follow) return;
    virtual.scrollToIndex(index, { align: seen.current.jumped ? "auto" : "center" });
    seen.current.jumped = selected;
  }, [selected, index]);

  const scrolled = () => {
    const element = scroller.current;
    if (!element) return;
    const left = element.scrollHeight - element.scrollTop - element.clientHeight;
    // Only a person scrolls up: lines that arrive move the end away, and the view follows them a moment later.
    if (follow && left >= height * 2 && element.scrollTop < seen.current.top - 2) setFollow(false);
    seen.current.top = element.scrollTop;
    if (element.scrollTop < height * 4) more("older");
    if (left < height * 4) more("newer");
  };

  const rows = virtual.getVirtualItems();
  const middle = rows[rows.length >> 1]?.index ?? 0;
  const printed = printing ? Array.from({ length: PRINTED }, (_, at) => lines.at(Math.max(0, Math.min(middle - PRINTED / 2, lines.length - PRINTED)) + at)) : [];
  return (
    <div ref={scroller} class={`lines ${wrap.value === "on" ? "wrapped" : ""} ${density.value}`} onWheel={(event) => event.deltaY < 0 && follow && setFollow(false)} onScroll={scrolled} tabIndex={0} role="log" aria-label="Log lines" aria-live="off">
      {printing ? printed.map((line) => line && <div key={line.id} class={`line ${line.level}`}><Row line={line} marks={marks} many={many} wrapped /></div>) : (
        <div class="height" style={{ height: `${virtual.getTotalSize()}px` }}>
          {rows.map((row) => {
            const line = lines.at(row.index);
            if (!line) return null;
            return (
              <div key={row.key} data-index={row.index} ref={wrap.value === "on" ? (element) => { if (element) virtual.measureElement(element); } : null}
                class={`line ${line.level} ${line.id === selected ? "selected" : ""}`} style={{ transform: `translateY(${row.start}px)`, [wrap.value === "on" ? "minHeight" : "height"]: `${height}px` }} onClick={() => select(line)}>
                <Row line={line} marks={marks} many={many} wrapped={wrap.value === "on"} />
              </div>
            );
          })}
        </div>
      )}
    </div>
  );
}

function Row({ line, marks, many, wrapped }: { line: Line; marks: readonly string[]; many: boolean; wrapped: boolean }) {
  const { message, fields } = read(line);
  const shown = (text: string) => (wrapped ? text : text.replace(/\s*\r?\n\s*/g, " ↵ "));
  return (
    <>
      <time>{shownTime(line.time, false)}</time>
      <span class="level">{line.level}</span>
      {many && <span class="service" title={`${line.system} / ${line.service} / ${line.instance}`}>{line.service}</span>}
      <span class="text">
        <Text text={shown(message)} marks={marks} />
        {fields.map(([name, value]) => (
          <span class="field" key={name}><b>{name}</b>=<Text text={shown(brief(value))} marks={marks} /></span>
        ))}
      </span>
    </>
  );
}
