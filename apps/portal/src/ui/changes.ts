// Whether anything can be changed right now. A page that is cut off from the cloud shows what it had; what would change something
// is off meanwhile, and says why.
import { createContext, useContext } from "react";

const Changes = createContext<string | null>(null);

/** Tells all buttons within that changes are off, and why; null: they are on. */
export const ChangesOff = Changes.Provider;

export const useChangesOff = (): string | null => useContext(Changes);
