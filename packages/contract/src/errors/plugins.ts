import { refused, refusedForNow, unavailable } from "./row.ts";

/** Plugins: their versions, their life on a board, calls. */
export const pluginErrors = {
  "plugin.not-found": refused(404)("notFound", "There is no such plugin, or you may not see it."),
  "plugin.version-not-found": refused(404)("notFound", "The plugin has no such version."),
  "plugin.not-injected": refused(404)("notFound", "The plugin is not on this board."),
  "plugin.name-taken": refused(409)(
    "cannotCreate",
    "A plugin named {name} exists already in this project.",
  ),
  "plugin.in-use": refused(409)(
    "usage",
    "The plugin is still on {boards} boards: remove it there first.",
  ),
  "plugin.version-in-use": refused(409)(
    "usage",
    "The version is still on {boards} boards: put another one there first, or take the plugin off.",
  ),
  "plugin.version-latest": refused(409)(
    "usage",
    "The latest version stays as long as its plugin: add another one first, or remove the plugin.",
  ),
  "plugin.manifest-invalid": refused(422)("data", "The manifest cannot be used: {because}."),
  "plugin.signature-invalid": refused(403)(
    "noPermission",
    "The version is not signed by a key that this board trusts: {because}.",
  ),
  "plugin.unsigned": refused(403)(
    "noPermission",
    "The project is sealed: its owner's key signs a version, as it is created (--key) or afterwards (s4t plugin sign).",
  ),
  "plugin.damaged": refused(422)("data", "The plugin's bytes are not what was signed: {because}."),
  "plugin.unheld": refused(409)("config", "This board runs no plugin as root: {next}."),
  "plugin.network-unheld": refused(409)(
    "config",
    "This board cannot keep the plugin from the network, as its version demands: {next}.",
  ),
  "plugin.runtime-missing": refused(409)("config", "This board has no {runtime}: {next}."),
  "plugin.parameters-invalid": refused(422)(
    "data",
    "The parameters do not fit: {where} {because}.",
  ),
  "plugin.wrong-mode": refused(409)("usage", "The plugin is {mode}: {next}."),
  "plugin.not-running": refused(409)("usage", "The plugin does not run."),
  "plugin.running": refused(409)("usage", "The plugin runs already."),
  "plugin.busy": refusedForNow(429)("tryAgain", "The plugin has {pending} calls waiting already."),
  "plugin.not-ready": unavailable(503)(
    "tryAgain",
    "The plugin is not ready on this board: {because}.",
  ),
  "plugin.failed": refused(422)("software", "The plugin failed: {because}."),
  "plugin.crashed": refused(502)("software", "The plugin's process ended: {because}."),
  "plugin.timed-out": refused(504)(
    "tryAgain",
    "The plugin took longer than {seconds} s and was stopped.",
  ),
  "plugin.canceled": refused(409)("tryAgain", "The call was canceled."),
  "plugin.result-invalid": refused(422)("data", "The plugin's result is not JSON: {because}."),
  "plugin.result-too-large": refused(422)(
    "data",
    "The plugin's result has {bytes} bytes; at most {limit} can be sent.",
  ),
  "blob.not-found": refused(404)("notFound", "There are no such bytes, or you may not see them."),
  "blob.damaged": refused(422)("data", "The bytes are not the ones that the address names."),
  "blob.unnamed-full": refusedForNow(429)(
    "tryAgain",
    "This project has sent bytes that no plugin names yet, and at most {limitBytes} of them may wait: create their plugins, or wait up to an hour until they are removed.",
  ),
  "blob.named-full": refused(409)(
    "cannotCreate",
    "The versions of this project would have {bytes} bytes, and at most {limitBytes} are kept: remove versions that no board needs (s4t plugin remove-version), or plugins.",
  ),
  "blob.range": refused(416)("data", "There are only {size} bytes."),
  "project.sealed": refused(409)("usage", "The project is sealed: its key is with its owner."),
  "project.managed": refused(409)(
    "usage",
    "The project's key is with the cloud, which makes the next one itself.",
  ),
  "project.boards-behind": refusedForNow(409)(
    "tryAgain",
    "{boards} boards have missed the last {changes} changes of the project's key and could follow no other one: let them come back first, or retire those that will not.",
  ),
  "project.key-changed": refused(409)(
    "tryAgain",
    "Somebody else has just changed the project's key.",
  ),
} as const;
