// How boards find this cloud: the address that enrolment strings carry, and the commands to paste.
import { curlOptions } from "../http/install-script.ts";
import type { Lan } from "./lan.ts";

export interface WayIn {
  /** Address that boards are told. */
  url(): string;
  /** The same with the key to pin; a board on this machine is told loopback, where nothing has to be pinned. */
  address(isHere?: boolean): { readonly url: string; readonly ca: string | null };
  /** Commands that make a machine a board, the best first. */
  commandsFor(
    enrolment: string,
    board: string,
  ): readonly { readonly kind: string; readonly command: string }[];
}

/** The folder of a board's agent in a pasted command: named as the board, where a shell takes the name as it is. */
const folderOf = (board: string): string =>
  /^[A-Za-z0-9][\w.-]*$/.test(board) ? `./${board}` : "./my-board";

/** Makes it. `port` is asked when it is known. */
export const createWayIn = (lan: Lan | undefined, port: () => number): WayIn => {
  const loopback = () => `http://127.0.0.1:${port()}`;
  const url = () => lan?.url(port()) ?? loopback();
  return {
    url,
    address: (isHere = false) =>
      lan === undefined || isHere
        ? { url: loopback(), ca: null }
        : { url: url(), ca: lan.certificates.trust().fingerprint },
    commandsFor(enrolment, board) {
      if (lan === undefined)
        return [
          {
            kind: "foreground",
            command: `./s4t agent run --data ${folderOf(board)} --enrol ${enrolment}`,
          },
        ];
      const fetch = `curl ${curlOptions(lan.pin())} ${url()}/install/agent.sh | sh -s --`;
      return [
        { kind: "install", command: `${fetch} ${enrolment}` },
        { kind: "foreground", command: `${fetch} --foreground ${enrolment}` },
      ];
    },
  };
};
