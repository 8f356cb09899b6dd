/** What a person likes: kept in this browser. Theme, density, wrapping and time zone. */

import { effect, signal, type Signal } from "@preact/signals";

function kept<T extends string>(name: string, initial: T, allowed: readonly T[]): Signal<T> {
  let start = initial;
  try {
    const stored = localStorage.getItem(`console.${name}`) as T | null;
    if (stored && allowed.includes(stored)) start = stored;
  } catch {
    // storage may be switched off: the default it is
  }
  const value = signal<T>(start);
  effect(() => {
    try {
      localStorage.setItem(`console.${name}`, value.value);
    } catch {
      // likewise
    }
  });
  return value;
}

export const theme = kept("theme", "system", ["system", "light", "dark"]);
export const density = kept("density", "normal", ["normal", "compact"]);
export const wrap = kept("wrap", "off", ["off", "on"]);
export const zone = kept("zone", "local", ["local", "utc"]);

effect(() => {
  const root = document.documentElement;
  if (theme.value === "system") root.removeAttribute("data-theme");
  else root.dataset["theme"] = theme.value;
});

const pad = (value: number, digits = 2) => String(value).padStart(digits, "0");

/** Show nanoseconds as a time of day, with the date unless it is left out. */
export function shownTime(ns: string | number, withDate = true): string {
  const ms = typeof ns === "number" ? ns : Number(BigInt(ns) / 1_000_000n);
  const date = new Date(ms);
  const utc = zone.value === "utc";
  const [year, month, day, hour, minute, second, milli] = utc
    ? [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds(), date.getUTCMilliseconds()]
    : [date.getFullYear(), date.getMonth(), date.getDate(), date.getHours(), date.getMinutes(), date.getSeconds(), date.getMilliseconds()];
  const time = `${pad(hour)}:${pad(minute)}:${pad(second)}.${pad(milli, 3)}`;
  return withDate ? `${year}-${pad(month + 1)}-${pad(day)} ${time}${utc ? " UTC" : ""}` : time;
}

/** "3 h ago", for people. */
export function ago(ns: string | null): string {
  if (!ns) return "never";
  const seconds = Math.max(0, (Date.now() - Number(BigInt(ns) / 1_000_000n)) / 1000);
  for (const [unit, size] of [["d", 86400], ["h", 3600], ["min", 60]] as const) if (seconds >= size * 2) return `${Math.floor(seconds / size)} ${unit} ago`;
  return seconds < 5 ? "just now" : `${Math.floor(seconds)} s ago`;
}
