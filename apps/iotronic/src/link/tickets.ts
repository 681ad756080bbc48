// How far tickets go for what a board does by HTTP beside its link: bound to its session, good for a while, a bounded number at a time.

/** How long a ticket for a backlog over HTTP is good. */
export const BACKLOG_TICKET_LIFE_S = 60;
/** Where a backlog is posted to. */
export const BACKLOG_PATH = "/link/backlog";
/** How long a ticket for bytes is good: a download over a poor line, taken up again a few times. */
export const BLOB_TICKET_LIFE_S = 600;
/** Most tickets for bytes of one session; beyond them the oldest is void. */
export const MAX_BLOB_TICKETS_PER_SESSION = 16;
/** Where bytes are fetched from. */
export const BLOB_PATH = "/blobs/";
