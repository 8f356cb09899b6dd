/** One terminal on the page: xterm on one side, the console's WebSocket on the other. */

import { FitAddon } from "@xterm/addon-fit";
import { Terminal, type ITheme } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";

import { query } from "../api";
import { withoutStyleElements } from "./styles";

/** Longer pastes go in pieces: the console takes 64 KiB in one message. */
const PIECE = 8192;

function theme(): ITheme {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const [red, green, yellow, blue, magenta, cyan, grey] = ["error", "info", "warning", "debug", "critical", "accent", "muted"].map(colour) as [string, string, string, string, string, string, string];
  return {
    background: colour("panel"), foreground: colour("text"), cursor: colour("accent"), cursorAccent: colour("panel"), selectionBackground: colour("mark"), selectionForeground: colour("mark-text"),
    black: colour("text"), red, green, yellow, blue, magenta, cyan, white: grey,
    brightBlack: grey, brightRed: red, brightGreen: green, brightYellow: yellow, brightBlue: blue, brightMagenta: magenta, brightCyan: cyan, brightWhite: colour("text"),
  };
}

export class Screen {
  private terminal: Terminal;
  private fit = new FitAddon();
  private socket: WebSocket;
  private size: ResizeObserver;
  private reason = "";

  constructor(element: HTMLElement, host: string, connected: () => void, ended: (reason: string) => void, leave: () => void) {
    this.terminal = new Terminal({ fontFamily: 'ui-monospace, "Cascadia Mono", "JetBrains Mono", Menlo, Consolas, monospace', fontSize: 13, scrollback: 5000, minimumContrastRatio: 4.5, theme: theme() });
    this.terminal.loadAddon(this.fit);
    withoutStyleElements(() => this.terminal.open(element));
    this.fit.fit();
    this.terminal.attachCustomKeyEventHandler((event) => {
      // Tab belongs to the shell here, so another key has to lead out.
      const out = event.ctrlKey && event.shiftKey && event.code === "KeyL";
      if (out && event.type === "keydown") {
        event.preventDefault();
        leave();
      }
      return !out;
    });
    const { cols, rows } = this.terminal;
    this.socket = new WebSocket(`/api/v1/ws/terminal/${encodeURIComponent(host)}${query({ cols, rows })}`);
    this.socket.onmessage = (event: MessageEvent<string>) => {
      const message = JSON.parse(event.data);
      if (message.type === "output") this.terminal.write(message.data);
      else if (message.type === "end") this.reason = message.reason;
      else if (message.type === "state") {
        connected();
        this.terminal.focus();
      }
    };
    this.socket.onclose = () => {
      this.terminal.options.disableStdin = true;
      ended(this.reason || "the connection was refused or cut");
    };
    this.terminal.onData((data) => {
      for (let at = 0; at < data.length; at += PIECE) this.send({ type: "input", data: data.slice(at, at + PIECE) });
    });
    this.terminal.onResize((now) => this.send({ type: "resize", cols: now.cols, rows: now.rows }));
    this.size = new ResizeObserver(() => this.fit.fit());
    this.size.observe(element);
  }

  recolour(): void {
    this.terminal.options.theme = theme();
  }

  close(): void {
    this.socket.onclose = null;
    this.socket.close();
    this.size.disconnect();
    this.terminal.dispose();
  }

  private send(message: object): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }
}
