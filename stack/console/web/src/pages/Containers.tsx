/** Containers of the project: state, use, and what an operator may do to them. */

import { useRef, useState } from "preact/hooks";

import { get, may, post, words } from "../api";
import { open, place } from "../location";
import { Dialog, Empty, Notice, Pages, useLoaded } from "../parts/bits";

interface Container { id: string; name: string; service: string; system: string; image: string; state: string; status: string }
interface Use { cores: number; memory: number; memory_limit: number }
const KEPT = 60;
/** Containers of a page: each of those that run is asked for its use again and again. */
const SHOWN = 50;
/** The least number of values that a history is as wide as: it grows from the left until then. */
const LEAST = 12;

export function Containers() {
  const after = place.value.get("after");
  const listed = useLoaded((abort) => get<{ containers: Container[]; next: string | null }>("/containers", { after, limit: SHOWN }, abort), [after], 3000);
  const containers = listed.value?.containers;
  const history = useRef(new Map<string, Use[]>());
  useLoaded(async (abort) => {
    await Promise.all((containers ?? []).filter((each) => each.state === "running").map(async (each) => {
      const use = await get<Use>(`/containers/${each.id}/stats`, {}, abort).catch(() => null);
      if (use) history.current.set(each.id, [...(history.current.get(each.id) ?? []), use].slice(-KEPT));
    }));
    return true;
  }, [containers?.map((each) => each.id + each.state).join()], 5000);
  return (
    <main>
      <h1>Containers</h1>
      {listed.error && <Notice kind="error">{listed.error}</Notice>}
      {containers && !containers.length && <Empty>This project has no containers, or none that this account may see.</Empty>}
      {!!containers?.length && (
        <div class="table"><table>
          <thead><tr><th>Name</th><th>State</th><th>Cores</th><th>Memory</th><th class="wide">Image</th><th><span class="hidden">Actions</span></th></tr></thead>
          <tbody>{containers.map((each) => <Row key={each.id} container={each} history={history.current.get(each.id) ?? []} changed={listed.reload} />)}</tbody>
        </table></div>
      )}
      <Pages next={listed.value?.next} />
    </main>
  );
}

function Row({ container, history, changed }: { container: Container; history: Use[]; changed: () => void }) {
  const [asking, setAsking] = useState("");
  const [doing, setDoing] = useState("");
  const [error, setError] = useState("");
  const use = container.state === "running" ? history.at(-1) : undefined;
  const actions = container.state === "running" ? ["restart", "stop"] : ["start"];
  const act = async (action: string, reason: string) => {
    setAsking("");
    setDoing(action);
    setError("");
    try {
      await post(`/containers/${container.id}/action`, { action, reason });
    } catch (problem) {
      setError(words(problem));
    } finally {
      setDoing("");
      changed();
    }
  };
  return (
    <tr>
      <td><button type="button" class="link" onClick={() => open("logs", { service: container.service })}>{container.name}</button><small>{container.system}</small></td>
      <td><span class={`state ${container.state}`}>{container.state}</span><small>{container.status}</small></td>
      <td class="number" data-label="Cores">{use ? use.cores.toFixed(2) : "–"}<Spark values={history.map((each) => each.cores)} /></td>
      <td class="number" data-label="Memory">{use ? mib(use.memory) : "–"}<Spark values={history.map((each) => each.memory)} /></td>
      <td class="wide"><code>{container.image}</code></td>
      <td class="actions">
        {may("operator") && actions.map((action) => <button type="button" key={action} disabled={!!doing} onClick={() => setAsking(action)}>{doing === action ? `${action}…` : action}</button>)}
        {error && <Notice kind="error">{error}</Notice>}
        {asking && (
          <Dialog title={`${asking} ${container.name}?`} close={() => setAsking("")}>
            <form onSubmit={(event) => { event.preventDefault(); void act(asking, String(new FormData(event.currentTarget).get("reason"))); }}>
              <label>Reason, for the audit log<input name="reason" maxLength={500} autofocus /></label>
              <button type="submit" class="primary">{asking}</button>
            </form>
          </Dialog>
        )}
      </td>
    </tr>
  );
}

const mib = (bytes: number) => `${(bytes / 1048576).toFixed(bytes < 10485760 ? 1 : 0)} MiB`;

function Spark({ values }: { values: number[] }) {
  if (values.length < 2) return null;
  const most = Math.max(...values, 1e-9);
  const points = values.map((value, index) => `${(index / (Math.max(values.length, LEAST) - 1)) * 80},${18 - (value / most) * 16}`).join(" ");
  return <svg class="spark" viewBox="0 0 80 20" aria-hidden="true"><polyline points={points} /></svg>;
}
