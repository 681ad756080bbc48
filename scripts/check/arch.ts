// The import rules, run for real: fails when fewer modules were looked at than there are source files (a checker that cannot
// parse passes everything), and when a planted violation is not found.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import {
  cruise,
  type ICruiseOptions,
  type ICruiseResult,
  type IForbiddenRuleType,
} from "dependency-cruiser";
import { root, sourceFiles } from "../repository.ts";

const configuration = createRequire(import.meta.url)("../../.dependency-cruiser.cjs") as {
  readonly forbidden: IForbiddenRuleType[];
  readonly options: ICruiseOptions;
};

/** Violations, each planted file breaking the one rule that it names. */
const plants: readonly { readonly rule: string; readonly file: string; readonly text: string }[] = [
  {
    rule: "modules-without-technology",
    file: "apps/iotronic/src/modules/planted/planted.ts",
    text: 'import "fastify";\n',
  },
  { rule: "cores-without-node", file: "packages/kit/src/planted.ts", text: 'import "node:fs";\n' },
  {
    rule: "packages-not-apps",
    file: "packages/contract/src/planted.ts",
    text: 'import "../../../apps/iotronic/src/compose.ts";\n',
  },
];

const look = async (): Promise<ICruiseResult> => {
  const { output } = await cruise(["packages", "apps"], {
    ...configuration.options,
    validate: true,
    ruleSet: { forbidden: configuration.forbidden },
    baseDir: root,
    exclude: "^(apps|packages)/[^/]+/(dist|\\.tsbuild)/",
  });
  return output as ICruiseResult;
};

const violationsOf = (result: ICruiseResult) =>
  result.summary.violations.map(
    (violation) => `${violation.rule.name}: ${violation.from} → ${violation.to}`,
  );

/** Complaints about the imports of this checkout; none when all is well. */
export const checkArchitecture = async (): Promise<string[]> => {
  const sources = sourceFiles().filter((file) => /^(packages|apps)\//.test(file));
  for (const { file, text } of plants) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  let result: ICruiseResult;
  try {
    result = await look();
  } finally {
    for (const { file } of plants) rmSync(join(root, file));
    rmSync(join(root, "apps/iotronic/src/modules/planted"), { recursive: true, force: true });
  }
  const looked = new Set(result.modules.map((module) => module.source));
  const missed = sources.filter((file) => !looked.has(file));
  const found = violationsOf(result);
  const isPlanted = (line: string) => plants.some(({ file }) => line.includes(`: ${file} →`));
  return [
    ...missed.map((file) => `not looked at: ${file}`),
    ...plants
      .filter(({ rule, file }) => !found.some((line) => line.startsWith(`${rule}: ${file} →`)))
      .map(({ rule }) => `the planted violation of ${rule} was not found`),
    ...found.filter((line) => !isPlanted(line)),
  ];
};
