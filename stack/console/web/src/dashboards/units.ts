/** Numbers as people read them, by Grafana's names of units. */

const scaled = (value: number, base: number, names: string[], suffix: string): string => {
  let step = 0;
  while (Math.abs(value) >= base && step < names.length - 1) {
    value /= base;
    step++;
  }
  return `${digits(value)} ${names[step]}${suffix}`.trim();
};
const digits = (value: number) => (Number.isInteger(value) ? String(value) : Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3).replace(/\.?0+$/, ""));
const PER_SECOND: Record<string, string> = { reqps: " req/s", ops: " ops/s", pps: " p/s", wps: " writes/s", rps: " reads/s" };

export function shown(value: number, unit: string): string {
  if (!Number.isFinite(value)) return "–";
  if (unit === "percentunit") return `${digits(value * 100)}%`;
  if (unit === "percent") return `${digits(value)}%`;
  if (unit === "s") {
    for (const [size, name] of [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"], [1e-3, "ms"]] as const) if (Math.abs(value) >= size) return `${digits(value / size)} ${name}`;
    return value ? `${digits(value * 1e6)} µs` : "0 s";
  }
  if (unit === "bytes") return scaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB"], "");
  if (unit === "Bps") return scaled(value, 1024, ["B", "KiB", "MiB", "GiB"], "/s");
  if (unit === "bps") return scaled(value, 1000, ["b", "kb", "Mb", "Gb"], "/s");
  const per = PER_SECOND[unit];
  return scaled(value, 1000, ["", "k", "M", "G"], per ?? "");
}
