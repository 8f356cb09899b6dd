/** What the address says about a view of log lines: services, range, filters; and how it becomes a request. */

import type { Parameters } from "../api";
import { go } from "../location";
import type { Line } from "./model";

export const RANGES = { "15m": "15 minutes", "1h": "1 hour", "6h": "6 hours", "24h": "24 hours", "7d": "7 days" };
const SECONDS: Record<string, number> = { "15m": 900, "1h": 3600, "6h": 21600, "24h": 86400, "7d": 604800 };

/** Filters that can be given several times: the part of the address, the parameter of the API, and words for it. */
export const MANY = [
  ["has", "contains", "contains"],
  ["not", "excludes", "does not contain"],
  ["re", "regex", "matches regex"],
  ["nre", "not_regex", "does not match regex"],
  ["field", "field", "has"],
  ["nfield", "not_field", "has not"],
] as const;
/** Those that a person types. */
export const TYPED = MANY.slice(0, 4);

export interface View { services: string[]; path: string; live: boolean; parameters: Parameters; selected: string; marks: string[]; key: string }

export function viewOf(at: URLSearchParams): View {
  const services = at.getAll("service");
  const parameters: Parameters = { also: services.slice(1), level: at.getAll("level"), instance: at.get("instance") ?? "" };
  for (const [part, parameter] of MANY) parameters[parameter] = at.getAll(part);
  const range = [at.get("range"), at.get("start"), at.get("end")];
  return {
    services,
    path: `/logs/${encodeURIComponent(services[0]!)}`,
    live: !at.get("end"),
    parameters,
    selected: at.get("line") ?? "",
    marks: at.getAll("has"),
    key: JSON.stringify([services, parameters, range]),
  };
}

/** The range in seconds since 1970; one that ends now where the address has no end. */
export function spanOf(at: URLSearchParams): [number, number] {
  const start = Date.parse(at.get("start") ?? "") / 1000, end = Date.parse(at.get("end") ?? "") / 1000;
  if (start && end) return [start, end];
  const now = Date.now() / 1000;
  return [now - (SECONDS[at.get("range") ?? "1h"] ?? 3600), now];
}

export const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
export const stamp = (seconds: number) => `${BigInt(Math.round(seconds * 1000)) * 1_000_000n}`;

/** The five minutes before and behind a line. */
export function rangeAround(id: string): { start: string; end: string } {
  const at = Number(BigInt(id.split("-")[0]!) / 1_000_000_000n);
  return { start: iso(at - 300), end: iso(at + 300) };
}

/** The address of this view with an absolute range: it shows the same tomorrow. */
export function permalink(at: URLSearchParams, line?: Line): string {
  const next = new URLSearchParams(at);
  const [start, end] = spanOf(at);
  const fixed = line ? { ...rangeAround(line.id), line: line.id } : { start: iso(start), end: iso(end) };
  for (const [name, value] of Object.entries(fixed)) next.set(name, value);
  next.delete("range");
  return `${location.origin}${location.pathname}?${next}`;
}

export const showRange = (start: number, end: number) => go({ start: iso(start), end: iso(end), range: "", line: "" });
