// What `npm start` says when everything is ready: where to look, what to try, how to stop.
import type { PluginRuntime } from "@s4t/contract";

export interface Story {
  readonly url: string;
  /** Of the portal; it signs in where people are managed here. */
  readonly link: string;
  /** Address of the Keystone that manages people; null: they are managed here. */
  readonly managedAt: string | null;
  readonly folder: string;
  readonly board: string | null;
  /** What can run plugins on it. */
  readonly runtimes: readonly PluginRuntime[];
  /** Simulated boards: how many there are, and how many of them have joined by now. */
  readonly demo: { readonly boards: number; readonly online: number };
  readonly tookMs: number;
  readonly remembered: boolean;
  /** Address for other machines; null where the cloud keeps to loopback. */
  readonly lanUrl: string | null;
}

const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

const demoLines = ({ url, demo }: Pick<Story, "url" | "demo">): readonly string[] =>
  demo.boards === 0
    ? []
    : [
        `  Demo          ${demo.boards} simulated boards around Messina${demo.online < demo.boards ? ` (${demo.online} here, the others are joining)` : ""}: ${url}/app/map`,
        "                they are marked as simulated; a start without --demo retires them",
      ];

const helloFiles: Readonly<Record<PluginRuntime, string>> = {
  python: "examples/hello/hello.py",
  node: "examples/hello/hello.mjs",
};

/** Code on the board, and its answer. */
const pluginLines = (s4t: string, board: string, runtime: PluginRuntime): readonly string[] => [
  `                ${s4t} plugin create ${helloFiles[runtime]} --name hello-${runtime} --runtime ${runtime} --mode sync`,
  `                ${s4t} plugin inject ${board} hello-${runtime}`,
  `                ${s4t} plugin call ${board} hello-${runtime} --params '{"name":"you"}'`,
];

/** A shell, and a port of the board here: they stay until they are left. */
const reachLines = (s4t: string, board: string, url: string): readonly string[] => [
  "",
  "  Reach in, until you leave:",
  `                ${s4t} shell ${board}`,
  `                ${s4t} forward ${board} 9999:127.0.0.1:${new URL(url).port}`,
  "                … and its port is here: http://127.0.0.1:9999",
];

/** The text. Every command in it works when pasted into a second terminal in this folder. */
export const tellStory = (story: Story): string => {
  const { url, link, managedAt, folder, board, runtimes, tookMs, remembered, lanUrl } = story;
  const s4t = remembered ? "./s4t" : `S4T_DATA=${quoted(folder)} ./s4t`;
  const lines = [
    "",
    `  Stack4Things is running (ready in ${(tookMs / 1_000).toFixed(1)} s).`,
    "",
    managedAt === null
      ? "  Portal        open this link once, within 15 minutes; it signs you in:"
      : `  Portal        sign in with your name and password of the Keystone at ${managedAt}:`,
    `                ${link}`,
    `  API           ${url}/api/docs`,
    ...(lanUrl === null
      ? []
      : [`  On the LAN    ${lanUrl}  (its own authority vouches for it: ${folder}/ca.pem)`]),
    `  Data          ${folder}${managedAt === null ? "  (admin.json holds the password)" : ""}`,
    board === null
      ? "  This machine  is no board: the setting `board` is off"
      : `  This machine  is the board ${board}`,
    ...demoLines(story),
    "",
    "  Try, in a second terminal in this folder:",
    `                ${s4t} board list`,
    ...(board === null
      ? []
      : [
          `                ${s4t} board ping ${quoted(board)}`,
          `                ${s4t} board info ${quoted(board)}`,
          `                ${s4t} board watch ${quoted(board)} --count 2`,
          ...runtimes.flatMap((runtime) => pluginLines(s4t, quoted(board), runtime)),
        ]),
    `                ${s4t} audit verify`,
    ...(board === null ? [] : reachLines(s4t, quoted(board), url)),
    "",
    `  Add a board   ${s4t} board create my-board      then paste what it prints ${lanUrl === null ? "in a third terminal; for other machines start with --listen 0.0.0.0" : "on the other machine"}`,
    "  Stop          Ctrl-C     Restart: npm start again, everything is kept",
    `  Reset         stop, then rm -r ${quoted(folder)}`,
    "",
  ];
  return lines.join("\n");
};
