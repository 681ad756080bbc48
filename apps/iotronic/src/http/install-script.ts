// The script that makes a machine a board. Plain POSIX sh; needs curl, gzip and sha256sum, which it says when they are missing.
// Everything is defined before anything is done: a download that breaks off in the middle runs nothing.

export interface InstallScriptFacts {
  readonly url: string;
  /** SHA-256 of the server's public key, base64; null where the link is plain loopback. */
  readonly pin: string | null;
  /** Machines that the runtime is for: `x64` or `arm64`. */
  readonly arch: string;
  /** SHA-256 of the files, hex. */
  readonly agentHash: string;
  readonly runtimeHash: string;
  /** Of what the agent opens terminals with, for machines of that kind; null where this cloud has none. */
  readonly nativeHash: string | null;
}

/** Oldest Node that the agent runs on. */
export const OLDEST_AGENT_NODE = "20.19";

/** For `--pinnedpubkey`, curl wants the chain's verification off: this pin is stricter than any chain. */
export const curlOptions = (pin: string | null): string =>
  pin === null ? "-fsS" : `-fsSk --pinnedpubkey 'sha256//${pin}'`;

const nativeStep = ({ arch, nativeHash }: InstallScriptFacts): string =>
  nativeHash === null
    ? ":"
    : `[ "$machine" = "${arch}" ] || return 0
  matches "$home/koffi.node" ${nativeHash} && return
  fetch /install/koffi-linux-${arch}.node "$home/koffi.new"
  matches "$home/koffi.new" ${nativeHash} || stop "the terminal module that came is not the one that the cloud announced."
  mv "$home/koffi.new" "$home/koffi.node"`;

/** The text. `sh -s -- [--foreground] ENROLMENT`. */
export const installScript = (facts: InstallScriptFacts): string => {
  const { url, pin, arch, agentHash, runtimeHash } = facts;
  return `#!/bin/sh
# Makes this machine a board of the cloud at ${url}.
#   … | sh -s -- [--foreground] ENROLMENT
set -eu

say() { printf '%s\\n' "$*" >&2; }
stop() { say "Stack4Things: $*"; exit 69; }
fetch() { curl ${curlOptions(pin)} --retry 3 -o "$2" "${url}$1" || stop "${url}$1 could not be fetched."; }
matches() { [ -f "$1" ] && [ "$(sha256sum "$1" | cut -d' ' -f1)" = "$2" ]; }

# A Node of this machine that is new enough, for machines that the cloud has no runtime for.
own_node() {
  command -v node >/dev/null 2>&1 || return 1
  node -e 'const [a,b]=process.versions.node.split(".").map(Number);const [c,d]="${OLDEST_AGENT_NODE}".split(".").map(Number);process.exit(a>c||(a===c&&b>=d)?0:1)' || return 1
  command -v node
}

runtime() {
  case "$(uname -m)" in
    x86_64) machine=x64 ;;
    aarch64) machine=arm64 ;;
    *) machine=other ;;
  esac
  if [ "$machine" != "${arch}" ]; then
    node=$(own_node) || stop "this cloud brings Node for ${arch}; this machine ($(uname -m)) needs Node ${OLDEST_AGENT_NODE} or newer of its own."
    return
  fi
  node=$home/bin/node
  matches "$node" ${runtimeHash} && return
  say "Fetching the runtime (about 55 MB) ..."
  fetch /install/node-linux-${arch}.gz "$home/node.gz"
  gzip -dc "$home/node.gz" >"$home/bin/node.new"
  rm -f "$home/node.gz"
  matches "$home/bin/node.new" ${runtimeHash} || stop "the runtime that came is not the one that the cloud announced."
  chmod 755 "$home/bin/node.new"
  mv "$home/bin/node.new" "$node"
}

agent() {
  matches "$home/agent.mjs" ${agentHash} && return
  fetch /install/agent.mjs "$home/agent.new"
  matches "$home/agent.new" ${agentHash} || stop "the agent that came is not the one that the cloud announced."
  mv "$home/agent.new" "$home/agent.mjs"
}

# What shells on this machine need.
native() {
  ${nativeStep(facts)}
}

main() {
  how=unit
  if [ "\${1-}" = --foreground ]; then how=foreground; shift; fi
  [ $# -eq 1 ] || stop "say the enrolment string: ... | sh -s -- [--foreground] s4t1:..."
  [ "$(uname -s)" = Linux ] || stop "boards run Linux; this machine runs $(uname -s)."
  for tool in curl gzip sha256sum; do
    command -v $tool >/dev/null 2>&1 || stop "$tool is needed and not here. Install it and paste the same line again."
  done
  if [ "$(id -u)" = 0 ]; then
    home=/opt/s4t-agent data=/var/lib/s4t-agent
  else
    home=\${XDG_DATA_HOME:-$HOME/.local/share}/s4t/agent-program data=\${XDG_DATA_HOME:-$HOME/.local/share}/s4t/agent
  fi
  home=\${S4T_AGENT_HOME:-$home} data=\${S4T_AGENT_DATA:-$data}
  { [ "$(id -u)" = 0 ] && [ -d /run/systemd/system ]; } || how=foreground
  umask 022
  mkdir -p "$home/bin" || stop "$home cannot be made."
  runtime
  agent
  native
  printf '#!/bin/sh\\nexec "%s" "%s" "$@"\\n' "$node" "$home/agent.mjs" >"$home/bin/s4t-agent"
  chmod 755 "$home/bin/s4t-agent"
  if [ $how = unit ]; then
    exec "$home/bin/s4t-agent" install --data "$data" --enrol "$1" </dev/null
  fi
  say "This machine is a board for as long as this command runs. Again later: $home/bin/s4t-agent run --data $data"
  exec "$home/bin/s4t-agent" run --data "$data" --enrol "$1" </dev/null
}

main "$@"
`;
};
