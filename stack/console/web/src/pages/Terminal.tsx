/** The SSH terminal, who else is connected, and what was recorded. */

import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";

import { call, get, words } from "../api";
import { Empty, Notice, useLoaded } from "../parts/bits";
import { shownTime, theme } from "../settings";
import type { Screen } from "../terminal/screen";

interface Host { name: string; host: string; port: number; user: string }
interface Hosts { targets: Host[]; unavailable: string; idle_s: number; longest_s: number; sessions: number; record_input: boolean }
interface Session { id: string; account: string; target: string; address: string; started: string; recording: string }
interface Recording { name: string; account: string; target: string; started: string; size: number; running: boolean }

/** Whether there is a terminal on this console; the navigation shows the page only then. */
export const terminal = signal(false);
export const findTerminal = () => get<Hosts>("/terminal/targets").then((hosts) => (terminal.value = !hosts.unavailable)).catch(() => (terminal.value = false));

const time = (text: string) => shownTime(Date.parse(text)).slice(0, 19);
const size = (bytes: number) => (bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
const duration = (seconds: number) => (seconds >= 7200 ? `${+(seconds / 3600).toFixed(1)} h` : seconds >= 120 ? `${+(seconds / 60).toFixed(1)} min` : `${seconds} s`);

export function TerminalPage() {
  const hosts = useLoaded((abort) => get<Hosts>("/terminal/targets", {}, abort), []);
  const sessions = useLoaded((abort) => get<Session[]>("/terminal/sessions", {}, abort), [], 3000);
  const [older, setOlder] = useState("");
  const recordings = useLoaded((abort) => get<{ recordings: Recording[]; next: string | null }>("/terminal/recordings", { before: older, limit: 50 }, abort), [older]);
  const [error, setError] = useState("");
  const end = (session: Session) => call("DELETE", `/terminal/sessions/${session.id}`).then(sessions.reload).catch((problem: unknown) => setError(words(problem)));
  const changed = () => {
    sessions.reload();
    recordings.reload();
  };
  const value = hosts.value;
  return (
    <main class="terminal">
      <h1>Terminal</h1>
      {(hosts.error || error) && <Notice kind="error">{hosts.error || error}</Notice>}
      {value?.unavailable && <Notice kind="warning">{value.unavailable[0]?.toUpperCase()}{value.unavailable.slice(1)}.</Notice>}
      {value && !value.unavailable && <Connection hosts={value} changed={changed} />}
      <h2>Running sessions</h2>
      {sessions.error && <Notice kind="error">{sessions.error}</Notice>}
      {sessions.value && !sessions.value.length && <Empty>Nobody is connected.</Empty>}
      {!!sessions.value?.length && <div class="table"><table>
        <thead><tr><th>Who</th><th>Host</th><th>From</th><th>Since</th><th><span class="hidden">Actions</span></th></tr></thead>
        <tbody>{sessions.value.map((each) => (
          <tr key={each.id}><td>{each.account}</td><td>{each.target}</td><td>{each.address}</td><td>{time(each.started)}</td>
            <td class="actions"><button type="button" aria-label={`End the session of ${each.account} on ${each.target}`} onClick={() => void end(each)}>End</button></td></tr>
        ))}</tbody>
      </table></div>}
      <h2>Recordings</h2>
      {recordings.error && <Notice kind="error">{recordings.error}</Notice>}
      {recordings.value && !recordings.value.recordings.length && <Empty>Nothing was recorded yet.</Empty>}
      {!!recordings.value?.recordings.length && <div class="table"><table>
        <thead><tr><th>Who</th><th>Host</th><th>Began</th><th>Size</th><th><span class="hidden">Actions</span></th></tr></thead>
        <tbody>{recordings.value.recordings.map((each) => (
          <tr key={each.name}><td>{each.account}</td><td>{each.target}</td><td>{time(each.started)}</td><td class="number">{size(each.size)}</td>
            <td class="actions">{each.running ? <span class="muted">still running</span> : <a class="button" download aria-label={`Download ${each.name}`} href={`/api/v1/terminal/recordings/${each.name}`}>Download</a>}</td></tr>
        ))}</tbody>
      </table></div>}
      {recordings.value?.next && <button type="button" onClick={() => setOlder(recordings.value!.next!)}>Older</button>}
    </main>
  );
}

function Connection({ hosts, changed }: { hosts: Hosts; changed: () => void }) {
  const [host, setHost] = useState(hosts.targets[0]?.name ?? "");
  const [open, setOpen] = useState("");
  const [state, setState] = useState("");
  const [failure, setFailure] = useState("");
  const element = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const screen = useRef<Screen | null>(null);
  useEffect(() => {
    if (!open) return;
    let closed = false;
    let connected = false;
    setFailure("");
    setState(`connecting to ${open} …`);
    import("../terminal/screen").then(({ Screen }) => {
      if (closed || !element.current) return;
      screen.current = new Screen(
        element.current, open,
        () => { connected = true; setState(`connected to ${open}`); changed(); },
        (reason) => {
          setState("");
          setFailure(connected ? `The session has ended: ${reason}.` : `${reason[0]?.toUpperCase()}${reason.slice(1)}.`);
          if (!connected) setOpen("");
          changed();
        },
        () => button.current?.focus(),
      );
    }).catch((problem: unknown) => setState(words(problem)));
    return () => {
      closed = true;
      screen.current?.close();
      screen.current = null;
    };
  }, [open]);
  useEffect(() => {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const recolour = () => screen.current?.recolour();
    recolour();
    dark.addEventListener("change", recolour);
    return () => dark.removeEventListener("change", recolour);
  }, [theme.value]);
  const close = () => {
    setOpen("");
    setState("");
    setFailure("");
    setTimeout(changed, 300);
  };
  return (
    <>
      <div class="actions">
        <label>Host <select value={host} disabled={!!open} onChange={(event) => setHost(event.currentTarget.value)}>{hosts.targets.map((each) => <option key={each.name} value={each.name}>{each.name} ({each.user}@{each.host}:{each.port})</option>)}</select></label>
        <button type="button" class={open ? "" : "primary"} ref={button} onClick={() => (open ? close() : setOpen(host))}>{open ? "Close" : "Connect"}</button>
      </div>
      <p class="muted">Output is recorded{hosts.record_input ? ", and so is everything that is typed, passwords included" : ", what is typed is not"}. A session ends after {duration(hosts.idle_s)} without input, after {duration(hosts.longest_s)} in any case, and when this page is left. <kbd>Ctrl</kbd>+<kbd>Shift</kbd>+<kbd>L</kbd> leads out of the terminal.</p>
      {state && <p class="status" role="status">{state}</p>}
      {failure && <Notice kind={open ? "warning" : "error"}>{failure}</Notice>}
      {open && <div class="screen" role="group" aria-label={`Terminal of ${open}`} ref={element} />}
    </>
  );
}
