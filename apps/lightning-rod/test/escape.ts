// What a plugin must not be able to do, as data: attempts × languages × levels. `stopped` is a promise that the guide makes;
// `open` is what a level does not stop, said there too: a row that is stopped after all is as red as one that is not. Which line of
// the guide an attempt stands for is said here, and a test compares the two.

export type Outcome = "stopped" | "open";
/**
 * `full`: in a sandbox. `kernel`: a user of its own, without a sandbox. `limits`: the agent's own user, an ordinary one, without a
 * sandbox.
 */
export type Level = "full" | "kernel" | "limits";
type Expected = Readonly<Record<Level, Outcome>>;

interface Attempt {
  readonly name: string;
  /** Its line in the guide's table of what a level stops, or its point of what is left open. */
  readonly line: string;
  /**
   * Body of the function. It answers true where it got what it wanted, or the path of what it wrote: whether that is there is looked
   * at from outside, since a sandbox has folders of its own under the same names. An exception is no.
   */
  readonly node: string | null;
  readonly python: string | null;
  readonly expected: { readonly node: Expected | null; readonly python: Expected | null };
  readonly needs?: { readonly network?: boolean; readonly children?: boolean };
  /** Whether a plugin that cannot be held is not run at all. */
  readonly isRefusable?: true;
  /** Whether the plugin's next version waits beside it, as `p.next`. */
  readonly hasNext?: true;
}

const all = (outcome: Outcome): Expected => ({ full: outcome, kernel: outcome, limits: outcome });
const never = all("stopped");
/** What another user may not do, and the same one may. */
const byUser: Expected = { full: "stopped", kernel: "stopped", limits: "open" };
/** What only a sandbox stops. */
const bySandbox: Expected = { full: "stopped", kernel: "open", limits: "open" };
const always = all("open");

const reading = (what: string) => ({
  line: "read the agent's key, or another plugin's files or state",
  node: `return fs.readFileSync(p.${what}, "utf8").length > 0;`,
  python: `return len(open(p["${what}"]).read()) > 0`,
  expected: { node: never, python: byUser },
});
const writing = (what: string) => ({
  line: "write into the agent's folder, its own version or another plugin's state",
  node: `fs.writeFileSync(p.${what} + "/written", "x"); return p.${what} + "/written";`,
  python: `open(p["${what}"] + "/written", "w").write("x"); return p["${what}"] + "/written"`,
  expected: { node: never, python: byUser },
});

export const attempts: readonly Attempt[] = [
  { name: "read the agent's key", ...reading("key") },
  { name: "read another plugin's state", ...reading("otherState") },
  { name: "read another plugin's files", ...reading("otherCode") },
  { name: "write into the agent's folder", ...writing("top") },
  { name: "write into its own version", ...writing("ownFolder") },
  { name: "write into another plugin's state", ...writing("otherFolder") },
  {
    name: "leave a file where others look for it (/tmp)",
    line: "leave a file where others look for it (`/tmp`)",
    node: `fs.writeFileSync(p.outside, "x"); return p.outside;`,
    python: `open(p["outside"], "w").write("x"); return p["outside"]`,
    expected: { node: never, python: bySandbox },
  },
  {
    name: "read what the agent was started with",
    line: "read the agent's environment or memory",
    node: `return fs.readFileSync("/proc/" + p.agent + "/environ").length > 0;`,
    python: `return len(open(f"/proc/{p['agent']}/environ", "rb").read()) > 0`,
    expected: { node: never, python: byUser },
  },
  {
    name: "open the agent's memory (as ptrace would)",
    line: "read the agent's environment or memory",
    node: `fs.closeSync(fs.openSync("/proc/" + p.agent + "/mem", "r")); return true;`,
    python: `open(f"/proc/{p['agent']}/mem", "rb").close(); return True`,
    expected: { node: never, python: byUser },
  },
  {
    name: "signal the agent",
    line: "signal the agent or another plugin",
    node: `process.kill(p.agent, 0); return true;`,
    python: `os.kill(p["agent"], 0); return True`,
    expected: { node: byUser, python: byUser },
  },
  {
    name: "signal another plugin",
    line: "signal the agent or another plugin",
    node: `process.kill(p.other, 0); return true;`,
    python: `os.kill(p["other"], 0); return True`,
    expected: { node: byUser, python: byUser },
  },
  {
    name: "signal its own next version, which waits for its end",
    line: "signal its own next version, which waits for its end",
    hasNext: true,
    node: `process.kill(p.next, 0); return true;`,
    python: `os.kill(p["next"], 0); return True`,
    // It has the plugin's user, as the version that ends.
    expected: { node: bySandbox, python: bySandbox },
  },
  {
    name: "see which processes run on the board",
    line: "see which processes run",
    node: `return fs.readdirSync("/proc").includes(String(p.agent));`,
    python: `return str(p["agent"]) in os.listdir("/proc")`,
    expected: { node: never, python: bySandbox },
  },
  {
    name: "start a program that it did not ask for",
    line: "start a program that it did not ask for",
    node: `(await import("node:child_process")).execFileSync("/bin/true"); return true;`,
    python: `import subprocess; subprocess.run(["/bin/true"], check=True); return True`,
    expected: { node: never, python: always },
  },
  {
    name: "connect to a network that it did not ask for",
    line: "use the network, where its version says no (`--no-network`)",
    needs: { network: false },
    node: `const net = await import("node:net");
      return await new Promise((resolve, reject) => {
        const socket = net.connect(p.port, "127.0.0.1", () => { socket.destroy(); resolve(true); });
        socket.on("error", reject);
      });`,
    python: `import socket; socket.create_connection(("127.0.0.1", p["port"]), 3).close(); return True`,
    isRefusable: true,
    expected: { node: never, python: never },
  },
  {
    name: "connect to the board's own loopback, where it may use the network",
    line: "A plugin that may use the network may use all of it",
    node: `const net = await import("node:net");
      return await new Promise((resolve, reject) => {
        const socket = net.connect(p.port, "127.0.0.1", () => { socket.destroy(); resolve(true); });
        socket.on("error", reject);
      });`,
    python: `import socket; socket.create_connection(("127.0.0.1", p["port"]), 3).close(); return True`,
    expected: { node: always, python: always },
  },
  {
    name: "raise its limits",
    line: "raise its limits, use more memory, write a file of 300 MB",
    needs: { children: true },
    node: `const { execFileSync } = await import("node:child_process");
      execFileSync("/bin/sh", ["-c", "ulimit -n 65536"], { stdio: "ignore" }); return true;`,
    python: `import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (65536, 65536)); return True`,
    expected: { node: never, python: never },
  },
  {
    name: "write a file of 300 MB",
    line: "raise its limits, use more memory, write a file of 300 MB",
    node: `const file = fs.openSync(p.ownState + "/large", "w");
      fs.writeSync(file, "x", 300_000_000); return true;`,
    python: `f = open(p["ownState"] + "/large", "wb"); f.seek(300000000); f.write(b"x"); f.flush(); return True`,
    expected: { node: never, python: never },
  },
  {
    name: "fill the disk with many files",
    line: "Filling the disk with many files",
    node: `for (let i = 0; i < 200; i += 1) fs.writeFileSync(p.ownState + "/" + i, "x"); return true;`,
    python: `[open(p["ownState"] + f"/{i}", "w").write("x") for i in range(200)]; return True`,
    expected: { node: always, python: always },
  },
  {
    name: "become root",
    line: "become root, mount, open raw sockets",
    node: `process.setuid(0); return process.getuid() === 0;`,
    python: `os.setuid(0); return True`,
    expected: { node: never, python: never },
  },
  {
    name: "gain rights by a program of root's (no_new_privs)",
    line: "become root, mount, open raw sockets",
    node: null,
    python: `return "NoNewPrivs:\\t1" not in open("/proc/self/status").read()`,
    expected: { node: null, python: never },
  },
  {
    name: "mount",
    line: "become root, mount, open raw sockets",
    node: null,
    python: `import ctypes; return ctypes.CDLL(None).mount(b"none", b"/mnt", b"tmpfs", 0, None) == 0`,
    expected: { node: null, python: never },
  },
  {
    name: "open a raw socket",
    line: "become root, mount, open raw sockets",
    node: null,
    python: `import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); return True`,
    expected: { node: null, python: never },
  },
  {
    // What keeps an ordinary user's plugin from the network is a namespace of users: nothing is to be gained in it.
    name: "mount, kept from the network",
    line: "become root, mount, open raw sockets",
    needs: { network: false },
    node: null,
    python: `import ctypes; return ctypes.CDLL(None).mount(b"none", b"/mnt", b"tmpfs", 0, None) == 0`,
    expected: { node: null, python: never },
  },
  {
    name: "open a raw socket, kept from the network",
    line: "become root, mount, open raw sockets",
    needs: { network: false },
    node: null,
    python: `import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); return True`,
    expected: { node: null, python: never },
  },
  {
    name: "use more memory than its limit",
    line: "raise its limits, use more memory, write a file of 300 MB",
    node: `return Buffer.alloc(400_000_000, 1).length > 0;`,
    python: `return len(bytearray(400000000)) > 0`,
    expected: { node: never, python: never },
  },
  {
    name: "make a world of its own in which it is root (user namespace)",
    line: "Making a user namespace",
    node: null,
    python: `import ctypes
    if os.fork() == 0: os._exit(0 if ctypes.CDLL(None).unshare(0x10000000) == 0 else 1)
    return os.wait()[1] == 0`,
    expected: { node: null, python: always },
  },
];
