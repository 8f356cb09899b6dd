/** Log lines held by the page: bounded, without doubles, and parsed only when they are drawn. */

export interface Line {
  id: string;
  time: string;
  service: string;
  system: string;
  instance: string;
  level: string;
  labels: Record<string, string>;
  metadata: Record<string, string>;
  line: string;
}

export const MOST = 200_000;
export const LEVELS = ["critical", "error", "warning", "info", "debug", "trace", "unknown"] as const;

/** Lines in the order of time; adding at the end is what happens nearly always and costs nothing. */
export class Lines {
  private held: Line[] = [];
  private byId = new Map<string, Line>();
  private labels = new Map<string, Record<string, string>>();
  /** How many lines were removed at the beginning because there were too many. */
  removed = 0;

  get length(): number {
    return this.held.length;
  }

  at(index: number): Line | undefined {
    return this.held[index];
  }

  get(id: string): Line | undefined {
    return this.byId.get(id);
  }

  indexOf(id: string): number {
    const line = this.byId.get(id);
    if (!line) return -1;
    let low = 0, high = this.held.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (byTime(this.held[middle]!, line) < 0) low = middle + 1;
      else high = middle;
    }
    return this.held.indexOf(line, low);
  }

  clear(): void {
    this.held = [];
    this.byId.clear();
    this.labels.clear();
    this.removed = 0;
  }

  /** Add lines in any order; returns how many of them were new. */
  add(lines: readonly Line[]): number {
    const fresh = lines.filter((line) => !this.byId.has(line.id));
    if (!fresh.length) return 0;
    for (const line of fresh) {
      line.labels = this.shared(line.labels);
      this.byId.set(line.id, line);
    }
    fresh.sort(byTime);
    const last = this.held.at(-1);
    if (!last || byTime(last, fresh[0]!) <= 0) for (const line of fresh) this.held.push(line);
    else {
      // Only the tail of what is held can be newer than the oldest of the fresh lines.
      let from = this.held.length;
      while (from > 0 && byTime(this.held[from - 1]!, fresh[0]!) > 0) from--;
      const moved = this.held.splice(from);
      for (const line of [...moved, ...fresh].sort(byTime)) this.held.push(line);
    }
    const over = this.held.length - MOST;
    if (over > 0) {
      // A hundredth at once: moving an array of this size for each batch would be felt, and so would a tenth.
      const count = Math.min(this.held.length, over + MOST / 100);
      for (const line of this.held.splice(0, count)) this.byId.delete(line.id);
      this.removed += count;
    }
    return fresh.length;
  }

  /** The lines of one stream have equal labels: one object for all of them. */
  private shared(labels: Record<string, string>): Record<string, string> {
    const key = JSON.stringify(labels);
    const known = this.labels.get(key);
    if (known) return known;
    if (this.labels.size > 10_000) this.labels.clear();
    this.labels.set(key, labels);
    return labels;
  }
}

function byTime(a: Line, b: Line): number {
  return a.time < b.time ? -1 : a.time > b.time ? 1 : 0;
}

export interface Parsed {
  message: string;
  fields: [string, unknown][];
  json: unknown;
}

const MESSAGE = ["message", "msg", "event", "@m", "@mt", "text", "body"];
const KNOWN = new Set(["timestamp", "time", "ts", "level", "severity", "service", "system", "instance", "environment", ...MESSAGE]);
const LATEST = 2000;
const parsed = new Map<string, Parsed>();

/** What a line says: its message, and its other fields when it is a JSON object. */
export function read(line: Line): Parsed {
  let result = parsed.get(line.id);
  if (result) return result;
  result = { message: line.line, fields: [], json: undefined };
  if (line.line.startsWith("{")) {
    try {
      const json = JSON.parse(line.line) as Record<string, unknown>;
      const key = MESSAGE.find((name) => typeof json[name] === "string");
      result = { message: key ? String(json[key]) : line.line, fields: key ? Object.entries(json).filter(([name]) => !KNOWN.has(name)) : [], json };
    } catch {
      // a line that only looks like JSON is shown as it is
    }
  }
  // Those that are on the screen, and not all that were ever drawn.
  if (parsed.size >= LATEST) parsed.clear();
  parsed.set(line.id, result);
  return result;
}

/** One value in a row. */
export function brief(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** How a field of a JSON line is written in it, so that a search finds this field with this value and no other. */
export function written(line: string, name: string, value: unknown): string {
  const [key, text] = [JSON.stringify(name), JSON.stringify(value)];
  return [`${key}:${text}`, `${key}: ${text}`].find((pair) => line.includes(pair)) ?? (typeof value === "string" ? value : text);
}
