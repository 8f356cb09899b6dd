/** Text with ANSI colours as elements, and the searched words marked; never as HTML. */

import Anser from "anser";

const ESCAPE = "\u001b";

export function Text({ text, marks }: { text: string; marks: readonly string[] }) {
  if (!text.includes(ESCAPE)) return <>{marked(text, marks)}</>;
  return (
    <>
      {Anser.ansiToJson(text, { use_classes: true, remove_empty: true }).map((part, index) => (
        <span key={index} class={[named(part.fg), named(part.bg) && `${part.bg}-bg`, ...part.decorations.map((each) => `ansi-${each}`)].filter(Boolean).join(" ")} style={{ color: exact(part.fg, part.fg_truecolor), background: exact(part.bg, part.bg_truecolor) }}>
          {marked(part.content, marks)}
        </span>
      ))}
    </>
  );
}

/** The sixteen colours have classes, which fit either theme. */
const named = (colour: string | null) => (colour && !/palette|truecolor/.test(colour) ? colour : "");

function exact(colour: string | null, truecolor: string | null): string | undefined {
  if (!colour) return undefined;
  if (colour === "ansi-truecolor" && truecolor) return `rgb(${truecolor})`;
  const number = Number(/^ansi-palette-(\d+)$/.exec(colour)?.[1] ?? NaN);
  if (number >= 232) return `rgb(${Array(3).fill((number - 232) * 10 + 8)})`;
  if (number >= 16) {
    const part = (size: number) => { const step = Math.floor((number - 16) / size) % 6; return step ? step * 40 + 55 : 0; };
    return `rgb(${[part(36), part(6), part(1)]})`;
  }
  return undefined;
}

function marked(text: string, marks: readonly string[]) {
  const wanted = marks.filter(Boolean);
  if (!wanted.length) return text;
  const escaped = wanted.map((mark) => mark.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  return text.split(new RegExp(`(${escaped})`, "g")).map((part, index) => (index % 2 ? <mark key={index}>{part}</mark> : part));
}
