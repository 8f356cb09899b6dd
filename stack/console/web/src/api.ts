/** Requests to the console's own API; every refusal becomes a `Refused` with words for people. */

import { signal } from "@preact/signals";

export type Role = "viewer" | "operator" | "admin";
export interface Scope { systems: string[]; services: string[] }
export interface Who { account: string; role: Role; scopes: Scope[] }

export class Refused extends Error {
  constructor(readonly status: number, message: string, readonly requestId: string) {
    super(message);
  }
}

/** Who is signed in: undefined until it is known, null for nobody. */
export const who = signal<Who | null | undefined>(undefined);

const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };
export const may = (role: Role): boolean => !!who.value && RANK[who.value.role] >= RANK[role];

type Value = string | number | boolean | undefined | null;
export type Parameters = Record<string, Value | Value[]>;

export function query(parameters: Parameters): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null && each !== "" && each !== false) pairs.append(name, String(each));
    }
  }
  const text = pairs.toString();
  return text ? `?${text}` : "";
}

export async function call<T>(method: string, path: string, parameters: Parameters = {}, body?: unknown, abort?: AbortSignal): Promise<T> {
  const request: RequestInit = { method, headers: { "X-Console-Request": "1" }, credentials: "same-origin" };
  if (abort) request.signal = abort;
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    (request.headers as Record<string, string>)["Content-Type"] = "application/json";
  }
  let answer: Response;
  try {
    answer = await fetch(`/api/v1${path}${query(parameters)}`, request);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Refused(0, "the console cannot be reached", "");
  }
  if (answer.status === 401 && path !== "/session") who.value = null;
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw new Refused(answer.status, problem.detail ?? `the console answered ${answer.status}`, problem.request_id ?? "");
  }
  return answer.status === 204 ? (undefined as T) : ((await answer.json()) as T);
}

export const get = <T>(path: string, parameters: Parameters = {}, abort?: AbortSignal) => call<T>("GET", path, parameters, undefined, abort);
export const post = <T>(path: string, body: unknown) => call<T>("POST", path, {}, body);
export const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));
