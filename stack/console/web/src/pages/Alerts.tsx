/** Alerts that are active, the silences, and the rules that wait. */

import { useState } from "preact/hooks";

import { call, get, may, post, words } from "../api";
import { open } from "../location";
import { Dialog, Empty, Form, Notice, useLoaded } from "../parts/bits";
import { shownTime } from "../settings";

interface Alert { fingerprint: string; labels: Record<string, string>; annotations: Record<string, string>; state: string; silenced_by: string[]; inhibited_by: string[]; receivers: string[]; starts: string }
interface Rule { name: string; group: string; state: string; health: string; severity: string; summary: string; runbook: string }
interface Silence { id: string; state: string; matchers: string[]; starts: string; ends: string; author: string; reason: string }
interface Answer { alerts: Alert[]; rules: Rule[]; rules_error: string; silences: Silence[]; left_out: { alerts: number; rules: number; silences: number } }

const time = (text: string) => shownTime(Date.parse(text)).slice(0, 19);

export function Alerts() {
  const loaded = useLoaded((abort) => get<Answer>("/alerts", {}, abort), [], 10_000);
  const [silencing, setSilencing] = useState<Alert | null>(null);
  const [error, setError] = useState("");
  const end = (id: string) => call("DELETE", `/silences/${encodeURIComponent(id)}`).then(loaded.reload).catch((problem: unknown) => setError(words(problem)));
  const value = loaded.value;
  return (
    <main>
      <h1>Alerts</h1>
      {(loaded.error || error) && <Notice kind="error">{loaded.error || error}</Notice>}
      {value && Object.entries(value.left_out).map(([what, count]) => count > 0 && <Notice key={what} kind="warning">{count.toLocaleString("en")} more {what} are left out here.</Notice>)}
      {value && !value.alerts.length && <Empty>No alert is active{value.rules.length ? `; ${value.rules.length + value.left_out.rules} rules are evaluated` : ""}.</Empty>}
      {value?.alerts.map((alert) => (
        <article key={alert.fingerprint} class={`alert ${alert.labels["severity"] ?? ""} ${alert.state}`}>
          <h2>{alert.labels["alertname"]} <span class="severity">{alert.labels["severity"]}</span> {alert.state === "suppressed" && <span class="muted">{alert.silenced_by.length ? "silenced" : "inhibited"}</span>}</h2>
          <p>{alert.annotations["summary"]}</p>
          <p class="muted">since {time(alert.starts)}, to {alert.receivers.join(", ")}; {Object.entries(alert.labels).filter(([name]) => !["alertname", "severity"].includes(name)).map(([name, each]) => `${name}=${each}`).join(" ")}</p>
          <div class="actions">
            {alert.labels["service"] && <button type="button" onClick={() => open("logs", { service: alert.labels["service"]! })}>Its log lines</button>}
            {may("operator") && alert.state !== "suppressed" && <button type="button" onClick={() => setSilencing(alert)}>Silence</button>}
          </div>
        </article>
      ))}
      {!!value?.silences.some((each) => each.state !== "expired") && <h2>Silences</h2>}
      {value?.silences.filter((each) => each.state !== "expired").map((each) => (
        <article key={each.id} class="silence">
          <p><code>{each.matchers.join(", ")}</code> until {time(each.ends)}, by {each.author}: {each.reason}</p>
          {may("operator") && <button type="button" onClick={() => void end(each.id)}>End</button>}
        </article>
      ))}
      {value?.rules_error && <Notice kind="warning">{value.rules_error}</Notice>}
      {!!value?.rules.length && (
        <details open={!value.alerts.length}><summary>{value.rules.length} rules</summary>
          <div class="table"><table><thead><tr><th>Alert</th><th>Severity</th><th>State</th><th>Summary</th></tr></thead>
            <tbody>{value.rules.map((rule) => <tr key={rule.group + rule.name}><td>{rule.name}</td><td>{rule.severity}</td><td><span class={`state ${rule.state}`}>{rule.health === "ok" ? rule.state : rule.health}</span></td><td>{rule.summary.replace(/\{\{[^}]*?(\w+)\s*(\|[^}]*)?\}\}/g, "‹$1›")}</td></tr>)}</tbody>
          </table></div>
        </details>
      )}
      {silencing && <SilenceForm alert={silencing} close={() => { setSilencing(null); loaded.reload(); }} />}
    </main>
  );
}

function SilenceForm({ alert, close }: { alert: Alert; close: () => void }) {
  const names = Object.keys(alert.labels).sort((a, b) => Number(b === "alertname") - Number(a === "alertname"));
  return (
    <Dialog title={`Silence ${alert.labels["alertname"]}`} close={close}>
      <Form label="Silence" send={async (data) => {
        const starts = new Date();
        const ends = new Date(starts.getTime() + Number(data.get("hours")) * 3_600_000);
        const matchers = names.filter((name) => data.get(`on:${name}`)).map((name) => ({ name, value: alert.labels[name], operator: "=" }));
        await post("/silences", { matchers, starts: starts.toISOString(), ends: ends.toISOString(), reason: data.get("reason") });
        close();
      }}>
        <fieldset><legend>Alerts with all of</legend>{names.map((name) => <label key={name} class="check"><input type="checkbox" name={`on:${name}`} defaultChecked /><code>{name}={alert.labels[name]}</code></label>)}</fieldset>
        <label>For <select name="hours" defaultValue="2">{[1, 2, 8, 24, 72, 168].map((hours) => <option key={hours} value={hours}>{hours < 48 ? `${hours} h` : `${hours / 24} days`}</option>)}</select></label>
        <label>Reason<input name="reason" required minLength={3} maxLength={500} autofocus /></label>
      </Form>
    </Dialog>
  );
}
