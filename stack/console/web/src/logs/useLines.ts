/** The lines of a view: the stored ones page by page in both directions, and the live ones behind them. */

import { useEffect, useRef, useState } from "preact/hooks";

import { get, Refused, words } from "../api";
import { go, place } from "../location";
import { ago, shownTime } from "../settings";
import { Lines, type Line } from "./model";
import { Tail } from "./tail";
import { rangeAround, spanOf, stamp, type View } from "./view";

interface Page { lines: Line[]; stopped: string; next: string | null; newest_before: string | null }

const FIRST = 1000, MORE = 2000;
/** How far back the tail begins before the stored lines end: what was on its way to Loki then is in neither otherwise. */
const OVERLAP_S = 5;

export function useLines(view: View, following: { current: boolean }) {
  const lines = useRef(new Lines());
  const [version, setVersion] = useState(0);
  const [fresh, setFresh] = useState(0);
  const [dropped, setDropped] = useState(0);
  const [state, setState] = useState("");
  const [error, setError] = useState("");
  const [info, setInfo] = useState<{ text: string; newest: string } | null>(null);
  const ends = useRef({ older: "", newer: "", start: "", end: "", busy: false });
  const changed = () => setVersion((before) => before + 1);

  useEffect(() => {
    const abort = new AbortController();
    const [start, end] = spanOf(place.value).map(stamp) as [string, string];
    const ask = (more: object) => get<Page>(view.path, { ...view.parameters, start, end, limit: FIRST, ...more }, abort.signal);
    const around = view.selected && !view.live;
    lines.current.clear();
    setFresh(0);
    setDropped(0);
    setError("");
    setInfo(null);
    setState("");
    changed();
    ends.current = { older: "", newer: "", start, end, busy: true };
    const load = async () => {
      const behind = around ? `${BigInt(view.selected.split("-")[0]!) + 1n}` : end;
      const page = await ask({ end: behind });
      const after = around ? await ask({ start: behind, direction: "forward" }) : null;
      lines.current.add([...page.lines, ...(after?.lines ?? [])]);
      ends.current = { older: page.next ?? "", newer: after?.next ?? "", start, end, busy: false };
      if (!lines.current.length) setInfo({ text: nothing(page.newest_before, start), newest: page.newest_before ?? "" });
      if (view.selected && !lines.current.get(view.selected)) {
        if (view.live) go({ ...rangeAround(view.selected), range: "" }, true);
        else setError("The line of this link is not there: it is older than Loki keeps lines, the filter leaves it out, or this account may not see it.");
      }
      changed();
    };
    load().catch((problem: unknown) => !abort.signal.aborted && setError(problem instanceof Refused && problem.status === 404 ? "There is no such service, or none that this account may see." : words(problem)));
    const tail = view.live
      ? new Tail(view.path, { ...view.parameters, backlog: 0 }, `0.0.${BigInt(end) - BigInt(OVERLAP_S) * 1_000_000_000n}`, {
          lines: (more) => {
            const count = lines.current.add(more);
            setInfo(null);
            if (!following.current) setFresh((before) => before + count);
            changed();
          },
          dropped: (count) => setDropped((before) => before + count),
          state: setState,
        })
      : null;
    return () => {
      abort.abort();
      tail?.close();
    };
  }, [view.key]);

  const more = (side: "older" | "newer") => {
    const { busy, start, end } = ends.current, cursor = ends.current[side];
    if (busy || !cursor) return;
    const asked = ends.current;
    asked.busy = true;
    get<Page>(view.path, { ...view.parameters, start, end, cursor, limit: MORE, direction: side === "older" ? "backward" : "forward" })
      .then((page) => {
        if (asked !== ends.current) return; // another view by now
        lines.current.add(page.lines);
        asked[side] = page.next ?? "";
        changed();
      })
      .catch((problem: unknown) => setError(words(problem)))
      .finally(() => (asked.busy = false));
  };

  return { lines: lines.current, version, fresh, dropped, state, error, info, more, hasOlder: !!ends.current.older, hasNewer: !!ends.current.newer, read: () => setFresh(0) };
}

function nothing(newest: string | null, start: string): string {
  if (!newest) return "No line in this range, and none in the 30 days before its end.";
  if (BigInt(newest) >= BigInt(start)) return `No line in this range matches the filters. Without them there are some, the last ${ago(newest)}, at ${shownTime(newest)}.`;
  return `No line in this range; the last was ${ago(newest)}, at ${shownTime(newest)}.`;
}
