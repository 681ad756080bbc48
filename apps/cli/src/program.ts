// The tree of commands. A noun's file is loaded only when it is asked for, or when the whole tree is.
import { RELEASE } from "@s4t/sdk";
import { Command } from "commander";

/** Adds a noun's commands. `whole` makes the program with every noun, for who describes it. */
type Register = (program: Command, whole: () => Promise<Command>) => void;

/** Nouns and what they are about. */
export const nouns: Readonly<
  Record<string, { readonly about: string; readonly load: () => Promise<Register> }>
> = {
  up: { about: "run a cloud here", load: async () => (await import("./nouns/up.ts")).register },
  login: {
    about: "sign in to a cloud",
    load: async () => (await import("./nouns/login.ts")).registerLogin,
  },
  logout: {
    about: "forget the sign-in",
    load: async () => (await import("./nouns/login.ts")).registerLogout,
  },
  whoami: {
    about: "who am I, and where",
    load: async () => (await import("./nouns/login.ts")).registerWhoami,
  },
  board: {
    about: "boards: register, enrol, look, command",
    load: async () => (await import("./nouns/board.ts")).register,
  },
  fleet: {
    about: "fleets: boards that belong together",
    load: async () => (await import("./nouns/fleet.ts")).register,
  },
  bulk: {
    about: "one action on many boards",
    load: async () => (await import("./nouns/bulk.ts")).register,
  },
  delegation: {
    about: "delegations: boards that somebody outside of the project may do something with",
    load: async () => (await import("./nouns/delegation.ts")).register,
  },
  plugin: {
    about: "plugins: code that runs on boards",
    load: async () => (await import("./nouns/plugin.ts")).register,
  },
  agent: {
    about: "the agent on this machine",
    load: async () => (await import("./nouns/agent.ts")).register,
  },
  simulate: {
    about: "play many boards against a cloud",
    load: async () => (await import("./nouns/simulate.ts")).register,
  },
  router: {
    about: "run a WAMP router here",
    load: async () => (await import("./nouns/router.ts")).register,
  },
  service: {
    about: "what listens on boards, and opening it",
    load: async () => (await import("./nouns/service.ts")).register,
  },
  connection: {
    about: "who is connected to a board through the cloud",
    load: async () => (await import("./nouns/connection.ts")).register,
  },
  forward: {
    about: "ports of this machine that lead to what a board reaches",
    load: async () => (await import("./nouns/forward.ts")).register,
  },
  ssh: {
    about: "this machine's ssh to a board's own SSH server",
    load: async () => (await import("./nouns/ssh.ts")).register,
  },
  shell: {
    about: "a shell on a board",
    load: async () => (await import("./nouns/shell.ts")).register,
  },
  file: {
    about: "files of a board: list, get, put",
    load: async () => (await import("./nouns/file.ts")).register,
  },
  op: {
    about: "operations under way and ended",
    load: async () => (await import("./nouns/op.ts")).register,
  },
  audit: {
    about: "the tamper-evident record",
    load: async () => (await import("./nouns/audit.ts")).register,
  },
  user: { about: "users", load: async () => (await import("./nouns/user.ts")).register },
  project: {
    about: "projects and their members",
    load: async () => (await import("./nouns/project.ts")).register,
  },
  account: {
    about: "my password and mail address",
    load: async () => (await import("./nouns/account.ts")).register,
  },
  "second-factor": {
    about: "codes that my sign-in asks for besides the password",
    load: async () => (await import("./nouns/second-factor.ts")).register,
  },
  token: {
    about: "my sessions and tokens",
    load: async () => (await import("./nouns/token.ts")).register,
  },
  credential: {
    about: "application credentials",
    load: async () => (await import("./nouns/credential.ts")).register,
  },
  authority: {
    about: "who vouches for the cloud beyond its own machine",
    load: async () => (await import("./nouns/authority.ts")).register,
  },
  backup: {
    about: "a copy of everything, while the cloud runs",
    load: async () => (await import("./nouns/backup.ts")).registerBackup,
  },
  restore: {
    about: "bring a backup back",
    load: async () => (await import("./nouns/backup.ts")).registerRestore,
  },
  config: {
    about: "settings in force",
    load: async () => (await import("./nouns/config.ts")).register,
  },
  completion: {
    about: "completion for bash, zsh and fish",
    load: async () => (await import("./nouns/completion.ts")).register,
  },
  version: {
    about: "release of this program and of the cloud",
    load: async () => (await import("./nouns/version.ts")).register,
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
  for (const [name, { about, load }] of Object.entries(nouns)) {
    if (wanted === "all" || wanted === name) (await load())(program, () => createProgram("all"));
    else program.command(name).description(about);
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
