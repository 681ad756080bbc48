// Times that both ends of a WebSocket keep.

/** How long the closing handshake may take before the socket is destroyed. */
export const CLOSE_TIMEOUT_MS = 1_000;
