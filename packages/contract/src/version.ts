/**
 * The contract integer: moves only when cloud and board would misunderstand each other otherwise. The cloud accepts
 * {@link CONTRACT} … {@link OLDEST_CONTRACT}; older boards join only to be upgraded.
 *
 * - 1 (2026-11-24): enrolment, target, report, board and sensors features, jobs.
 */
export const CONTRACT = 1;
/** The oldest contract that a cloud of this version still works with. */
export const OLDEST_CONTRACT = 1;
/** The release, one number for the whole repository. */
export const RELEASE = "0.1.0";
