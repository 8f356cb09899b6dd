/** The dialogs of the log viewer: export, and the keys. */

import { query, type Parameters } from "../api";
import { Dialog } from "../parts/bits";

export function Export({ path, parameters, close }: { path: string; parameters: Parameters; close: () => void }) {
  return (
    <Dialog title="Export" close={close}>
      <p>Every stored line of this view, oldest first, in the whole range. The export is noted in the audit log.</p>
      <ul class="downloads">
        {[["jsonl", "JSON lines, with labels"], ["txt", "The lines as they were written"], ["csv", "A table for a spreadsheet"]].map(([format, text]) => (
          <li key={format}><a class="button" download href={`/api/v1${path}/export${query({ ...parameters, format })}`} onClick={() => setTimeout(close, 100)}>{format}</a> {text}</li>
        ))}
      </ul>
    </Dialog>
  );
}

const KEYS = [["/", "search"], ["j / ↓", "next line"], ["k / ↑", "previous line"], ["g", "first line"], ["G", "last line"], ["f", "follow or pause"], ["w", "wrap lines"], ["d", "density"], ["z", "time zone"], ["e", "export"], ["Esc", "leave the search, close the line"], ["?", "this list"]];

export function Keys({ close }: { close: () => void }) {
  return <Dialog title="Keys" close={close}><dl class="keys">{KEYS.map(([key, text]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{text}</dd></div>)}</dl></Dialog>;
}
