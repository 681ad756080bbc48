// Tunnels of two kinds behind one face: those of boards with an agent of ours, and those of another, where it is another's board.
import type { BoardTunnels } from "./board-tunnels.ts";

/** Tunnels of boards that do not dial ours. */
export interface OtherTunnels extends BoardTunnels {
  /** Whether streams to this board are led by these. */
  serves(board: Parameters<BoardTunnels["end"]>[0]): boolean;
}

/** `other`: undefined where there are none. */
export const tunnelsByBoard = (
  own: BoardTunnels,
  other: () => OtherTunnels | undefined,
): BoardTunnels => ({
  open(board, ...asked) {
    const others = other();
    return (others?.serves(board) ? others : own).open(board, ...asked);
  },
  end(board) {
    own.end(board);
    other()?.end(board);
  },
  drain(board, name) {
    own.drain(board, name);
    other()?.drain(board, name);
  },
  get size() {
    return own.size;
  },
  stop() {
    own.stop();
    other()?.stop();
  },
});
