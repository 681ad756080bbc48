// Kills the real cloud with SIGKILL at random moments while clients write through REST, again and again on the same folder, and
// looks whether everything that it acknowledged is there and fits together.
import { seeded } from "../apps/iotronic/test/random.ts";
import { askDatabase } from "./database.ts";
import { listAll, type RunningCloud, startCloud, temporaryFolder } from "./program.ts";

/** Longest moment after the first acknowledgement at which it is killed: a few hundred group commits. */
const longestLifeMs = 400;
const clients = 8;

/** What a client knows of its board: the last text that was acknowledged, and the last that was sent. */
interface Known {
  readonly uuid: string;
  acknowledged: number;
  sent: number;
}

export interface KillReport {
  /** Writes that were answered with a 2xx. */
  readonly acknowledged: number;
  /** What was not as acknowledged, in words. */
  readonly faults: readonly string[];
  readonly slowestReadyMs: number;
}

/** One client: makes a board, changes it twice, and so on, until the cloud is gone. */
const writeUntilGone = async (
  cloud: RunningCloud,
  name: string,
  known: Known[],
  count: () => void,
): Promise<void> => {
  for (let i = 0; ; i += 1) {
    const made = await cloud.call("POST", "/api/boards", { name: `${name}-${i}` });
    if (made.status !== 201) throw new Error(`a write failed: ${made.text}`);
    const board: Known = { uuid: made.body.board.uuid, acknowledged: 0, sent: 0 };
    known.push(board);
    count();
    for (const text of [1, 2]) {
      board.sent = text;
      const changed = await cloud.call("PATCH", `/api/boards/${board.uuid}`, {
        description: `text ${text}`,
      });
      if (changed.status !== 200) throw new Error(`a write failed: ${changed.text}`);
      board.acknowledged = text;
      count();
    }
  }
};

/** Every state of a board has its change and its audit entry, and no change or entry is without its state. */
export const inconsistencies = async (folder: string): Promise<string[]> => {
  const questions = {
    "boards whose last change is missing":
      "select count(*) as n from boards b where not exists (select 1 from changes c where c.resource_id = b.uuid and c.rev = b.rev)",
    "changes of boards that are not there":
      "select count(*) as n from changes c where c.noun = 'board' and not exists (select 1 from boards b where b.uuid = c.resource_id and b.rev >= c.rev)",
    "boards without an enrolment":
      "select count(*) as n from boards b where not exists (select 1 from boards_enrolments e where e.board_id = b.uuid)",
    "boards whose audit entries are not as many as their changes":
      "select count(*) as n from boards b where (select count(*) from changes c where c.resource_id = b.uuid) <> (select count(*) from audit_entries a where a.resource_id = b.uuid and a.action in ('board.create', 'board.update'))",
  };
  const found: string[] = [];
  for (const [what, statement] of Object.entries(questions)) {
    const [row] = await askDatabase(folder, statement);
    if (Number(row?.n) !== 0) found.push(`${row?.n} ${what}`);
  }
  return found;
};

/** Compares what the cloud says now with what it acknowledged before. */
const faultsOf = async (cloud: RunningCloud, known: readonly Known[]): Promise<string[]> => {
  const faults: string[] = [];
  const boards = new Map<string, string>(
    (await listAll(cloud, "/api/boards")).map((board) => [board.uuid, board.description]),
  );
  for (const { uuid, acknowledged, sent } of known) {
    const text = boards.get(uuid);
    if (text === undefined) faults.push(`board ${uuid} is lost`);
    else {
      const kept = text === "" ? 0 : Number(text.replace("text ", ""));
      if (kept < acknowledged || kept > sent)
        faults.push(`board ${uuid} says ${kept}: ${acknowledged} acknowledged, ${sent} sent`);
    }
  }
  const { body } = await cloud.call("POST", "/api/audit/verify");
  if (!body.intact) faults.push(`audit: ${body.because}`);
  return faults;
};

/** Kills the cloud `rounds` times on one folder. */
export const killClouds = async (rounds: number, seed: number): Promise<KillReport> => {
  const random = seeded(seed);
  const folder = temporaryFolder();
  const known: Known[] = [];
  const faults: string[] = [];
  let acknowledged = 0;
  let slowestReadyMs = 0;
  try {
    for (let round = 0; round <= rounds; round += 1) {
      const cloud = await startCloud(folder.path);
      // The first start makes the folder; those after it find what a kill left.
      if (round > 0) slowestReadyMs = Math.max(slowestReadyMs, cloud.readyMs);
      await cloud.signIn();
      const found = [...(await faultsOf(cloud, known)), ...(await inconsistencies(folder.path))];
      faults.push(...found.map((fault) => `round ${round}: ${fault}`));
      const begun = acknowledged;
      const writing = Array.from({ length: clients }, (_, client) =>
        writeUntilGone(cloud, `b-${round}-${client}`, known, () => {
          acknowledged += 1;
        }).catch((error: unknown) => {
          // A connection that breaks is the kill; a refusal is a fault.
          if (!(error instanceof TypeError)) faults.push(`round ${round}: ${String(error)}`);
        }),
      );
      while (acknowledged === begun) await new Promise((resolve) => setTimeout(resolve, 1));
      await new Promise((resolve) => setTimeout(resolve, random() * longestLifeMs));
      await cloud.kill("SIGKILL");
      await Promise.all(writing);
    }
    return { acknowledged, faults, slowestReadyMs };
  } finally {
    folder.remove();
  }
};
