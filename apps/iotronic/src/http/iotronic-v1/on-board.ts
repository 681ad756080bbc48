// What is asked of one board: endpoints 9 to 13. Answers are the strings that agents of the original gave.
import {
  type Board,
  type Injection,
  type Operation,
  type OriginalMethod,
  rest,
} from "@s4t/contract";
import { isS4tError } from "@s4t/kit";
import { getBoard, getOnline } from "./boards.ts";
import { Fault, invalid } from "./fault.ts";
import { pluginIdent } from "./plugins.ts";
import type { Members, V1Request, V1Row } from "./row.ts";
import { booleanOf, momentOf, objectOf, requiredText, requireOnly, textOf } from "./values.ts";
import { parametersIn } from "./version-of-plugin.ts";

/** How long a board may take to settle what it was given. */
export const SETTLE_LIMIT_MS = 60_000;

const failedOn = (board: string, call: string, because: string): Fault =>
  new Fault(500, `Error in the execution of ${call} on ${board}: ${because}`);

/** What a board answered. Throws where it refused, or has not answered yet. */
const resultOf = (operation: Operation, board: string, call: string): unknown => {
  if (operation.status === "done") return operation.result;
  if (operation.endedAt === null)
    throw failedOn(board, call, `no answer yet: request ${operation.uuid} goes on`);
  throw failedOn(board, call, operation.problem?.sentence ?? operation.status);
};

/** Looks, again whenever the board has told something, until what it was given is there or refused. */
export const settled = async <Given extends { readonly entry: Injection["entry"] }>(
  look: () => Promise<Given>,
  {
    board,
    call,
    request,
  }: { readonly board: string; readonly call: string; readonly request: V1Request },
): Promise<Given> => {
  const watch = request.watch(board, SETTLE_LIMIT_MS);
  try {
    do {
      const given = await look();
      if (given.entry.state === "reached") return given;
      if (given.entry.state === "failed")
        throw failedOn(board, call, given.entry.problem?.sentence ?? "it failed");
    } while (await watch.news());
    throw failedOn(board, call, `not done within ${SETTLE_LIMIT_MS / 1_000} s`);
  } finally {
    watch.stop();
  }
};

const nowOn = async (request: V1Request, board: Board): Promise<string> => {
  const { result } = await request.ask(rest.boards.ping, {
    params: { uuid: board.uuid },
    body: {},
  });
  return (result as { boardTime: string }).boardTime.replace(/Z$/, "");
};

const leave = async (
  request: V1Request,
  board: Board,
  verb: "restart" | "reboot",
  call: string,
): Promise<string> => {
  const operation = await request.ask(rest.boards[verb], {
    params: { uuid: board.uuid },
    body: {},
    wait: true,
  });
  const { backWithinS } = resultOf(operation, board.uuid, call) as { backWithinS: number };
  const what = verb === "reboot" ? "Rebooting" : "Restarting";
  return `${what} ${board.name}: back within ${backWithinS} s`;
};

const interfacesOf = async (request: V1Request, board: Board): Promise<string> => {
  const { interfaces } = await request.ask(rest.boards.info, { params: { uuid: board.uuid } });
  return interfaces
    .map(({ name, addresses, mac }) =>
      [
        `${name}:`,
        ...addresses.map((each) => `        ${each.includes(":") ? "inet6" : "inet"} ${each}`),
        ...(mac === null ? [] : [`        ether ${mac}`]),
      ].join("\n"),
    )
    .join("\n\n");
};

type BoardAction = (request: V1Request, board: Board, parameters: Members) => Promise<unknown>;

const boardActions: Readonly<Record<string, BoardAction>> = {
  DevicePing: async (request, board) =>
    `${board.info?.hostname ?? board.name} @ ${await nowOn(request, board)}`,
  DeviceEcho: async (request, board, { say }) => {
    const now = await nowOn(request, board);
    const text = textOf(say, "say");
    return text === undefined ? now : `${text} @ ${now}`;
  },
  DeviceReboot: (request, board) => leave(request, board, "reboot", "DeviceReboot"),
  DeviceRestartLR: (request, board) => leave(request, board, "restart", "DeviceRestartLR"),
  DeviceNetConfig: interfacesOf,
};

/** What the original's agents did and ours do not. */
const missing: Readonly<Record<string, string>> = {
  DeviceUpgradeLR: "agents of this cloud are upgraded with their board's program",
  DevicePkgOperation:
    "it ran a shell as root on text from the network; a plugin can be given what it needs",
  DeviceRestSubmit:
    "it let the cloud ask anything in the board's network; a plugin or a service can",
};

/** Those that the agent answers later: the request goes on. */
const answeredLater = ["DeviceUpgradeLR", "DevicePkgOperation"];

/** The same of a board that runs the original agent, which has it. */
const callOriginal = async (
  request: V1Request,
  board: Board,
  method: OriginalMethod,
  parameters: Members,
): Promise<unknown> => {
  const isLater = answeredLater.includes(method);
  const operation = await request.ask(rest.boards.original, {
    params: { uuid: board.uuid },
    body: { method, args: [parameters] },
    wait: !isLater,
  });
  if (operation.endedAt === null && isLater) return `${method} goes on: request ${operation.uuid}`;
  return (resultOf(operation, board.uuid, method) as { message: unknown }).message;
};

const actOnBoard = async (request: V1Request): Promise<unknown> => {
  const { body } = request;
  requireOnly(body, ["action", "parameters"], []);
  const action = requiredText(body.action, "action");
  const act = Object.hasOwn(boardActions, action) ? boardActions[action] : undefined;
  const parameters = objectOf(body.parameters, "parameters") ?? {};
  const board = await getBoard(request);
  if (Object.hasOwn(missing, action) && board.agent.kind === "original")
    return callOriginal(request, await getOnline(request), action as OriginalMethod, parameters);
  if (Object.hasOwn(missing, action))
    throw invalid(`Action ${action} is not offered here: ${missing[action]}.`);
  if (!act) throw invalid(`Invalid Action ${action.slice(0, 64)} for the board.`);
  await getOnline(request);
  return act(request, board, parameters);
};

const injectionOf = ({ plugin, entry, onBoot, updatedAt }: Injection): Members => ({
  plugin: plugin.uuid,
  status: entry.state === "failed" ? "failed" : "injected",
  onboot: onBoot,
  created_at: momentOf(updatedAt),
  updated_at: momentOf(updatedAt),
});

/** A plugin on the board of the request: where both are. */
const onBoard = (board: Board, ident: string) => ({
  params: { uuid: board.uuid, plugin: pluginIdent(ident) },
  project: board.project,
});

const inject = async (request: V1Request): Promise<string> => {
  const { body } = request;
  requireOnly(body, ["plugin", "onboot", "force"], []);
  const ident = requiredText(body.plugin, "plugin");
  const onBoot = booleanOf(body.onboot, "onboot") ?? false;
  const board = await getOnline(request);
  const { params, project } = onBoard(board, ident);
  const isThere = await request.ask(rest.injections.show, { params, project }).then(
    () => true,
    (error: unknown) => {
      if (isS4tError(error, "plugin.not-injected")) return false;
      throw error;
    },
  );
  await request.ask(rest.injections.inject, {
    params,
    project,
    body: { onBoot, version: "latest" },
  });
  await settled(() => request.ask(rest.injections.show, { params, project }), {
    ...{ board: board.uuid, call: "PluginInject", request },
  });
  return `PluginInject result: ${isThere ? "UPDATED" : "INJECTED"}`;
};

interface OnBoard {
  readonly board: string;
  readonly params: { uuid: string; plugin: string };
  readonly project: string;
  readonly parameters: Members;
}
type PluginAction = (request: V1Request, on: OnBoard) => Promise<unknown>;

const ended = async (
  request: V1Request,
  verb: "start" | "stop" | "restart",
  call: string,
  { board, params, project, parameters }: OnBoard,
): Promise<Operation> => {
  const operation = await request.ask(rest.injections[verb], {
    ...{ params, project, wait: true },
    body: verb === "start" && Object.keys(parameters).length > 0 ? { parameters } : {},
  });
  if (operation.problem?.code !== "plugin.not-running") resultOf(operation, board, call);
  return operation;
};

const pluginActions: Readonly<Record<string, PluginAction>> = {
  async PluginCall(request, { board, params, project, parameters }) {
    const operation = await request.ask(rest.injections.call, {
      ...{ params, project, wait: true },
      body: { parameters: { ...parameters } },
    });
    return (resultOf(operation, board, "PluginCall") as { result: unknown }).result;
  },
  async PluginStart(request, on) {
    await ended(request, "start", "PluginStart", on);
    return "STARTED";
  },
  async PluginStop(request, on) {
    const { problem } = await ended(request, "stop", "PluginStop", on);
    return problem ? `PluginStop - WARNING ${on.params.plugin}  is not running!` : "STOPPED";
  },
  async PluginReboot(request, on) {
    await ended(request, "restart", "PluginReboot", on);
    return "REBOOTED";
  },
  async PluginStatus(request, { params, project }) {
    const { state } = await request.ask(rest.injections.status, { params, project });
    return state === "running" || state === "stopping" ? "ALIVE" : "DEAD";
  },
};
/** Actions whose parameters have to name every one that the plugin has. */
const needParameters = ["PluginCall", "PluginStart", "PluginReboot"];

const actOnPlugin = async (request: V1Request): Promise<unknown> => {
  const { body } = request;
  requireOnly(body, ["action", "parameters"], []);
  const action = requiredText(body.action, "action");
  const act = Object.hasOwn(pluginActions, action) ? pluginActions[action] : undefined;
  if (!act) throw invalid(`Invalid Action ${action.slice(0, 64)} for the plugin.`);
  const parameters = objectOf(body.parameters, "parameters") ?? {};
  const board = await getOnline(request);
  const { params, project } = onBoard(board, request.params.plugin ?? "");
  const plugin = await request.ask(rest.plugins.show, { params: { uuid: params.plugin }, project });
  if (needParameters.includes(action)) {
    const wanted = Object.keys(parametersIn(plugin.latest.manifest));
    const lacking = wanted.filter((name) => !Object.hasOwn(parameters, name));
    if (lacking.length > 0)
      throw invalid(`Action ${action} needs parameters: ${lacking.join(", ")}.`);
  }
  return act(request, {
    board: board.uuid,
    params: { ...params, plugin: plugin.uuid },
    project,
    parameters,
  });
};

export const onBoardRows: readonly V1Row[] = [
  { number: 9, method: "POST", path: "/v1/boards/{board}/action", answer: actOnBoard },
  {
    number: 10,
    method: "GET",
    path: "/v1/boards/{board}/plugins",
    async answer(request) {
      const board = await getBoard(request);
      const params = { uuid: board.uuid };
      const { items } = await request.ask(rest.injections.list, { params, project: board.project });
      return { injections: items.map(injectionOf) };
    },
  },
  { number: 11, method: "PUT", path: "/v1/boards/{board}/plugins", answer: inject },
  { number: 12, method: "POST", path: "/v1/boards/{board}/plugins/{plugin}", answer: actOnPlugin },
  {
    number: 13,
    method: "DELETE",
    path: "/v1/boards/{board}/plugins/{plugin}",
    status: 204,
    async answer(request) {
      const board = await getOnline(request);
      const { params, project } = onBoard(board, request.params.plugin ?? "");
      await request.ask(rest.injections.remove, { params, project });
    },
  },
];
