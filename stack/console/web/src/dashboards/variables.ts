/** Grafana's variables: what can be chosen for them, and their values put into a query. */

import { get } from "../api";
import type { Series } from "./Panel";

export interface Variable { name: string; label: string; kind: string; source: string; query: string; every: string; value: string }
export type Values = Record<string, string>;

export const SECONDS: Record<string, number> = { "15m": 900, "1h": 3600, "6h": 21600, "24h": 86400, "7d": 604800 };
const POINTS = 300;
/** How often the shipped Prometheus scrapes. */
const SCRAPE_S = 15;

/** Put values into a query. One chosen value becomes an equality: only that shows a limited account's scope. */
export function filled(query: string, variables: Variable[], values: Values, since: string): string {
  const range = SECONDS[since] ?? 3600, step = Math.max(1, Math.round(range / POINTS));
  const built: Record<string, string> = { __rate_interval: `${Math.max(4 * SCRAPE_S, step + SCRAPE_S)}s`, __interval: `${step}s`, __auto: `${step}s`, __range: `${range}s`, __range_s: String(range) };
  let text = query;
  for (const { name, kind } of variables) {
    const value = values[name];
    if (value && kind === "query") text = text.replace(new RegExp(`=~\\s*"\\$(?:${name}|\\{${name}(?::\\w+)?\\})"`, "g"), () => `=${JSON.stringify(value)}`);
  }
  return text.replace(/\$(?:\{(\w+)(?::\w+)?\}|(\w+))/g, (whole, braced?: string, bare?: string) => {
    const name = braced ?? bare!;
    if (built[name] !== undefined) return built[name];
    const variable = variables.find((each) => each.name === name);
    if (!variable) return whole;
    const value = values[name];
    const text = value ? (variable.kind === "query" ? value.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&") : value) : variable.every || variable.value;
    return JSON.stringify(text).slice(1, -1);
  });
}

/** The values that a `label_values(selector, label)` of Prometheus has now. */
export async function choices(variable: Variable, variables: Variable[], values: Values, abort: AbortSignal): Promise<string[]> {
  const asked = /^label_values\((?:(.+),)?\s*(\w+)\s*\)$/s.exec(variable.query.trim());
  if (!asked || variable.source !== "prometheus") return [];
  const [, selector, label] = asked;
  const query = filled(`group by (${label}) (${selector ?? "up"})`, variables, values, "1h");
  const answer = await get<{ result: Series[] }>("/metrics/query", { query }, abort);
  return answer.result.map((each) => each.metric[label!] ?? "").filter(Boolean).sort();
}
