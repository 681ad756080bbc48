// How mail leaves: short texts to one person each.
import type { Part } from "@s4t/kit";

/** A letter. Plain text; whatever characters its subject and text have arrive as they are, and none of them is a header. */
export interface Mail {
  /** One address, `chiara@example.org`. */
  readonly to: string;
  readonly subject: string;
  /** Lines end with `\n`. */
  readonly text: string;
}

/** Takes letters. */
export interface MailDriver extends Part {
  /**
   * Resolves once whoever brings it further has it. Throws `mail.unsent` where nobody takes it now, or not for this address; it is
   * not tried again: a link in it has an end, and its reader asks anew.
   */
  send(mail: Mail): Promise<void>;
}
