/** One panel of a dashboard, drawn here: a chart, a number, or bars. */

import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { get } from "../api";
import { open } from "../location";
import { Empty, Notice, useLoaded } from "../parts/bits";
import { shownTime, theme, zone } from "../settings";
import { shown } from "./units";
import { filled, type Values, type Variable } from "./variables";

export interface PanelInfo { title: string; description: string; section: string; type: string; source: string; unit: string; no_value: string; queries: string[]; legends: string[]; instant: boolean; thresholds: [number, string][] }
export interface Series { metric: Record<string, string>; values?: [number, string][]; value?: [number, string] }
interface Named { name: string; series: Series }

const MOST = 30;

export function Panel({ panel, variables, values, since }: { panel: PanelInfo; variables: Variable[]; values: Values; since: string }) {
  const metrics = panel.source === "prometheus";
  const queries = panel.queries.map((each) => filled(each, variables, values, since));
  const loaded = useLoaded(async (abort) => {
    if (!metrics) return [];
    const answers = await Promise.all(queries.map((query) => get<{ result: Series[] }>(panel.instant ? "/metrics/query" : "/metrics/query_range", panel.instant ? { query } : { query, since }, abort)));
    return answers.flatMap((answer, index) => answer.result.map((series): Named => ({ series, name: called(series.metric, panel.legends[index] ?? "") })));
  }, [queries.join("\n"), since], 30_000);
  const found = loaded.value ?? [];
  const empty = metrics && !!loaded.value && !found.length;
  return (
    <figure class={`panel ${panel.type}`}>
      <figcaption title={panel.description}>{panel.title}</figcaption>
      {loaded.error && <Notice kind="error">{loaded.error}</Notice>}
      {!metrics && <Empty>From log lines. <button type="button" class="link" onClick={() => open("logs", values["service"] ? { service: values["service"] } : {})}>Show them on the page Logs</button></Empty>}
      {empty && <Empty>{panel.no_value || `No data in the last ${since}.`}</Empty>}
      {!!found.length && !loaded.error && (panel.instant ? (found.length === 1 && panel.type === "stat" ? <Stat panel={panel} one={found[0]!} /> : <Bars panel={panel} found={found} />) : <Chart panel={panel} found={found.slice(0, MOST)} />)}
      {found.length > MOST && !panel.instant && <small>{found.length} series, the first {MOST} are drawn</small>}
    </figure>
  );
}

function called(metric: Record<string, string>, legend: string): string {
  if (legend) return legend.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => metric[label] ?? "");
  return Object.entries(metric).filter(([key]) => key !== "__name__").map(([, value]) => value).join(" ") || metric["__name__"] || "value";
}

function colour(value: number, steps: [number, string][]): string {
  const name = steps.filter(([from]) => value >= from).at(-1)?.[1] ?? "";
  return /red/.test(name) ? "error" : /orange|yellow/.test(name) ? "warning" : "";
}

function Stat({ panel, one }: { panel: PanelInfo; one: Named }) {
  const value = Number(one.series.value?.[1]);
  return <p class={`number level ${colour(value, panel.thresholds) || "plain"}`}>{Number.isFinite(value) ? shown(value, panel.unit) : panel.no_value || "–"}</p>;
}

function Bars({ panel, found }: { panel: PanelInfo; found: Named[] }) {
  const rows = found.map(({ name, series }) => ({ name, value: Number(series.value?.[1]) })).sort((a, b) => b.value - a.value).slice(0, MOST);
  const most = Math.max(...rows.map((each) => each.value).filter(Number.isFinite), 1e-12);
  return (
    <ul class="bars">{rows.map(({ name, value }, index) => (
      <li key={index}><span>{name}</span><meter min={0} max={most} value={Number.isFinite(value) ? value : 0} aria-label={name} /><b class={`level ${colour(value, panel.thresholds) || "plain"}`}>{shown(value, panel.unit)}</b></li>
    ))}</ul>
  );
}

function Chart({ panel, found }: { panel: PanelInfo; found: Named[] }) {
  const element = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    observer.observe(element.current!);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (!element.current || !width) return;
    const times = [...new Set(found.flatMap(({ series }) => (series.values ?? []).map(([at]) => at)))].sort((a, b) => a - b);
    const columns = found.map(({ series }) => {
      const known = new Map((series.values ?? []).map(([at, value]) => [at, Number(value)]));
      return times.map((at) => { const value = known.get(at); return value === undefined || !Number.isFinite(value) ? null : value; });
    });
    const style = getComputedStyle(document.documentElement);
    const axis = { stroke: style.getPropertyValue("--muted"), grid: { stroke: style.getPropertyValue("--line"), width: 1 }, ticks: { stroke: style.getPropertyValue("--line"), width: 1 } };
    const light = style.colorScheme === "dark" ? 65 : 38;
    const value = (_: uPlot, raw: number | null) => (raw === null ? "–" : shown(raw, panel.unit));
    const plot = new uPlot({
      width, height: 180, legend: { show: found.length < 8 },
      tzDate: (at) => (zone.value === "utc" ? uPlot.tzDate(new Date(at * 1000), "UTC") : new Date(at * 1000)),
      axes: [axis, { ...axis, size: 64, values: (_, splits) => splits.map((each) => shown(each, panel.unit)) }],
      scales: { y: { range: (_, low, high) => [Math.min(0, low ?? 0), (high ?? 0) || 1] } },
      series: [{ value: (_, raw) => (raw === null ? "–" : shownTime(raw * 1000).slice(0, 19)) }, ...found.map(({ name }, index) => ({ label: name, value, stroke: `hsl(${(index * 67 + 190) % 360} 60% ${light}%)`, width: 1.5 }))],
    }, [times, ...columns] as uPlot.AlignedData, element.current);
    return () => plot.destroy();
  }, [found, width, theme.value, zone.value]);
  const last = (series: Series) => shown(Number(series.values?.at(-1)?.[1] ?? NaN), panel.unit);
  return <div ref={element} role="img" aria-label={`${panel.title}: ${found.slice(0, 8).map(({ name, series }) => `${name} ${last(series)}`).join(", ")}`} />;
}
