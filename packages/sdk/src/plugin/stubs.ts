// What an editor needs to help with a plugin: the board's side of the function that it is. They are written beside a new plugin and
// never sent to a board. What they promise is kept by the host programs of the agent, which a test compares with them.
import type { PluginRuntime } from "@s4t/contract";

const node = `/** What a plugin is given beside its parameters. */
export interface Context {
  /** Lines of the plugin's log; what is printed is a line too. */
  readonly log: Readonly<Record<"debug" | "info" | "warn" | "error", (...parts: unknown[]) => void>>;
  /** A measured value of the board: \`emit("temperature", 21.5, "Cel")\`. Units are UCUM; "1" unless said. */
  emit(series: string, value: number, unit?: string): void;
  /** A JSON document of at most 1 MiB that survives; each change is on the disk when the call returns. */
  readonly state: {
    // biome-ignore lint/suspicious/noExplicitAny: a plugin knows what it kept
    get(key: string): any;
    set(key: string, value: unknown): void;
    delete(key: string): void;
    keys(): string[];
  };
  /** Which board this is. */
  readonly board: { readonly uuid: string; readonly name: string };
  /** Aborts when the plugin is to stop: a call is not wanted any more, or the plugin was stopped. */
  readonly signal: AbortSignal;
}

/** The default export of a plugin. What a synchronous one returns, as JSON, is the answer. */
// biome-ignore lint/suspicious/noExplicitAny: parameters are what the plugin's schema says, and what it answers is its own affair
export type Plugin<Parameters = any> = (parameters: Parameters, context: Context) => any;
`;

const python = `# For editors and type checkers alone; a board has no such module. They take the branch, a board does not:
#
#     TYPE_CHECKING = False
#     if TYPE_CHECKING:
#         from s4t import Context
#
#     def main(params: dict, ctx: "Context"): ...
from typing import Any

class Log:
    """Lines of the plugin's log; what is printed is a line too."""

    def debug(self, *parts: object) -> None: ...
    def info(self, *parts: object) -> None: ...
    def warn(self, *parts: object) -> None: ...
    def warning(self, *parts: object) -> None: ...
    def error(self, *parts: object) -> None: ...

class State:
    """A JSON document of at most 1 MiB that survives; each change is on the disk when the call returns."""

    def get(self, key: str, default: Any = None) -> Any: ...
    def set(self, key: str, value: Any) -> None: ...
    def delete(self, key: str) -> None: ...
    def keys(self) -> list[str]: ...

class Board:
    uuid: str
    name: str

class Stopping:
    """Set when the plugin is to stop: a call is not wanted any more, or the plugin was stopped."""

    def is_set(self) -> bool: ...
    def wait(self, seconds: float | None = None) -> bool: ...

class Context:
    log: Log
    state: State
    board: Board
    stopping: Stopping

    def emit(self, series: str, value: float, unit: str = "1") -> None:
        """A measured value of the board: emit("temperature", 21.5, "Cel"). Units are UCUM."""
`;

/** The file beside a plugin of a runtime. */
export const pluginStubs: Readonly<
  Record<PluginRuntime, { readonly file: string; readonly text: string }>
> = {
  node: { file: "plugin.d.ts", text: node },
  python: { file: "s4t.pyi", text: python },
};
