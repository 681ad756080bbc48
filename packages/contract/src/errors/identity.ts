import { refused, refusedForNow, unavailable } from "./row.ts";

/** Sign-in, rights, people and projects. */
export const identityErrors = {
  "auth.required": refused(401)("noPermission", "Sign in first."),
  "auth.failed": refused(401)("noPermission", "The name or the password is not right."),
  "auth.code-needed": refused(401)("noPermission", "Give a code of your second factor, too."),
  "auth.code-wrong": refused(401)("noPermission", "The code is not right, or was used already."),
  "auth.expired": refused(401)("noPermission", "Your sign-in has ended. Sign in again."),
  "auth.throttled": refusedForNow(429)("tryAgain", "Too many tries. Wait {retryAfterS} s."),
  "auth.origin": refused(403)("noPermission", "This page may not speak to the cloud."),
  "auth.scoped": refused(403)(
    "noPermission",
    "This token is bound to its scope. Sign in again for another.",
  ),
  "auth.link-invalid": refused(401)("noPermission", "This sign-in link was used or has expired."),
  "auth.no-role": refused(403)(
    "noPermission",
    "Whoever manages people here gives you no role in a project that this cloud knows.",
  ),
  "identity.unavailable": unavailable(503)(
    "unavailable",
    "Whoever manages people here does not answer: nobody can be looked up just now.",
  ),
  "identity.not-here": refused(404)(
    "notFound",
    "The Identity API is not served here: this cloud's Keystone is at {url}.",
  ),
  "identity.elsewhere": refused(409)(
    "usage",
    "People, projects and roles are managed by the Keystone at {url}: do it there.",
  ),
  "policy.denied": refused(403)(
    "noPermission",
    "You may not do this: {action} needs the role {needs}.",
  ),
  "user.not-found": refused(404)("notFound", "There is no such user, or you may not see it."),
  "user.name-taken": refused(409)("cannotCreate", "A user named {name} exists already."),
  "user.password-weak": refused(422)(
    "data",
    "Choose a longer password: at least {minLength} characters.",
  ),
  "user.last-admin": refused(409)("usage", "This is the last administrator."),
  "second-factor.on": refused(409)("usage", "A second factor is on already. Remove it first."),
  "second-factor.off": refused(409)("usage", "There is no second factor that this is about."),
  "oidc.not-found": refused(404)("notFound", "There is no such way to sign in here."),
  "oidc.unavailable": unavailable(503)(
    "unavailable",
    "Who proves people does not answer. Try later.",
  ),
  "oidc.refused": refused(401)("noPermission", "Who proves people did not prove you: {because}."),
  "oidc.nobody": refused(403)(
    "noPermission",
    "You were proved, and nobody here is you. Ask an administrator.",
  ),
  "mail.off": refused(409)("usage", "This cloud sends no mail: its setting mail.driver says so."),
  "mail.unsent": unavailable(503)("unavailable", "The mail could not be sent: {because}."),
  "mail.link-invalid": refused(410)(
    "noPermission",
    "This link was used or has expired. Ask for another.",
  ),
  "project.not-found": refused(404)("notFound", "There is no such project, or you may not see it."),
  "project.name-taken": refused(409)("cannotCreate", "A project named {name} exists already."),
  "project.not-empty": refused(409)(
    "usage",
    "The project is not empty. Remove first: {boards} boards, {plugins} plugins, {services} services.",
  ),
  "project.needed": refused(400)("usage", "Say which project: one project at a time can do this."),
  "token.not-found": refused(404)("notFound", "There is no such token, or you may not see it."),
  "token.too-many": refused(409)(
    "cannotCreate",
    "You have {limit} tokens already. End some that nobody needs.",
  ),
  "credential.not-found": refused(404)(
    "notFound",
    "There is no such credential, or you may not see it.",
  ),
  "credential.name-taken": refused(409)(
    "cannotCreate",
    "You have a credential named {name} already.",
  ),
} as const;
