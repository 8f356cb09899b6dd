/** Accounts, tokens, and the audit log. */

import { useState } from "preact/hooks";

import { call, get, may, post, query, who, words, type Role } from "../api";
import { go, place } from "../location";
import { Copy, Dialog, Empty, Form, Notice, Pages, useLoaded } from "../parts/bits";
import { shownTime } from "../settings";

interface User { name: string; role: Role; systems: string[]; services: string[]; disabled: boolean; created: string }
interface Token { id: string; account: string; label: string; role: Role; systems: string[]; services: string[]; expires: string; used: string | null; secret?: string }
type AuditLine = Record<string, unknown> & { sequence: number; timestamp: string; event: string; outcome: string; actor: string; target: string; address: string };

const list = (data: FormData, name: string) => String(data.get(name) ?? "").split(/[\s,]+/).filter(Boolean);
const scope = (each: { systems: string[]; services: string[] }) => (each.systems.includes("*") ? "everything" : [...each.systems, ...each.services].join(", ") || "nothing");
/** Entries of a page. */
const SHOWN = 200;

const day = (text: string) => shownTime(Date.parse(text)).slice(0, 16);

function ScopeFields({ of = { role: "viewer", systems: [], services: [] } }: { of?: Pick<User, "role" | "systems" | "services"> }) {
  return (
    <>
      <label>Role <select name="role" defaultValue={of.role}>{["viewer", "operator", "admin"].map((each) => <option key={each}>{each}</option>)}</select></label>
      <label>Systems, * for all<input name="systems" placeholder="dante docaiche" defaultValue={of.systems.join(" ")} /></label>
      <label>Services<input name="services" placeholder="storage" defaultValue={of.services.join(" ")} /></label>
    </>
  );
}

export function Users() {
  const after = place.value.get("after");
  const users = useLoaded((abort) => get<{ users: User[]; next: string | null }>("/users", { after, limit: SHOWN }, abort), [after]);
  const [error, setError] = useState("");
  const [making, setMaking] = useState(false);
  const [changing, setChanging] = useState<User | null>(null);
  const change = (user: User, body: object) => call("PATCH", `/users/${encodeURIComponent(user.name)}`, {}, body).then(users.reload).catch((problem: unknown) => setError(words(problem)));
  const remove = (user: User) => confirm(`Delete the account ${user.name} with its sessions and tokens?`) && call("DELETE", `/users/${encodeURIComponent(user.name)}`).then(users.reload).catch((problem: unknown) => setError(words(problem)));
  return (
    <main>
      <header><h1>Users</h1><button type="button" class="primary" onClick={() => setMaking(true)}>New account</button></header>
      {(users.error || error) && <Notice kind="error">{users.error || error}</Notice>}
      <div class="table"><table>
        <thead><tr><th>Name</th><th>Role</th><th>Sees</th><th>Since</th><th><span class="hidden">Actions</span></th></tr></thead>
        <tbody>{users.value?.users.map((user) => (
          <tr key={user.name} class={user.disabled ? "off" : ""}>
            <td>{user.name}{user.disabled && <small>disabled</small>}</td>
            <td>{user.role}</td>
            <td data-label="sees">{scope(user)}</td><td data-label="since">{day(user.created)}</td>
            <td class="actions">
              <button type="button" onClick={() => setChanging(user)}>Change</button>
              <button type="button" onClick={() => void change(user, { disabled: !user.disabled })}>{user.disabled ? "Enable" : "Disable"}</button>
              <button type="button" onClick={() => void remove(user)}>Delete</button>
            </td>
          </tr>
        ))}</tbody>
      </table></div>
      <Pages next={users.value?.next} />
      {changing && (
        <Dialog title={`Account ${changing.name}`} close={() => setChanging(null)}>
          <p>A changed role, scope or password ends the account's sessions.</p>
          <Form label="Save" send={async (data) => {
            const password = data.get("password");
            await call("PATCH", `/users/${encodeURIComponent(changing.name)}`, {}, { role: data.get("role"), systems: list(data, "systems"), services: list(data, "services"), ...(password ? { password } : {}), end_tokens: data.get("end_tokens") === "on" });
            setChanging(null);
            users.reload();
          }}>
            <ScopeFields of={changing} />
            <label>New password, or nothing<input name="password" type="password" minLength={12} autocomplete="new-password" /></label>
            <label><input name="end_tokens" type="checkbox" /> End its API tokens, too</label>
          </Form>
        </Dialog>
      )}
      {making && (
        <Dialog title="New account" close={() => setMaking(false)}>
          <Form label="Create" send={async (data) => {
            await post("/users", { name: data.get("name"), password: data.get("password"), role: data.get("role"), systems: list(data, "systems"), services: list(data, "services") });
            setMaking(false);
            users.reload();
          }}>
            <label>Name<input name="name" required pattern="[A-Za-z0-9][A-Za-z0-9._@\-]*" autofocus /></label>
            <label>Password, 12 characters or more<input name="password" type="password" required minLength={12} autocomplete="new-password" /></label>
            <ScopeFields />
          </Form>
        </Dialog>
      )}
    </main>
  );
}

export function Tokens() {
  const after = place.value.get("after");
  const tokens = useLoaded((abort) => get<{ tokens: Token[]; next: string | null }>("/tokens", { after, limit: SHOWN }, abort), [after]);
  const [made, setMade] = useState<Token | null>(null);
  const [error, setError] = useState("");
  return (
    <main>
      <h1>API tokens</h1>
      <p>For programs: <code>Authorization: Bearer …</code>. A token may do at most what its account may. The API is described at <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.</p>
      {(tokens.error || error) && <Notice kind="error">{tokens.error || error}</Notice>}
      {made && <Notice kind="warning">This is the only time that the token is shown: <code>{made.secret}</code> <Copy text={made.secret ?? ""} label="Copy" /></Notice>}
      <Form label="Create a token" send={async (data) => {
        setMade(await post<Token>("/tokens", { label: data.get("label"), role: data.get("role"), days: Number(data.get("days")), systems: list(data, "systems"), services: list(data, "services") }));
        tokens.reload();
      }}>
        <div class="fields">
          <label>For<input name="label" required maxLength={100} /></label>
          <ScopeFields />
          <label>Days<input name="days" type="number" min={1} max={366} defaultValue={30} /></label>
        </div>
      </Form>
      {tokens.value && !tokens.value.tokens.length && <Empty>No tokens.</Empty>}
      {!!tokens.value?.tokens.length && <div class="table"><table>
        <thead><tr><th>For</th><th>Account</th><th>Role</th><th>Sees</th><th>Until</th><th>Last used</th><th><span class="hidden">Actions</span></th></tr></thead>
        <tbody>{tokens.value.tokens.map((token) => (
          <tr key={token.id}><td>{token.label}</td><td>{token.account}</td><td>{token.role}</td><td data-label="sees">{scope(token)}</td><td data-label="until">{day(token.expires)}</td><td data-label="last used">{token.used ? day(token.used) : "never"}</td>
            <td class="actions"><button type="button" onClick={() => void call("DELETE", `/tokens/${token.id}`).then(tokens.reload).catch((problem: unknown) => setError(words(problem)))}>Revoke</button></td></tr>
        ))}</tbody>
      </table></div>}
      <Pages next={tokens.value?.next} />
    </main>
  );
}

export function Audit() {
  const at = place.value;
  const wanted = { actor: at.get("actor"), event: at.get("event"), outcome: at.get("outcome") };
  const page = useLoaded((abort) => get<{ lines: AuditLine[]; next: number | null }>("/audit", { ...wanted, before: at.get("before"), limit: 200 }, abort), [at.toString()]);
  const chain = useLoaded((abort) => get<{ intact: boolean; lines: number; breaks: string[]; left_out: number }>("/audit/verification", {}, abort), []);
  return (
    <main>
      <header><h1>Audit log</h1><a class="button" download href={`/api/v1/audit/export${query(wanted)}`}>Export</a></header>
      {chain.value && (chain.value.intact ? <Notice>{chain.value.lines.toLocaleString("en")} lines, the chain is intact.</Notice> : <Notice kind="error">The chain is broken: {chain.value.breaks.slice(0, 5).join("; ")}{chain.value.breaks.length + chain.value.left_out > 5 && `; and ${chain.value.breaks.length + chain.value.left_out - 5} more`}</Notice>)}
      {page.error && <Notice kind="error">{page.error}</Notice>}
      <div class="fields">
        {(["actor", "event"] as const).map((name) => <label key={name}>{name}<input value={wanted[name] ?? ""} onChange={(event) => go({ [name]: event.currentTarget.value, before: "" })} /></label>)}
        <label>outcome<select value={wanted.outcome ?? ""} onChange={(event) => go({ outcome: event.currentTarget.value, before: "" })}><option value="">any</option>{["success", "failure", "refused"].map((each) => <option key={each}>{each}</option>)}</select></label>
      </div>
      {page.value && !page.value.lines.length && <Empty>No line of the audit log matches.</Empty>}
      {!!page.value?.lines.length && <div class="table"><table>
        <thead><tr><th>Time</th><th>Who</th><th>What</th><th>On</th><th>Outcome</th><th>From</th></tr></thead>
        <tbody>{page.value.lines.map((line) => (
          <tr key={line.sequence}><td>{shownTime(Date.parse(line.timestamp)).slice(0, 23)}</td><td><button type="button" class="link" onClick={() => go({ actor: line.actor })}>{line.actor}</button></td>
            <td><button type="button" class="link" onClick={() => go({ event: line.event })}>{line.event}</button></td><td>{line.target}{!!line["details"] && <small>{JSON.stringify(line["details"])}</small>}</td><td><span class={`state ${line.outcome}`}>{line.outcome}</span></td><td data-label="from">{line.address}</td></tr>
        ))}</tbody>
      </table></div>}
      {page.value?.next && <button type="button" onClick={() => go({ before: String(page.value!.next) })}>Older</button>}
    </main>
  );
}

export function Overview() {
  const loaded = useLoaded((abort) => get<{ services: { name: string; state: string; version: string; path: string; simulated: boolean }[]; remarks: string[] }>("/monitoring", {}, abort), [], 15_000);
  return (
    <main>
      <h1>Stack</h1>
      {loaded.error && <Notice kind="error">{loaded.error}</Notice>}
      {loaded.value?.remarks.map((text) => <Notice key={text} kind="warning">{text}</Notice>)}
      <div class="table"><table>
        <thead><tr><th>Server</th><th>State</th><th>Version</th><th>Address</th></tr></thead>
        <tbody>{loaded.value?.services.map((each) => (
          <tr key={each.name}><td>{each.name}</td><td><span class={`state ${each.state === "up" ? "running" : each.state === "not part of this stack" ? "" : "failure"}`}>{each.simulated ? "stand-in" : each.state}</span></td><td>{each.version}</td><td>{each.path && <a href={each.path}>{each.path}</a>}</td></tr>
        ))}</tbody>
      </table></div>
      {may("viewer") && who.value && <p class="muted">Signed in as {who.value.account}, {who.value.role}; sees {who.value.scopes.map(scope).join(" within ")}.</p>}
    </main>
  );
}
