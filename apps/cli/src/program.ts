// The tree of commands. A noun's file is loaded only when it is asked for, or when the whole tree is.
import { RELEASE } from "@s4t/sdk";
import { Command } from "commander";

type Register = (program: Command) => void;

/** Nouns and what they are about. */
export const nouns: Readonly<
  Record<string, { readonly about: string; readonly load: () => Promise<{ register: Register }> }>
> = {
  up: { about: "run a cloud here", load: () => import("./nouns/up.ts") },
  login: { about: "sign in to a cloud", load: () => import("./nouns/login.ts") },
  logout: { about: "forget the sign-in", load: () => import("./nouns/login.ts") },
  whoami: { about: "who am I, and where", load: () => import("./nouns/login.ts") },
  board: {
    about: "boards: register, enrol, look, command",
    load: () => import("./nouns/board.ts"),
  },
  agent: { about: "the agent on this machine", load: () => import("./nouns/agent.ts") },
  op: { about: "operations under way and ended", load: () => import("./nouns/op.ts") },
  audit: { about: "the tamper-evident record", load: () => import("./nouns/audit.ts") },
  user: { about: "users", load: () => import("./nouns/user.ts") },
  project: { about: "projects and their members", load: () => import("./nouns/project.ts") },
  token: { about: "my sessions and tokens", load: () => import("./nouns/token.ts") },
  credential: { about: "application credentials", load: () => import("./nouns/credential.ts") },
  backup: {
    about: "a copy of everything, while the cloud runs",
    load: () => import("./nouns/backup.ts"),
  },
  restore: { about: "bring a backup back", load: () => import("./nouns/backup.ts") },
  config: { about: "settings in force", load: () => import("./nouns/config.ts") },
  completion: {
    about: "completion for bash, zsh and fish",
    load: () => import("./nouns/completion.ts"),
  },
  version: {
    about: "release of this program and of the cloud",
    load: () => import("./nouns/version.ts"),
  },
};

const newProgram = (): Command =>
  new Command("s4t")
    .description("Stack4Things: boards of a city as software-defined infrastructure")
    .version(RELEASE)
    .option("--json", "print JSON")
    .option("--project <name>", "project, by id or name; all for every one that you reach")
    .option("--url <address>", "address of the cloud")
    .option("-q, --quiet", "print ids only")
    .option("--yes", "do not ask before what cannot be undone")
    // Before any command is added: they inherit it, and with it the exit code of a line that cannot be understood.
    .exitOverride()
    .showHelpAfterError("(help: add --help)")
    .enablePositionalOptions(false)
    .configureHelp({ sortSubcommands: false, showGlobalOptions: true });

/** The program with the noun that the arguments name, others as bare lines of help; or with all. */
export const createProgram = async (wanted: string | "all"): Promise<Command> => {
  const program = newProgram();
  const loaded = new Set<Register>();
  for (const [name, { about, load }] of Object.entries(nouns)) {
    if (wanted === "all" || wanted === name) {
      const { register } = await load();
      if (!loaded.has(register)) register(program);
      loaded.add(register);
    } else program.command(name).description(about);
  }
  return program;
};

const valued: ReadonlySet<string> = new Set(["--project", "--url"]);

/** The noun that a line means: its first word that is neither an option nor an option's value. */
export const nounOf = (args: readonly string[]): string => {
  const at = args.findIndex((word, i) => !word.startsWith("-") && !valued.has(args[i - 1] ?? ""));
  const word = args[at] ?? "";
  return Object.hasOwn(nouns, word) ? word : "none";
};

/** Whether a command has options of this name; for completion. */
export const optionNames = (command: Command): string[] =>
  command.options.map((option) => option.long ?? option.short ?? "");
