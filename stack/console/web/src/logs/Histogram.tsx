/** Lines per step by level; drag over a part of it to zoom in (by keyboard: the form “From – to”). */

import { useRef, useState } from "preact/hooks";

import { shownTime } from "../settings";
import { LEVELS } from "./model";

export interface Volume { step: number; levels: Record<string, [number, number][]> }

const HEIGHT = 56;

interface Properties { volume: Volume; start: number; end: number; zoom: (start: number, end: number) => void; zoomOut: () => void }

export function Histogram({ volume, start, end, zoom, zoomOut }: Properties) {
  const element = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<[number, number] | null>(null);
  const [hover, setHover] = useState<{ x: number; text: string } | null>(null);
  const length = Math.max(1, end - start);
  const bars = new Map<number, Map<string, number>>();
  for (const [level, values] of Object.entries(volume.levels))
    for (const [at, count] of values) {
      const bar = bars.get(at) ?? new Map<string, number>();
      bar.set(level, count);
      bars.set(at, bar);
    }
  const totals = [...bars].map(([at, bar]) => [at, [...bar.values()].reduce((sum, count) => sum + count, 0)] as const);
  const most = Math.max(1, ...totals.map(([, count]) => count));
  const total = totals.reduce((sum, [, count]) => sum + count, 0);
  const at = (event: PointerEvent) => {
    const box = element.current!.getBoundingClientRect();
    return start + (Math.min(Math.max(event.clientX - box.left, 0), box.width) / box.width) * length;
  };
  const x = (seconds: number) => ((seconds - start) / length) * 1000;
  const move = (event: PointerEvent) => {
    const now = at(event);
    if (drag) setDrag([drag[0], now]);
    const found = [...bars].find(([stop]) => now > stop - volume.step && now <= stop);
    const parts = found ? LEVELS.filter((level) => found[1].has(level)).map((level) => `${found[1].get(level)} ${level}`) : [];
    setHover(found ? { x: x(found[0] - volume.step / 2) / 10, text: `${shownTime((found[0] - volume.step) * 1000, false)}: ${parts.join(", ")}` } : null);
  };
  return (
    <figure class="histogram">
      <svg ref={element} viewBox={`0 0 1000 ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`${total} lines in this range, at most ${most} in ${volume.step} s`}
        onPointerDown={(event) => { element.current!.setPointerCapture(event.pointerId); const now = at(event); setDrag([now, now]); }}
        onPointerMove={move} onPointerLeave={() => setHover(null)}
        onPointerUp={() => { if (drag && Math.abs(drag[1] - drag[0]) > length / 200) zoom(Math.min(...drag), Math.max(...drag)); setDrag(null); }}>
        {[...bars].map(([stop, bar]) => {
          let top = HEIGHT;
          return [...LEVELS].reverse().filter((level) => bar.has(level)).map((level) => {
            const height = Math.max(1, (bar.get(level)! / most) * (HEIGHT - 4));
            top -= height;
            return <rect key={`${stop}${level}`} class={level} x={x(stop - volume.step)} width={Math.max(1, (volume.step / length) * 1000 - 1)} y={top} height={height} />;
          });
        })}
        {drag && <rect class="drag" x={x(Math.min(...drag))} width={x(Math.max(...drag)) - x(Math.min(...drag))} y={0} height={HEIGHT} />}
      </svg>
      {hover && <output style={{ left: `${Math.min(hover.x, 70)}%` }}>{hover.text}</output>}
      <figcaption><span>{shownTime(start * 1000)}</span><span>{total.toLocaleString("en")} lines <button type="button" class="link" onClick={zoomOut}>Zoom out</button></span><span>{shownTime(end * 1000)}</span></figcaption>
    </figure>
  );
}
