// A process of durable writers: `FOLDER FLUSHING REQUEST THREAD CLIENTS SECONDS`; prints what it measured as one line of JSON.
// THREAD `worker` puts the whole store into a worker thread: a message there and back for each request, and nothing else.
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { runClients } from "../store/clients.ts";
import { type Flushing, openStack, type Request } from "../store/stack.ts";

const warmUpSeconds = 1;
const args = (isMainThread ? process.argv.slice(2) : workerData) as string[];
const [
  folder = "",
  flushing = "pool",
  kind = "entry",
  thread = "main",
  clients = "64",
  seconds = "2",
] = args;
const open = () => openStack(folder, flushing as Flushing, kind as Request, Number(clients));

const openWorker = async () => {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: args });
  const waiting = new Map<number, () => void>();
  let last = 0;
  await new Promise((resolve) => worker.once("message", resolve));
  worker.on("message", (id: number) => {
    waiting.get(id)?.();
    waiting.delete(id);
  });
  return {
    request: (client: number) =>
      new Promise<void>((resolve) => {
        last += 1;
        waiting.set(last, resolve);
        worker.postMessage({ id: last, client });
      }),
    close: async () => {
      const ended = new Promise((resolve) => worker.once("exit", resolve));
      worker.postMessage(null);
      await ended;
    },
  };
};

if (isMainThread) {
  const stack = thread === "worker" ? await openWorker() : await open();
  const outcome = await runClients(stack.request, {
    clients: Number(clients),
    seconds: Number(seconds),
    warmUpSeconds,
  });
  await stack.close();
  console.log(JSON.stringify(outcome));
} else {
  const stack = await open();
  parentPort?.on("message", (asked: { id: number; client: number } | null) => {
    if (asked) void stack.request(asked.client).then(() => parentPort?.postMessage(asked.id));
    else void stack.close().then(() => parentPort?.close());
  });
  parentPort?.postMessage("ready");
}
