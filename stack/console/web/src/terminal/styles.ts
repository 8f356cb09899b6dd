/** Lets xterm draw under a policy that allows no style elements and no style attributes: it writes both, always.
 *  The same rules go in as constructed style sheets and through `element.style`, which every policy allows. */

/** A stand-in for a style element: what is written into it becomes a style sheet of the document. */
function sheetElement(): HTMLElement {
  const element = document.createElement("template");
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  Object.defineProperty(element, "textContent", { set: (text: string) => sheet.replaceSync(text) });
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((each) => each !== sheet);
    HTMLElement.prototype.remove.call(element);
  };
  return element;
}

/** Run something that makes style elements. */
export function withoutStyleElements(act: () => void): void {
  const create = document.createElement.bind(document);
  document.createElement = (kind: string) => (kind === "style" ? sheetElement() : create(kind));
  try {
    act();
  } finally {
    Reflect.deleteProperty(document, "createElement"); // the prototype's is back
  }
}

/** Colours beyond the palette are written as attributes of the spans of a row. */
const setAttribute = HTMLSpanElement.prototype.setAttribute;
HTMLSpanElement.prototype.setAttribute = function (name: string, value: string): void {
  if (name === "style") this.style.cssText = value;
  else setAttribute.call(this, name, value);
};
