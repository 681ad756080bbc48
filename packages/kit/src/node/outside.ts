import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Does `work`, and whatever comes of it later, as if the program's start had asked for it: for what is begun in the middle of a
 * request and outlives it, as a listener, a process or a socket does. Otherwise whatever happens there would count as that
 * request's: its trace goes where the asynchronous context goes.
 */
export const outside: <T>(work: () => T) => T = AsyncLocalStorage.snapshot(); // of a module that is loaded at the start
