/**
 * The contract integer: moves only when cloud and board would misunderstand each other otherwise. The cloud accepts
 * {@link CONTRACT} … {@link OLDEST_CONTRACT}; older boards join only to be upgraded.
 *
 * - 1 (2026-11-24): enrolment, target, report, board and sensors features, jobs.
 */
export const CONTRACT = 1;
/** How many contracts before the present one a cloud still works with: boards of a city are not upgraded in a day. */
export const OLDER_CONTRACTS_LIMIT = 2;
/** The oldest contract that a cloud of this version still works with. */
export const OLDEST_CONTRACT = Math.max(1, CONTRACT - OLDER_CONTRACTS_LIMIT);
/** The release, one number for the whole repository. */
export const RELEASE = "0.1.0";

/** Whether a release is later than another: `0.10.0` is later than `0.9.3`. */
export const isNewerRelease = (release: string, than: string): boolean => {
  const parts = (text: string) => text.split(".").map(Number);
  const [a, b] = [parts(release), parts(than)];
  for (let i = 0; i < 3; i += 1) if ((a[i] ?? 0) !== (b[i] ?? 0)) return (a[i] ?? 0) > (b[i] ?? 0);
  return false;
};
