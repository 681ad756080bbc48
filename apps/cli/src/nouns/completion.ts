import { fail } from "@s4t/sdk";
import type { Command } from "commander";
import { examples, run } from "../context.ts";

/** Words that may follow each command line so far. */
const wordsOf = (program: Command): Map<string, string[]> => {
  const words = new Map<string, string[]>();
  const visit = (command: Command, path: string): void => {
    const options = [...command.options, ...program.options]
      .map((option) => option.long ?? "")
      .filter(Boolean);
    words.set(path, [...command.commands.map((each) => each.name()), ...options]);
    for (const each of command.commands) visit(each, `${path} ${each.name()}`.trim());
  };
  visit(program, "");
  return words;
};

const bash = (words: Map<string, string[]>): string =>
  [
    "_s4t() {",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's own
    '  local line="${COMP_WORDS[*]:1:COMP_CWORD-1}" current="${COMP_WORDS[COMP_CWORD]}" words=""',
    '  case "$line" in',
    ...[...words]
      .filter(([path]) => path !== "")
      .sort(([a], [b]) => b.length - a.length)
      .map(([path, list]) => `    "${path}"*) words="${list.join(" ")}" ;;`),
    `    *) words="${(words.get("") ?? []).join(" ")}" ;;`,
    "  esac",
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    "}",
    "complete -F _s4t s4t ./s4t",
    "",
  ].join("\n");

const zsh = (words: Map<string, string[]>): string =>
  `#compdef s4t\nautoload -U +X bashcompinit && bashcompinit\n${bash(words)}`;

const fish = (words: Map<string, string[]>): string =>
  [...words]
    .flatMap(([path, list]) => {
      const condition =
        path === ""
          ? "__fish_use_subcommand"
          : path
              .split(" ")
              .map((word) => `__fish_seen_subcommand_from ${word}`)
              .join("; and ");
      return list
        .filter((word) => !word.startsWith("--"))
        .map((word) => `complete -c s4t -f -n '${condition}' -a ${word}`);
    })
    .concat("")
    .join("\n");

export const register = (program: Command, whole: () => Promise<Command>): void => {
  const completion = program
    .command("completion")
    .description("print a completion script")
    .argument("<shell>", "bash, zsh or fish");
  examples(
    completion,
    "completion bash > ~/.local/share/bash-completion/completions/s4t",
    "completion fish > ~/.config/fish/completions/s4t.fish",
  );
  run(completion, async ({ out }, [shell = ""]) => {
    const makers: Readonly<Record<string, (words: Map<string, string[]>) => string>> = {
      bash,
      zsh,
      fish,
    };
    const make = Object.hasOwn(makers, shell) ? makers[shell] : undefined;
    if (!make)
      throw fail("request.invalid", { where: "shell", because: "must be bash, zsh or fish" });
    out.raw(make(wordsOf(await whole())));
  });
};
