// The whole tree of addresses in one place; each page is loaded when it is first opened.
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  parseSearchWith,
  redirect,
  stringifySearchWith,
} from "@tanstack/react-router";
import { ALL_PROJECTS } from "./live/contract.ts";
import { isSessionEnd, sessionQuery } from "./live/session.ts";
import { NotFound, RouteError } from "./shell/faults.tsx";
import { Shell } from "./shell/shell.tsx";
import { loadPageText } from "./text/text.ts";

interface Context {
  readonly queries: QueryClient;
}

/** Text search keys; whatever else stands in the address is dropped. */
const textKeys =
  <Key extends string>(...keys: readonly Key[]) =>
  (search: Record<string, unknown>): { [K in Key]?: string | undefined } => {
    const kept: { [K in Key]?: string | undefined } = {};
    for (const key of keys) {
      const value = search[key];
      if (typeof value === "string" && value !== "") kept[key] = value;
    }
    return kept;
  };

/** A page within the shell, with what it says. */
const page = <Module extends Record<string, unknown>, Name extends keyof Module>(
  load: () => Promise<Module>,
  name: Name,
) =>
  lazyRouteComponent(async () => {
    const [module] = await Promise.all([load(), loadPageText()]);
    return module;
  }, name);

const root = createRootRouteWithContext<Context>()({
  component: Outlet,
  notFoundComponent: NotFound,
  errorComponent: RouteError,
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "sign-in",
  validateSearch: textKeys("next", "problem"),
  component: lazyRouteComponent(() => import("./pages/sign-in/index.tsx"), "SignInPage"),
});

const before = <Name extends "LostPasswordPage" | "NewPasswordPage" | "ConfirmMailPage">(
  name: Name,
) => page(() => import("./pages/lost/index.tsx"), name);

const lostPassword = createRoute({
  getParentRoute: () => root,
  path: "lost-password",
  component: before("LostPasswordPage"),
});

const newPassword = createRoute({
  getParentRoute: () => root,
  path: "new-password",
  component: before("NewPasswordPage"),
});

const confirmMail = createRoute({
  getParentRoute: () => root,
  path: "confirm-mail",
  component: before("ConfirmMailPage"),
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: async ({ context, location }) => {
    const link = /^link=(.+)$/.exec(location.hash);
    if (link?.[1]) throw redirect({ to: "/sign-in", hash: link[1] });
    const session = await context.queries.ensureQueryData(sessionQuery).catch((error: unknown) => {
      if (isSessionEnd(error)) throw redirect({ to: "/sign-in" });
      throw error;
    });
    const project =
      session.projects.find(({ uuid }) => uuid === session.project) ?? session.projects[0];
    throw redirect({
      to: "/$project/boards",
      params: { project: project?.name ?? ALL_PROJECTS },
    });
  },
});

const project = createRoute({
  getParentRoute: () => root,
  path: "$project",
  beforeLoad: async ({ context, location }) => {
    await context.queries.ensureQueryData(sessionQuery).catch((error: unknown) => {
      if (!isSessionEnd(error)) throw error;
      throw redirect({ to: "/sign-in", search: { next: location.href } });
    });
  },
  component: Shell,
});

const boards = createRoute({
  getParentRoute: () => project,
  path: "boards",
  validateSearch: textKeys("status", "q", "sort"),
  component: page(() => import("./pages/boards/index.tsx"), "BoardsPage"),
});

const board = createRoute({
  getParentRoute: () => project,
  path: "boards/$board",
  validateSearch: textKeys("section", "from", "plugin", "path"),
  component: page(() => import("./pages/board/index.tsx"), "BoardPage"),
});

const fleets = createRoute({
  getParentRoute: () => project,
  path: "fleets",
  component: page(() => import("./pages/fleets/index.tsx"), "FleetsPage"),
});

const fleet = createRoute({
  getParentRoute: () => project,
  path: "fleets/$fleet",
  component: page(() => import("./pages/fleet/index.tsx"), "FleetPage"),
});

const enrol = createRoute({
  getParentRoute: () => project,
  path: "enrol",
  validateSearch: textKeys("board"),
  component: page(() => import("./pages/enrol/index.tsx"), "EnrolPage"),
});

const map = createRoute({
  getParentRoute: () => project,
  path: "map",
  validateSearch: textKeys("at", "status"),
  component: page(() => import("./pages/map/index.tsx"), "MapPage"),
});

const plugins = createRoute({
  getParentRoute: () => project,
  path: "plugins",
  validateSearch: textKeys("text"),
  component: page(() => import("./pages/plugins/index.tsx"), "PluginsPage"),
});

const newPlugin = createRoute({
  getParentRoute: () => project,
  path: "plugins/new",
  component: page(() => import("./pages/plugin-editor/index.tsx"), "NewPluginPage"),
});

const plugin = createRoute({
  getParentRoute: () => project,
  path: "plugins/$plugin",
  validateSearch: textKeys("section", "version"),
  component: page(() => import("./pages/plugin/index.tsx"), "PluginPage"),
});

const editPlugin = createRoute({
  getParentRoute: () => project,
  path: "plugins/$plugin/edit",
  component: page(() => import("./pages/plugin-editor/index.tsx"), "EditPluginPage"),
});

const services = createRoute({
  getParentRoute: () => project,
  path: "services",
  component: page(() => import("./pages/services/index.tsx"), "ServicesPage"),
});

const operations = createRoute({
  getParentRoute: () => project,
  path: "operations",
  validateSearch: textKeys("status"),
  component: page(() => import("./pages/operations/index.tsx"), "OperationsPage"),
});

const operation = createRoute({
  getParentRoute: () => project,
  path: "operations/$operation",
  validateSearch: textKeys("status"),
  component: page(() => import("./pages/operation/index.tsx"), "OperationPage"),
});

const users = createRoute({
  getParentRoute: () => project,
  path: "access/users",
  validateSearch: textKeys("name"),
  component: page(() => import("./pages/users/index.tsx"), "UsersPage"),
});

const projects = createRoute({
  getParentRoute: () => project,
  path: "access/projects",
  validateSearch: textKeys("open"),
  component: page(() => import("./pages/projects/index.tsx"), "ProjectsPage"),
});

const tokens = createRoute({
  getParentRoute: () => project,
  path: "access/sessions",
  component: page(() => import("./pages/tokens/index.tsx"), "TokensPage"),
});

const audit = createRoute({
  getParentRoute: () => project,
  path: "audit",
  validateSearch: textKeys("action", "actor"),
  component: page(() => import("./pages/audit/index.tsx"), "AuditPage"),
});

const tree = root.addChildren([
  home,
  signIn,
  lostPassword,
  newPassword,
  confirmMail,
  project.addChildren([
    boards,
    board,
    fleets,
    fleet,
    enrol,
    map,
    plugins,
    newPlugin,
    plugin,
    editPlugin,
    services,
    operations,
    operation,
    users,
    projects,
    tokens,
    audit,
  ]),
]);

export const createPortalRouter = (queries: QueryClient) =>
  createRouter({
    routeTree: tree,
    basepath: "/app",
    context: { queries },
    defaultPreload: "intent",
    scrollRestoration: true,
    // Plain `?status=offline`, not JSON: addresses are read and typed by people.
    parseSearch: parseSearchWith((value) => value),
    stringifySearch: stringifySearchWith(String),
  });
