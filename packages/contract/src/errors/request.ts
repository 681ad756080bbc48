import { bug, refused, refusedForNow, unavailable } from "./row.ts";

/** What can be wrong with any request, whatever it is about. */
export const requestErrors = {
  "request.malformed": refused(400)("data", "The text is not acceptable JSON: {because}."),
  "request.invalid": refused(422)("usage", "{where}: {because}."),
  "query.invalid": refused(422)("usage", "The query, at character {at}: {because}."),
  "request.too-large": refused(413)("data", "The request is larger than {limitBytes} bytes."),
  "request.unsupported-media": refused(415)("data", "Send application/json."),
  "request.not-found": refused(404)("notFound", "There is no such address here."),
  "request.method-not-allowed": refused(405)("usage", "This address does not do that."),
  "quota.exceeded": refused(409)(
    "usage",
    "There are {limit} {what} already, and no room for more.",
  ),
  "request.rate-limited": refusedForNow(429)(
    "tryAgain",
    "Too many requests. Try again in {retryAfterS} s.",
  ),
  "request.stale": refused(412)(
    "cannotCreate",
    "It was changed meanwhile: you sent {sent}, it is {current}.",
  ),
  "request.key-reused": refused(422)(
    "data",
    "This idempotency key was used for a different request.",
  ),
  "request.unsettled": refused(409)(
    "data",
    "A request with this idempotency key was begun, and nobody knows how it ended: it is not done again. Look whether it was.",
  ),
  "request.canceled": refused(499)("tryAgain", "The request was canceled."),
  "deadline.exceeded": unavailable(504)("tryAgain", "No answer within {timeoutMs} ms."),
  "cloud.unavailable": unavailable(503)("unavailable", "The cloud cannot do this now: {because}."),
  "cloud.storage-full": unavailable(507)("io", "The cloud's disk is full: nothing was changed."),
  internal: bug(500)("software", "Something went wrong on our side. Reference {reference}."),
} as const;
