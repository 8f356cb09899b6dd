/** The address is the state: every view has a permalink, and Back goes to the one before. */

import { signal } from "@preact/signals";

export const place = signal(new URLSearchParams(location.search));

window.addEventListener("popstate", () => {
  place.value = new URLSearchParams(location.search);
});

/** Change some parts of the address; an empty value removes its part. */
export function go(changes: Record<string, string | string[] | undefined>, replace = false): void {
  const next = new URLSearchParams(place.value);
  for (const [name, value] of Object.entries(changes)) {
    next.delete(name);
    for (const each of Array.isArray(value) ? value : [value ?? ""]) if (each) next.append(name, each);
  }
  const text = next.toString();
  history[replace ? "replaceState" : "pushState"](null, "", text ? `?${text}` : location.pathname);
  place.value = next;
}

/** Go to a page; what the page before had in the address is left out. */
export function open(page: string, parts: Record<string, string | string[]> = {}): void {
  const next = new URLSearchParams({ page });
  for (const [name, value] of Object.entries(parts)) for (const each of Array.isArray(value) ? value : [value]) next.append(name, each);
  history.pushState(null, "", `?${next}`);
  place.value = next;
}
