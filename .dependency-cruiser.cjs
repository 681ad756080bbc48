// Who may import whom. Each rule is one line of ARCHITECTURE.md; its comment is the reason. `scripts/check/arch.ts` runs it,
// counts what was looked at, and plants a violation as this file's own test.
const never = (name, comment, from, to) => ({ name, comment, severity: "error", from, to });
const notTests = "\\.(test|conformance)\\.tsx?$";

module.exports = {
  forbidden: [
    never(
      "packages-not-apps",
      "libraries know no program",
      { path: "^packages/" },
      { path: "^apps/" },
    ),
    never(
      "apps-not-apps",
      "programs meet on the wire",
      { path: "^apps/([^/]+)/", pathNot: [notTests, "^apps/simulator/", "^apps/[^/]+/test/"] },
      { path: "^apps/", pathNot: ["^apps/$1/"] },
    ),
    never(
      "simulator-is-many-agents",
      "simulated boards are the agent's own code, and nothing else of any program",
      { path: "^apps/simulator/" },
      { path: "^apps/", pathNot: ["^apps/simulator/", "^apps/lightning-rod/src/compose\\.ts$"] },
    ),
    never(
      "kit-is-the-ground",
      "everything stands on kit",
      { path: "^packages/kit/src/", pathNot: notTests },
      { path: "^(packages|apps)/", pathNot: "^packages/kit/" },
    ),
    never(
      "protocols-know-no-product",
      "wamp and tunnel can be used by strangers, each without the other",
      { path: "^packages/(wamp|tunnel)/src/", pathNot: notTests },
      { path: "^(packages|apps)/", pathNot: "^packages/($1|kit)/" },
    ),
    never(
      "contract-is-data",
      "what may be said depends on nothing that says it",
      { path: "^packages/contract/src/", pathNot: notTests },
      { path: "^(packages|apps)/", pathNot: "^packages/(contract|kit)/" },
    ),
    never(
      "sdk-is-small",
      "users install one package; shells, files and forwards are streams of a tunnel, which a client dials too",
      { path: "^packages/sdk/src/", pathNot: notTests },
      { path: "^(packages|apps)/", pathNot: "^packages/(sdk|contract|kit|tunnel)/" },
    ),
    never(
      "faces-use-the-sdk",
      "what the API cannot do, portal and command line cannot do",
      { path: "^apps/(portal|cli)/src/", pathNot: notTests },
      { path: "^(packages|apps)/", pathNot: "^(packages/(sdk|kit)/|apps/(portal|cli)/)" },
    ),
    never(
      "cores-without-node",
      "cores run in browsers too",
      {
        path: "^packages/(kit|contract|wamp|tunnel|sdk)/src/",
        pathNot: ["^packages/[^/]+/src/node/", notTests],
      },
      { dependencyTypes: ["core"] },
    ),
    never(
      "modules-without-technology",
      "a module knows its noun, not how it is stored, sent or served",
      { path: "^apps/iotronic/src/modules/", pathNot: notTests },
      {
        path: "^apps/iotronic/src/(drivers|http|gateway|compose)|^node_modules/(fastify|pg|ws|pino)/|^packages/(wamp|tunnel)/",
      },
    ),
    never(
      "modules-by-their-face",
      "another module's inside is its own business",
      { path: "^apps/iotronic/src/modules/([^/]+)/", pathNot: notTests },
      {
        path: "^apps/iotronic/src/modules/([^/]+)/",
        pathNot: ["^apps/iotronic/src/modules/$1/", "^apps/iotronic/src/modules/[^/]+/index\\.ts$"],
      },
    ),
    never(
      "identity-and-audit-first",
      "everything else depends on them",
      { path: "^apps/iotronic/src/modules/(identity|audit)/", pathNot: notTests },
      {
        path: "^apps/iotronic/src/modules/",
        pathNot: "^apps/iotronic/src/modules/(identity|audit)/",
      },
    ),
    never(
      "sql-in-stores",
      "only stores, migrations and drivers speak SQL",
      {
        path: "^(apps|packages)/",
        pathNot: [
          "/store\\.ts$",
          "/[a-z-]+-store\\.ts$",
          "/migrations/",
          "/drivers/(database|observations)/",
          "/ports/database",
          "/edge/statement",
          notTests,
          "^apps/iotronic/test/",
          "^scripts/",
        ],
      },
      { path: "^node_modules/kysely/" },
    ),
    never(
      "drivers-see-their-port",
      "a filling knows its promise and nothing else",
      { path: "^apps/iotronic/src/drivers/([^/]+)/([^/]+)/", pathNot: notTests },
      {
        path: "^apps/iotronic/src/",
        pathNot: [
          "^apps/iotronic/src/drivers/$1/$2/",
          "^apps/iotronic/src/ports/",
          "^apps/iotronic/src/migrations/",
          "^apps/iotronic/src/policy/",
          "^apps/iotronic/src/technology/",
        ],
      },
    ),
    never(
      "technology-only-for-drivers",
      "what several fillings need of one technology is theirs, and knows none of them",
      {
        path: "^apps/iotronic/src/",
        pathNot: ["^apps/iotronic/src/(drivers|technology)/", notTests],
      },
      { path: "^apps/iotronic/src/technology/" },
    ),
    never(
      "technology-knows-nobody",
      "it could stand in any program",
      { path: "^apps/iotronic/src/technology/", pathNot: notTests },
      { path: "^apps/iotronic/src/", pathNot: "^apps/iotronic/src/technology/" },
    ),
    never(
      "drivers-by-dynamic-import",
      "an unused technology is never loaded",
      { path: "^apps/iotronic/src/compose", pathNot: notTests },
      { path: "^apps/iotronic/src/drivers/", dynamic: false, dependencyTypesNot: ["type-only"] },
    ),
    never(
      "drivers-only-from-compose",
      "one parts list",
      { path: "^apps/iotronic/src/", pathNot: ["^apps/iotronic/src/(drivers|compose)", notTests] },
      { path: "^apps/iotronic/src/drivers/" },
    ),
    never(
      "edges-not-modules",
      "routes, procedures and targets are handed to them",
      { path: "^apps/iotronic/src/(http|link|gateway)/", pathNot: notTests },
      { path: "^apps/iotronic/src/modules/" },
    ),
    never(
      "policy-is-pure",
      "a decision needs no world",
      { path: "^apps/iotronic/src/policy/", pathNot: notTests },
      {
        path: "^(apps/iotronic/src/|node_modules)",
        pathNot: ["^apps/iotronic/src/policy/", "^node_modules/typebox"],
      },
    ),
    never(
      "features-apart",
      "one ability a folder",
      { path: "^apps/lightning-rod/src/features/([^/]+)/", pathNot: notTests },
      {
        path: "^apps/lightning-rod/src/features/",
        pathNot: "^apps/lightning-rod/src/features/($1/|feature\\.ts$)",
      },
    ),
    never(
      "plan-is-pure",
      "what to do is decided without doing",
      { path: "^apps/lightning-rod/src/target/plan\\.ts$" },
      { path: "^apps/lightning-rod/src/(features|platform)/" },
    ),
    never(
      "features-through-platform",
      "the operating system is a port",
      { path: "^apps/lightning-rod/src/features/", pathNot: notTests },
      { path: "^(fs|child_process|os|net)(/|$)", dependencyTypes: ["core"] },
    ),
    never(
      "agent-stays-small",
      "boards have little memory and no registry",
      { path: "^apps/lightning-rod/src/", pathNot: notTests },
      { path: "^node_modules/", pathNot: "^node_modules/(typebox|ws|@types)/" },
    ),
    never(
      "pages-apart",
      "a page can be read and removed alone",
      { path: "^apps/portal/src/pages/([^/]+)/", pathNot: notTests },
      { path: "^apps/portal/src/pages/", pathNot: "^apps/portal/src/pages/$1/" },
    ),
    never(
      "ui-is-only-looks",
      "components know no data source",
      { path: "^apps/portal/src/ui/", pathNot: notTests },
      { path: "^apps/portal/src/(pages|live)/" },
    ),
    never(
      "sources-not-tests",
      "what ships does not depend on its proof",
      { path: "^(apps|packages)/[^/]+/src/", pathNot: notTests },
      { path: "\\.(test|conformance)\\.tsx?$|^e2e/|^apps/[^/]+/test/" },
    ),
    never(
      "no-cycles",
      "each part can be understood alone",
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    ),
    never(
      "by-the-front-door",
      "another package's inside is its own business",
      { path: "^(apps|packages)/([^/]+)/" },
      {
        path: "^packages/([^/]+)/(src|dist)/",
        pathNot: [
          "^$1/$2/",
          "^packages/[^/]+/src/(index|node/(index|client|websocket/index))\\.ts$",
        ],
      },
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["source", "import", "types", "default", "node"],
      extensions: [".ts", ".tsx", ".js", ".mjs", ".json"],
    },
  },
};
