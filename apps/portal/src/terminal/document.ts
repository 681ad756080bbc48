// A document for the terminal that keeps to the page's content security policy: its style sheets carry the nonce, and styles of
// elements are set by script rather than by attribute, which the policy forbids.
import { nonceOfPage } from "../theme/theme.ts";

const withinPolicy = (element: HTMLElement): HTMLElement => {
  if (element instanceof HTMLStyleElement) element.nonce = nonceOfPage();
  const set = element.setAttribute.bind(element);
  element.setAttribute = (name, value) => {
    if (name === "style") element.style.cssText = value;
    else set(name, value);
  };
  return element;
};

/** The page's own document in everything but how elements are made. */
export const terminalDocument = (): Document =>
  new Proxy(document, {
    get(target, name) {
      if (name === "createElement") return (tag: string) => withinPolicy(target.createElement(tag));
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
