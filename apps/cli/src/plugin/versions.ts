// Versions of plugins as the cloud has them: looked at, checked, signed by who owns the project.
import {
  fail,
  type Plugin,
  type PluginVersion,
  paginate,
  signVersion,
  unpackPlugin,
  verifyVersion,
  versionOf,
} from "@s4t/sdk";
import type { Command } from "commander";
import { type Context, examples, run } from "../context.ts";
import { ageText } from "../output.ts";
import { readKeyFile } from "./key-file.ts";
import { packSource } from "./source.ts";

/** An id or its beginning, and no number or `latest`. */
const isVersionId = (text: string): boolean => /^[0-9a-f]{8,64}$/.test(text);

export const shortId = (version: string): string => version.slice(0, 12);

const megabytes = (bytes: number): string =>
  bytes < 1_048_576 ? `${Math.ceil(bytes / 1_024)} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`;

/** Members of a version, as lines. */
export const versionLines = ({
  version,
  number,
  manifest,
  signature,
}: PluginVersion): (readonly [string, string])[] => {
  const { limits, needs, files } = manifest;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return [
    ["version", `${number}, ${version}`],
    ["signed", signature ? `by ${shortId(signature.key)}…` : "not by the project's present key"],
    ["runs", `${manifest.entry} with ${manifest.runtime}, ${manifest.mode}`],
    ["files", `${files.length}, ${megabytes(bytes)}`],
    [
      "limits",
      `${limits.memoryMiB} MiB, ${limits.cpuPercent} % of a processor, ${limits.processes} processes, ${limits.callS} s a call`,
    ],
    [
      "needs",
      [
        needs.network ? "network" : "",
        needs.children ? "other programs" : "",
        ...needs.read.map((path) => `read ${path}`),
        ...needs.write.map((path) => `write ${path}`),
      ]
        .filter((need) => need !== "")
        .join(", ") || "nothing",
    ],
  ];
};

export const printPlugin = ({ out }: Context, plugin: Plugin): void =>
  out.thing(plugin, [
    ["name", plugin.name],
    ["id", plugin.uuid],
    ...(plugin.description ? [["about", plugin.description] as const] : []),
    ["boards", String(plugin.boards)],
    ...versionLines(plugin.latest),
  ]);

/** The blob of a version. */
export const download = async (
  { client, signal }: Context,
  uuid: string,
  version: string,
  project?: string,
): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(
    await new Response(
      await client().plugins.content({
        ...{ params: { uuid, version }, signal },
        ...(project === undefined ? {} : { project }),
      }),
    ).arrayBuffer(),
  );

/** A version whose id, bytes and files were checked here; what the cloud says of it is not believed. */
const inspect = async (context: Context, uuid: string, wanted: string): Promise<PluginVersion> => {
  const found = await context.client().plugins.version({ params: { uuid, version: wanted } });
  if ((await versionOf(found.manifest)) !== found.version)
    throw fail("plugin.damaged", { because: "its manifest is another than its id says" });
  // Who names a version by its id means just that one.
  if (isVersionId(wanted) && !found.version.startsWith(wanted))
    throw fail("plugin.damaged", { because: "the cloud shows another version than this id's" });
  await unpackPlugin(found.manifest, await download(context, uuid, found.version));
  return found;
};

const requireSame = async (version: string, source: string | undefined): Promise<void> => {
  if (source === undefined) return;
  const packed = await packSource(source, {});
  if (packed.version !== version)
    throw fail("plugin.damaged", {
      because: `it is not what ${source} packs to (${packed.version})`,
    });
};

/** Adds `versions`, `verify` and `sign`. */
export const addVersions = (plugin: Command): void => {
  const versions = plugin
    .command("versions")
    .description("list the versions of a plugin, newest first")
    .argument("<plugin>", "id or name");
  examples(versions, "plugin versions hello");
  run(versions, ({ client, out }, [uuid = ""]) =>
    out.list(
      paginate(client().plugins.versions, { params: { uuid }, query: { limit: 200 } }),
      [
        ["number", (row) => String(row.number)],
        ["made", (row) => `${ageText(row.createdAt)} by ${row.createdBy}`],
        ["signed", (row) => (row.signature ? "yes" : "no")],
        ["files", (row) => String(row.manifest.files.length)],
        ["id", (row) => row.version],
      ],
      "None.",
    ),
  );

  const verify = plugin
    .command("verify")
    .description("fetch a version and check id, bytes, files and signature here")
    .argument("<plugin>", "id or name")
    .option("--version-id <version>", "number, id or latest", "latest")
    .option("--source <path>", "must be what this file or folder packs to");
  examples(verify, "plugin verify hello", "plugin verify hello --source ./hello.py");
  run(verify, async (context, [uuid = ""], options: { versionId: string; source?: string }) => {
    const found = await inspect(context, uuid, options.versionId);
    await requireSame(found.version, options.source);
    const { project } = await context.client().plugins.show({ params: { uuid } });
    const { key } = await context.client().projectKeys.show({ params: { uuid: project } });
    const refuse = (because: string) => fail("plugin.signature-invalid", { because });
    if (!found.signature) throw refuse("nobody signed it");
    if (found.signature.key !== key) throw refuse("another key than the project's present one");
    if (!(await verifyVersion(found.version, found.signature)))
      throw refuse("the signature is not of this version");
    context.out.thing({ ...found, status: "verified" }, [
      ...versionLines(found),
      ["", "Id, bytes, files and signature are as they should be."],
    ]);
  });

  const sign = plugin
    .command("sign")
    .description("sign a version with the owner's key, once its bytes were checked here")
    .argument("<plugin>", "id or name")
    .requiredOption("--key <file>", "the owner's key, as project seal made it")
    .option("--version-id <version>", "number, id or latest", "latest")
    .option("--source <path>", "must be what this file or folder packs to");
  examples(sign, "plugin sign hello --key messina.key --source ./hello.py");
  run(
    sign,
    async (context, [uuid = ""], options: { key: string; versionId: string; source?: string }) => {
      const key = await readKeyFile(options.key);
      const found = await inspect(context, uuid, options.versionId);
      await requireSame(found.version, options.source);
      const signed = await context.client().plugins.sign({
        params: { uuid, version: found.version },
        body: await signVersion(found.version, key),
      });
      context.out.thing(signed, versionLines(signed));
    },
  );
};
