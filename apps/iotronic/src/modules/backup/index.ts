export { applyPendingRestore, createBackups } from "./backup.ts";
