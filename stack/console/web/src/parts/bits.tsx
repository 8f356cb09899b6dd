/** Small pieces that every page uses. */

import { options, type ComponentChildren, type JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { words } from "../api";
import { go, place } from "../location";

export function Notice({ kind = "info", children }: { kind?: "info" | "warning" | "error"; children: ComponentChildren }) {
  return <div class={`notice ${kind}`} role={kind === "error" ? "alert" : "status"}>{children}</div>;
}

/** What is asked of the API: a value, an error in words, or nothing yet. */
export interface Loaded<T> { value: T | undefined; error: string; loading: boolean; reload: () => void }

/** Load something now and whenever a dependency changes; `every` repeats it, in milliseconds. */
export function useLoaded<T>(load: (abort: AbortSignal) => Promise<T>, dependencies: unknown[], every = 0): Loaded<T> {
  const [state, setState] = useState<{ value: T | undefined; error: string; loading: boolean }>({ value: undefined, error: "", loading: true });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    let timer = 0;
    const run = () => {
      load(abort.signal)
        .then((value) => setState({ value, error: "", loading: false }))
        .catch((error: unknown) => {
          if (!abort.signal.aborted) setState((before) => ({ ...before, error: words(error), loading: false }));
        })
        .finally(() => {
          if (every && !abort.signal.aborted) timer = window.setTimeout(run, every);
        });
    };
    setState((before) => ({ ...before, loading: true }));
    run();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [...dependencies, turn]);
  return { ...state, reload: () => setTurn((before) => before + 1) };
}

/** A dialog that holds the focus and closes with Escape. */
export function Dialog({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    element.current?.showModal();
  }, []);
  return (
    <dialog ref={element} aria-label={title} onClose={close} onClick={(event) => event.target === element.current && close()}>
      <header>
        <h2>{title}</h2>
        <button type="button" class="quiet" aria-label="Close" onClick={close}>×</button>
      </header>
      {children}
    </dialog>
  );
}

/** A form that sends, shows what was refused, and cannot be sent twice. */
export function Form({ send, label, children }: { send: (data: FormData) => Promise<void>; label: string; children: ComponentChildren }) {
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const submit: JSX.SubmitEventHandler<HTMLFormElement> = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError("");
    try {
      await send(new FormData(event.currentTarget));
    } catch (problem) {
      setError(words(problem));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={submit}>
      {children}
      {error && <Notice kind="error">{error}</Notice>}
      <button type="submit" class="primary" disabled={busy}>{label}</button>
    </form>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

/** Below a list with pages: to the next one, and back to the first. */
export function Pages({ next }: { next: string | null | undefined }) {
  return (
    <div class="actions">
      {place.value.get("after") && <button type="button" onClick={() => go({ after: "" })}>First page</button>}
      {next && <button type="button" onClick={() => go({ after: next })}>More</button>}
    </div>
  );
}

export function Copy({ text, label }: { text: string; label: string }) {
  const [done, setDone] = useState(false);
  return (
    <button type="button" class="quiet" onClick={() => void navigator.clipboard?.writeText(text).then(() => { setDone(true); setTimeout(() => setDone(false), 1500); })}>
      {done ? "Copied" : label}
    </button>
  );
}

/** Whether the page is being printed: then what is drawn only where it is seen must be drawn for the paper. */
export function usePrinting(): boolean {
  const [printing, setPrinting] = useState(false);
  useEffect(() => {
    const media = matchMedia("print");
    const changed = () => {
      // The browser takes the page as it is when this returns, so that nothing may be left for later.
      const { debounceRendering } = options;
      options.debounceRendering = (render) => render();
      setPrinting(media.matches);
      if (debounceRendering) options.debounceRendering = debounceRendering;
      else delete options.debounceRendering;
    };
    media.addEventListener("change", changed);
    return () => media.removeEventListener("change", changed);
  }, []);
  return printing;
}
