// A program's own name (User-Agent), as a person knows it.

const browsers = [
  ["Edg/", "Edge"],
  ["OPR/", "Opera"],
  ["Firefox/", "Firefox"],
  ["Chrome/", "Chrome"],
  ["Safari/", "Safari"],
] as const;
const systems = [
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  ["Android", "Android"],
  ["Windows", "Windows"],
  ["Mac OS X", "macOS"],
  ["Linux", "Linux"],
] as const;

/** `Firefox, Linux`; of what is no browser its first word. */
export const programOf = (agent: string | null): string => {
  if (agent === null) return "–";
  if (!agent.startsWith("Mozilla/")) return agent.split(" ", 1)[0] ?? agent;
  const known = (table: readonly (readonly [string, string])[]) =>
    table.find(([word]) => agent.includes(word))?.[1];
  return [known(browsers), known(systems)].filter(Boolean).join(", ") || "–";
};
