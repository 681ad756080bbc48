// What pages need of the contract, by way of the SDK.
export type {
  AuditEntry,
  AuditVerdict,
  Board,
  Connection,
  Enrolment,
  Exposure,
  Member,
  Operation,
  Project,
  Range,
  Series,
  Service,
  Session,
  TargetSettings,
  Token,
  User,
} from "@s4t/sdk";
export {
  ALL_PROJECTS,
  boardStates,
  errors,
  LIVE_PERIOD_S,
  projectRoles,
} from "@s4t/sdk";
