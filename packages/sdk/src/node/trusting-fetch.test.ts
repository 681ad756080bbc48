import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@s4t/sdk";
import { trustingFetch } from "@s4t/sdk/node";
import { afterAll, beforeAll, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "s4t-tls-"));
const received: string[] = [];

/** A key and a certificate that vouches for itself on loopback. */
const makeCertificate = (name: string): { key: Buffer; cert: Buffer } => {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  const request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split(" ");
  const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"];
  execFileSync("openssl", [...request, ...subject, "-keyout", key, "-out", cert], {
    stdio: "ignore",
  });
  return { key: readFileSync(key), cert: readFileSync(cert) };
};
const ours = makeCertificate("ours");
const theirs = makeCertificate("theirs");
const server = createServer(ours, async (request, response) => {
  let body = "";
  for await (const piece of request) body += String(piece);
  received.push(body);
  const isBackup = request.url === "/api/backup";
  if (isBackup && request.method === "PUT") return response.writeHead(204).end();
  const type = isBackup ? "application/octet-stream" : "application/json";
  response.writeHead(200, { "content-type": type });
  response.end(isBackup ? "all of it" : '{"name":"cloud"}');
});
let url: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

it("speaks with the cloud whose authority is pinned", async () => {
  const fetch = trustingFetch({ ca: String(ours.cert) });
  await expect(createClient({ url, fetch }).cloud.about()).resolves.toEqual({ name: "cloud" });
});

it.each([
  ["another authority is pinned", { ca: String(theirs.cert) }],
  ["the machine does not know the authority", {}],
])("refuses the cloud when %s, before anything was sent", async (_, trust) => {
  received.length = 0;
  const call = createClient({ url, auth: "secret", fetch: trustingFetch(trust) }).cloud.config();
  await expect(call).rejects.toMatchObject({
    code: "cloud.unreachable",
    message: expect.stringContaining("its certificate is not trusted"),
  });
  expect(received).toEqual([]);
});

it("streams bytes both ways", async () => {
  const client = createClient({ url, fetch: trustingFetch({ ca: String(ours.cert) }) });
  await expect(new Response(await client.cloud.backup()).text()).resolves.toBe("all of it");
  received.length = 0;
  const bytes = new Blob(["put ", "this"]).stream();
  await expect(client.cloud.restore({ bytes })).resolves.toBeNull();
  expect(received).toEqual(["put this"]);
});
