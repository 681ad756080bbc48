// While a terminal is open the page makes elements that keep to its content security policy: style sheets carry the nonce, and the
// style of an element is set by script rather than by an attribute, which the policy forbids. The terminal makes elements by the
// page's own document, so that is where it has to be said.
import { nonceOfPage } from "../theme/theme.ts";

const withinPolicy = (element: HTMLElement): HTMLElement => {
  if (element instanceof HTMLStyleElement) element.nonce = nonceOfPage();
  else if (element instanceof HTMLSpanElement) {
    const set = element.setAttribute.bind(element);
    element.setAttribute = (name, value) => {
      if (name === "style") element.style.cssText = value;
      else set(name, value);
    };
  }
  return element;
};

let terminals = 0;

/** Holds for as long as a terminal is open: call what it answers when the terminal goes. */
export const keepToPolicy = (): (() => void) => {
  terminals += 1;
  const make = Document.prototype.createElement;
  document.createElement = (tag: string, options?: ElementCreationOptions) =>
    withinPolicy(make.call(document, tag, options));
  return () => {
    terminals -= 1;
    if (terminals === 0) Reflect.deleteProperty(document, "createElement");
  };
};
