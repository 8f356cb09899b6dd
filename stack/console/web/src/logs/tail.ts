/** The live tail over a WebSocket: handed over once per frame, resumed by the id of the last message.
 *
 * No server-sent events: of these a browser opens six per address, and a seventh tab would hang.
 */

import { query, who, type Parameters } from "../api";
import type { Line } from "./model";

export interface TailHandlers {
  lines(lines: Line[]): void;
  dropped(count: number): void;
  state(text: string): void;
}

const RETRY_MS = [500, 1000, 2000, 5000, 10_000];
/** The console sends a heartbeat every ten seconds: a connection that is silent for longer is dead. */
const SILENT_MS = 30_000;
const REFUSED = 1008;

export class Tail {
  private socket: WebSocket | null = null;
  private waiting: Line[] = [];
  private frame = 0;
  private failures = 0;
  private timer = 0;
  private alive = 0;
  private closed = false;

  /** `last` says where to begin: the id of a message, or `0.0.` and a time in nanoseconds. */
  constructor(private path: string, private parameters: Parameters, private last: string, private handlers: TailHandlers) {
    this.connect();
  }

  close(): void {
    this.closed = true;
    this.socket?.close();
    clearTimeout(this.timer);
    clearTimeout(this.alive);
    cancelAnimationFrame(this.frame);
    clearTimeout(this.frame);
  }

  private connect(): void {
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/api/v1/ws${this.path}${query({ ...this.parameters, after: this.last })}`);
    this.socket = socket;
    this.expect(socket);
    socket.onmessage = (event: MessageEvent<string>) => {
      if (this.closed) return;
      this.expect(socket);
      const message = JSON.parse(event.data);
      this.failures = 0;
      if (message.type === "lines") {
        this.last = message.id;
        for (const line of message.lines as Line[]) this.waiting.push(line);
        this.flushSoon();
      } else if (message.type === "dropped") this.handlers.dropped(message.slow_client + message.loki);
      else if (message.type === "state") this.handlers.state(message.state === "live" ? "" : message.state);
    };
    socket.onclose = (event) => {
      if (this.closed) return;
      if (event.code === REFUSED) {
        this.close();
        who.value = null;
        return;
      }
      this.handlers.state("The live tail is interrupted; trying again. It goes on where it was cut.");
      clearTimeout(this.alive);
      this.timer = window.setTimeout(() => this.connect(), RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)]);
    };
  }

  private expect(socket: WebSocket): void {
    clearTimeout(this.alive);
    this.alive = window.setTimeout(() => socket.close(), SILENT_MS);
  }

  private flushSoon(): void {
    if (this.frame) return;
    const flush = () => {
      this.frame = 0;
      const lines = this.waiting;
      this.waiting = [];
      if (lines.length) this.handlers.lines(lines);
    };
    // A page in the background draws no frames, and must not let lines pile up for that.
    this.frame = document.hidden ? window.setTimeout(flush, 250) : requestAnimationFrame(flush);
  }
}
