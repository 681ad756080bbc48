// Asks an address again and again: whether it answers, and how long that takes. Runs until it is stopped.
import { setTimeout as pause } from "node:timers/promises";

const ask = async (url, timeoutS, signal) => {
  const began = performance.now();
  try {
    const within = AbortSignal.any([signal, AbortSignal.timeout(timeoutS * 1_000)]);
    const response = await fetch(url, { signal: within, redirect: "manual" });
    await response.arrayBuffer();
    return { status: response.status, tookMs: performance.now() - began };
  } catch (error) {
    return { status: 0, because: error.cause?.code ?? error.name };
  }
};

export default async ({ url, everyS, timeoutS }, { log, emit, state, signal }) => {
  while (!signal.aborted) {
    const { status, tookMs, because } = await ask(url, timeoutS, signal);
    if (signal.aborted) break;
    const isUp = status >= 200 && status < 400;
    emit("up", isUp ? 1 : 0);
    if (tookMs !== undefined) emit("took", tookMs, "ms");
    // A change is worth a line; that all is as before is not.
    if (state.get("up") !== isUp) {
      state.set("up", isUp);
      if (isUp) log.info(`${url} answers (${status})`);
      else log.warn(`${url} does not: ${because ?? status}`);
    }
    await pause(everyS * 1_000, undefined, { signal }).catch(() => {});
  }
};
